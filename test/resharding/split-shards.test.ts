import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { localBudgets } from '../../services/budgets/local.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { noHolds } from '../../services/control/holds.ts'
import { uncontrolled } from '../../services/control/open.ts'
import { decide } from '../../services/decide/service.ts'
import { detect } from '../../services/detect/service.ts'
import { deterministicId, shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { shardOf } from '../../services/flow/partition.ts'
import { nodeScheduler } from '../../services/flow/scheduler.ts'
import { openTallyLog } from '../../services/learning/tally-log.ts'
import { wholeOf } from '../../services/learning/whole.ts'
import { type CatalogueSource, fixedCatalogue, openCatalogue } from '../../services/platform/catalogue-source.ts'
import { flowSettings } from '../../services/platform/open-platform.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { Decision } from '../../services/records/types.ts'
import { type SplitReport, splitShards } from '../../services/resharding/split-shards.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { simulate } from '../../services/simulate/simulate.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { serviceNodes, topics } from '../../services/topology.ts'
import { groupOf } from '../conformance/commit-group.ts'
import { controlRecord } from '../control/held-by-hand.ts'
import { acceptLoss } from '../flow/accept-loss.ts'
import { profiles, recentCalls } from '../integration/calls.ts'
import { catalogueFolder, idsOf, simulated } from '../integration/system.ts'
import { outcomeOf } from '../learning/outcomes.ts'
import { waitFor } from '../support/wait-for.ts'

const timeout = 240_000
const codec = await createCodec(createEmbeddedRegistry(':memory:'))
const settings = await loadSettings(undefined, {})
/** Stands still long before the events: the shards' clocks follow these, so that none is late after a pause. */
let clock = simulatedClock()
beforeEach(() => {
  clock = simulatedClock()
})

test('a system goes on with three times as many shards: the same moments and commands, nothing again', {
  timeout,
}, async () => {
  const now = Date.now()
  const calls = recentCalls(now, 4_000)
  const events = [...profiles(calls), ...calls]
  const half = events.length / 2
  const expected = await simulated(events, Math.max(...events.map(({ record }) => record.event_time)))

  const old = system(2)
  await old.run(events.slice(0, half))
  const [before, decided] = [await old.moments(), (await old.decisions()).length]
  expect(before.length).toBeGreaterThan(50)
  const grown = system(6)
  const report = await old.splitInto(grown)
  expect(report.states).toBeGreaterThan(300)
  expect(report.timers).toBeGreaterThan(10)
  await grown.run(events.slice(half))

  expect(idsOf(await grown.moments())).toEqual(idsOf(expected.moments))
  expect(commandsOf(await grown.decisions())).toEqual(commandsOf(expected.decisions))
  // What it came from is as it was: it can be gone back to.
  expect(await old.moments()).toEqual(before)
  expect(await old.decisions()).toHaveLength(decided)
})

test('split while another catalogue comes into force, set back and replayed under it: what was decided stays, nothing is done again', {
  timeout,
}, async () => {
  const calls = recentCalls(Date.now(), 4_000)
  const events = [...profiles(calls), ...calls]
  const [half, most] = [events.length / 2, Math.round(0.75 * events.length)]
  const usual = await openCatalogue(catalogueFolder)
  const other = await catalogueWith(['calls_24h >= 6', 'calls_24h >= 4'], ['talk_s_3d > 3000', 'talk_s_3d > 1500'])
  const later = [{ activatesAt: events[half]?.record.event_time ?? 0, catalogue: other }]
  const until = Math.max(...events.map(({ record }) => record.event_time))
  const all = (async function* () {
    yield events
  })()
  const expected = await simulate({ catalogue: usual, later, settings, events: all, until })
  expect(idsOf(expected.moments)).not.toEqual(idsOf((await simulated(events, until)).moments))

  const old = system(2)
  await old.run(events.slice(0, half), fixedCatalogue(usual, later))
  const store = createEmbeddedStore({ file: ':memory:' })
  const grown = system(6)
  await old.splitInto(grown)
  // As a snapshot of just behind the split.
  await old.splitInto({ log: system(6).log, store })
  await grown.run(events.slice(half, most), fixedCatalogue(usual, later))
  const [moments, decisions] = [idsOf(await grown.moments()), await grown.decisions()]
  expect(moments.length).toBeGreaterThan(50)

  const setBack = system(6, grown.log, store)
  await setBack.run([], fixedCatalogue(usual, later))
  expect(idsOf(await setBack.moments())).toEqual(moments)
  expect(await setBack.decisions()).toEqual(decisions)
  await setBack.run(events.slice(most), fixedCatalogue(usual, later))
  expect(idsOf(await setBack.moments())).toEqual(idsOf(expected.moments))

  // Without a state, and by somebody who knows of no other catalogue: what the log has stays as it is.
  const before = await setBack.decisions()
  const lost = system(6, grown.log)
  for (const node of [serviceNodes.detect, serviceNodes.decide]) await acceptLoss(lost.log, lost.store, node)
  await lost.run([], fixedCatalogue(other))
  const after = await lost.decisions()
  expect(after.filter(({ decision_id: id }) => before.some((one) => one.decision_id === id))).toEqual(before)
  const ids = idsOf(await lost.moments())
  expect(ids).toEqual([...new Set(ids)])
  const commanded = commandsOf(after)
  expect(commanded).toEqual([...new Set(commanded)])
  expect(commanded).toEqual(expect.arrayContaining(commandsOf(before)))
})

test('each new shard has the subscribers whose events it gets', { timeout }, async () => {
  const calls = recentCalls(Date.now(), 500)
  const old = system(2)
  await old.run(calls)
  const grown = system(4)
  await old.splitInto(grown)
  const subscribers = [...new Set(calls.map(({ record }) => record.subscriber_id))]
  for (const subscriber of subscribers) {
    for (let shard = 0; shard < 4; shard++) {
      const found = await grown.store.peek('detect', shardId(shard), subscriber)
      expect(found?.value != null, `${subscriber} in ${shard}`).toBe(shardOf(subscriber, 4) === shard)
    }
  }
})

test('what is paused stays so: operators’ acts go along', { timeout }, async () => {
  const old = await rested(2)
  const acts = ['a', 'b', 'c', 'd'].map((id) => controlRecord(id, 1, { action: 'pause' }))
  await old.log.append(
    acts.map((act) => ({ topic: topics.control.name, key: act.control_id, value: codec.encode(topics.control, act) })),
  )
  const grown = system(4)
  await old.splitInto(grown)
  const there = await readTopic(grown.log, codec, topics.control)
  expect(there.map(({ control_id }) => control_id).toSorted()).toEqual(['a', 'b', 'c', 'd'])
})

test('what was learned goes along, and each outcome counts once', { timeout }, async () => {
  const old = await rested(2)
  const learningOf = async ({ log }: Pick<typeof old, 'log'>, expected: number) => {
    const tallyLog = await openTallyLog({
      log,
      codec,
      counts: true,
      scheduler: nodeScheduler,
      changed: () => undefined,
      unreadable: (_, problem) => expect.unreachable(String(problem)),
      failed: (error) => expect.unreachable(String(error)),
    })
    const whole = wholeOf(
      () => tallyLog.tallies,
      () => Math.random(),
    )
    const cell = { offer: 'a', channel: 'sms', segment: null } as const
    const counted = () => whole.learned(cell, 0, undefined)?.others ?? 0
    await waitFor('all to be counted', async () => {
      await tallyLog.publish()
      await tallyLog.refresh(AbortSignal.timeout(5_000))
      return counted() >= expected
    })
    await tallyLog.stop()
    return { others: counted(), shards: tallyLog.tallies.map(({ shard }) => shard) }
  }
  const tell = ({ log }: Pick<typeof old, 'log'>, from: number, to: number) =>
    log.append(
      Array.from({ length: to - from }, (_, i) => {
        const subscriber_id = `s${from + i}`
        const outcome_id = deterministicId('outcome', subscriber_id)
        const value = { ...outcomeOf(`0 ignored c${from + i}`), subscriber_id, outcome_id }
        return { topic: topics.outcomes.name, key: subscriber_id, value: codec.encode(topics.outcomes, value) }
      }),
    )
  await tell(old, 0, 40)
  expect(await learningOf(old, 40)).toEqual({ others: 40, shards: [0, 1] })
  await tell(old, 40, 60) // that nobody has counted yet
  const grown = system(6)
  await old.splitInto(grown)
  await tell(grown, 60, 90)
  expect(await learningOf(grown, 90)).toEqual({ others: 90, shards: [0, 1, 2, 3, 4, 5] })
})

test.each([
  ['no multiple', 'KM_SHARDS_NUMBER', async () => [await rested(2), system(5)] as const],
  ['fewer', 'KM_SHARDS_NUMBER', async () => [await rested(2), system(1)] as const],
  [
    'events that are not handled',
    'KM_SHARDS_BUSY',
    async () => {
      const old = await rested(2)
      await old.append(recentCalls(Date.now(), 20))
      return [old, system(4)] as const
    },
  ],
  [
    'messages that wait for a channel',
    'KM_SHARDS_BUSY',
    async () => {
      const old = await rested(2)
      const deliver = await old.store.claim('deliver', shardId(0))
      const reads = serviceNodes.deliver.reads.map(({ name }) => name)
      const ends = await old.log.ends(reads)
      const positions = Object.fromEntries(reads.map((name, i) => [name, ends[i]?.[0] ?? 0]))
      const progress = JSON.stringify({ positions, ends: {}, clock: null, head: null, waiting: { 'sms marketing': 3 } })
      await deliver.commit({ ...groupOf(1), progress })
      return [old, system(4)] as const
    },
  ],
  [
    'a system that somebody uses',
    'KM_SHARDS_NOT_EMPTY',
    async () => {
      const used = system(4)
      await used.append(recentCalls(Date.now(), 20))
      return [await rested(2), used] as const
    },
  ],
])('refused: %s', { timeout }, async (_, code, systems) => {
  const [old, grown] = await systems()
  await expect(old.splitInto(grown)).rejects.toMatchObject({ code })
})

test('a shard that is only half written is not worked on', { timeout }, async () => {
  const old = await rested(2)
  const grown = system(4)
  let commits = 0
  const failing = {
    ...grown.store,
    claim: async (service: string, shard: ReturnType<typeof shardId>) => {
      const owner = await grown.store.claim(service, shard)
      return {
        ...owner,
        commit: (group: Parameters<typeof owner.commit>[0]) =>
          ++commits === 2 ? Promise.reject(new Error('the tool is killed')) : owner.commit(group),
      }
    },
  }
  const split = splitShards({ ...old, codec }, { log: grown.log, store: failing }, () => undefined)
  await expect(split).rejects.toThrow('the tool is killed')
  await expect(grown.run([])).rejects.toThrow(/being written by a split|there is no state|not readable/)
})

const commandsOf = (decisions: readonly Decision[]): string[] =>
  decisions.flatMap(({ outcome, moment_id }) => (outcome === 'command' ? [moment_id] : [])).sort()

/** The catalogue with some of its text replaced. */
async function catalogueWith(...changes: readonly (readonly [text: string, other: string])[]): Promise<Catalogue> {
  const files = (await readCatalogueFolder(catalogueFolder)).map((file) => {
    const text = changes.reduce((before, [from, to]) => before.replaceAll(from, to), file.text.toString())
    return { ...file, text: Buffer.from(text) }
  })
  const { catalogue, problems } = loadCatalogue(files)
  if (!catalogue) throw new Error(problems.map(({ message }) => message).join('\n'))
  return catalogue
}

const rested = async (shards: number) => {
  const one = system(shards)
  await one.run(recentCalls(Date.now(), 300))
  return one
}

/** Detect and decide on a log and a store in memory. */
function system(
  shards: number,
  log = createEmbeddedLog({ file: ':memory:', shards, clock }),
  store = createEmbeddedStore({ file: ':memory:' }),
) {
  onTestFinished(async () => {
    await log.close()
    await store.close()
  })
  const append = async (events: readonly ReadEvent[]) => {
    await log.append(recordsOf(events, codec))
  }

  const moments = () => readTopic(log, codec, topics.moments)
  const decisions = () => readTopic(log, codec, topics.decisions)

  /** Until all of it is handled. */
  async function run(events: readonly ReadEvent[], source?: CatalogueSource): Promise<void> {
    const catalogue = source ?? fixedCatalogue(await openCatalogue(catalogueFolder))
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => undefined)
    const services = await Promise.all(
      [decide, detect].map((service) =>
        service.start({
          settings,
          // The clock stands still while events come.
          flow: { ...flowSettings(settings), futureToleranceMs: Number.MAX_SAFE_INTEGER },
          clock,
          log,
          store,
          codec,
          catalogue,
          control: uncontrolled(noHolds),
          budgets: localBudgets(),
          metrics: createMetrics(),
          logger: createLogger('silent'),
          secret: '',
          fail: failed.reject,
        }),
      ),
    )
    await append(events)
    if (events.length > 0) clock.advance(Math.max(...events.map(({ record }) => record.event_time)))
    const isDone = async () => {
      for (const { shards } of services) {
        const fault = shards?.shards().find((shard) => shard.fault)?.fault
        if (fault) failed.reject(fault)
        if (!shards?.isIdle()) return false
      }
      return true
    }
    try {
      const idle = async () => {
        // Detect's outputs are decide's inputs: idle twice, with nothing new on the log between.
        for (let last = -1, count = 0; last !== count; ) {
          last = count
          await waitFor('both services to be idle', isDone, { deadlineMs: 120_000 })
          count = (await log.ends([topics.moments.name, topics.decisions.name]))
            .flat()
            .reduce((sum, end) => sum + end, 0)
        }
      }
      // What waited for detect to catch up is looked at again a second later, by a clock that stands still.
      const allIsDecided = async () => {
        await idle()
        const decided = new Set((await decisions()).map(({ moment_id: id }) => id))
        const open = (await moments()).filter(
          ({ moment_id: id, kind }) => kind !== 'do-not-disturb' && !decided.has(id),
        )
        if (open.length > 0) clock.advance(clock.now() + 1_000)
        return open.length === 0
      }
      const all = waitFor('all to be decided', allIsDecided, { deadlineMs: 120_000, everyMs: 250 })
      await Promise.race([all, failed.promise])
    } finally {
      for (const service of services.toReversed()) await service.stop()
    }
  }
  return {
    log,
    store,
    append,
    run,
    moments,
    decisions,
    splitInto: (grown: { log: typeof log; store: typeof store }): Promise<SplitReport> =>
      splitShards({ log, store, codec }, grown, () => undefined),
  }
}
