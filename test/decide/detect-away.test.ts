import { expect, onTestFinished, test } from 'vitest'
import { localBudgets } from '../../services/budgets/local.ts'
import { noHolds } from '../../services/control/holds.ts'
import { uncontrolled } from '../../services/control/open.ts'
import { decide } from '../../services/decide/service.ts'
import type { DecideState } from '../../services/decide/state.ts'
import { createDecideStep } from '../../services/decide/step.ts'
import { detect } from '../../services/detect/service.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { acceleratedClock } from '../../services/flow/clock.ts'
import { DocumentProcessor } from '../../services/flow/documents.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import { fixedCatalogue } from '../../services/platform/catalogue-source.ts'
import { measureLag } from '../../services/platform/lag.ts'
import type { Platform } from '../../services/platform/platform.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Complaint, Decision, Moment, Profile } from '../../services/records/types.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { serviceNodes, topics } from '../../services/topology.ts'
import { usual } from '../simulation/catalogues.ts'
import { waitFor } from '../support/wait-for.ts'

/** Noon in Berlin, on a clock that runs a hundred times as fast. */
const noon = Date.parse('2026-03-02T11:00:00Z')
const deadline = { deadlineMs: 60_000 }

/** Detect and decide as they are deployed, each started when the test says so, on a log and a store in memory. */
async function setUp() {
  const clock = acceleratedClock(noon, 100)
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock })
  const store = createEmbeddedStore({ file: ':memory:' })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const metrics = createMetrics()
  const platform: Platform = {
    settings: await loadSettings(undefined, {}),
    flow: { ...flowDefaults, upstreamMs: 20 },
    clock,
    log,
    store,
    codec,
    catalogue: fixedCatalogue(usual),
    control: uncontrolled(noHolds),
    budgets: localBudgets(),
    metrics,
    logger: createLogger('silent'),
    secret: 'nothing is sent here',
    fail: (error) => {
      throw error
    },
  }
  const running = { decide: await decide.start(platform), detect: await detect.start(platform) }
  onTestFinished(async () => {
    await running.detect.stop()
    await running.decide.stop()
    await log.close()
    await store.close()
  })

  const head = (event_id: string) => {
    return { event_id, subscriber_id: 's', event_time: Math.floor(clock.now()), source: 'test' }
  }
  const put = (
    topic: typeof topics.events.profile | typeof topics.events.complaint | typeof topics.moments,
    value: object,
  ) => log.append([{ topic: topic.name, key: 's', value: codec.encode(topic, value as Profile & Complaint & Moment) }])

  return {
    /** Seconds; the gauge that operators see. */
    async unheard(): Promise<number> {
      const { shards } = running.decide
      if (!shards) throw new Error('decide shows no shards')
      await measureLag(log, metrics, [{ node: serviceNodes.decide, shards }])
      const { values } = await metrics.unheard.get()
      return values[0]?.value ?? Number.NaN
    },
    stopDetect: () => running.detect.stop(),
    async startDetect() {
      running.detect = await detect.start(platform)
    },
    agrees() {
      const granted = { state: 'granted', since: noon - 3_600_000, source: 'crm', evidence_ref: null } as const
      return put(topics.events.profile, { ...head('p'), consent: { sms: { marketing: granted, care: granted } } })
    },
    complains: () =>
      put(topics.events.complaint, {
        ...head('c'),
        ticket_id: 't',
        category: 'network',
        status: 'opened',
        severity: 2,
        cell_id: null,
      }),
    /** As detect has put it out just before. */
    happens(id: string, rule: 'low-balance' | 'long-talk' | 'silence', purpose: Moment['purpose'], offer: string) {
      const at = Math.floor(clock.now())
      return put(topics.moments, {
        ...{ moment_id: id, subscriber_id: 's', detected_at: at, at, triggered_at: at, rule, rule_version: '1' },
        ...{ kind: 'change', purpose, occurrence: id, expires_at: at + 86_400_000, evidence: {} },
        ...{ offers: [offer], segments: {}, do_not_disturb: null, mode: 'live' },
      })
    },
    async decisions(): Promise<readonly Decision[]> {
      const [ends] = await log.ends([topics.decisions.name])
      const found: Decision[] = []
      for await (const batch of log.read(topics.decisions.name, shardId(0), 0, ends?.[0] ?? 0)) {
        while (batch.next()) found.push(codec.decode('decision', batch.value, batch.valueStart, batch.valueEnd))
      }
      return found
    },
    async held(): Promise<readonly string[]> {
      const peeked = await store.peek('decide', shardId(0), 's')
      const step = createDecideStep(usual)
      const processor = new DocumentProcessor<DecideState>({ step: step as never, reads: [], codec })
      processor.restore(peeked?.note ?? '')
      processor.admit('s', peeked?.value ?? null)
      return processor
        .look('s')
        .deferred.filter(({ held_since }) => held_since !== null)
        .map(({ moment_id }) => moment_id)
    },
  }
}

test('a complaint that lies on the log while detect is away holds back what is decided meanwhile', {
  timeout: 120_000,
}, async () => {
  const engine = await setUp()
  await engine.agrees()
  await waitFor('decide to have heard of all', async () => (await engine.unheard()) === 0, deadline)
  await engine.happens('before', 'silence', 'marketing', 'back')
  await waitFor('a command', async () => (await engine.decisions()).length === 1, deadline)

  await engine.stopDetect()
  await engine.complains()
  await waitFor('decide to know that detect is behind', async () => (await engine.unheard()) > 0.2, deadline)
  await engine.happens('care', 'low-balance', 'care', 'top-up')
  await engine.happens('service', 'long-talk', 'service', 'thanks')
  await waitFor('the service message', async () => (await engine.decisions()).length === 2, deadline)
  await waitFor('the other to be held', async () => (await engine.held()).length === 1, deadline)
  expect(await engine.held()).toEqual(['care'])

  await engine.startDetect()
  await waitFor('all decisions', async () => (await engine.decisions()).length === 4, deadline)
  const said = (await engine.decisions()).map(({ moment_id, rule, outcome, code }) => {
    return [rule === 'open-complaint' ? rule : moment_id, outcome, code ?? null]
  })
  expect(said).toEqual([
    ['before', 'command', null],
    ['service', 'command', null],
    ['open-complaint', 'recorded', null],
    ['care', 'suppressed', 'open-issue'],
  ])
  await waitFor('decide to have heard of all again', async () => (await engine.unheard()) === 0, deadline)
})
