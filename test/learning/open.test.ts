import { expect, onTestFinished, test } from 'vitest'
import { openControl } from '../../services/control/open.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { openLearning } from '../../services/learning/open.ts'
import { experimentView } from '../../services/learning/views.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Outcome } from '../../services/records/types.ts'
import type { Campaign } from '../../services/rules/campaigns.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { topics } from '../../services/topology.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { waitFor } from '../support/wait-for.ts'
import { outcomeOf } from './outcomes.ts'

const rail = { rate: 'opt-out', above: { rate: 0.1 }, exposures: 20, confidence: 0.99 } as const
const growth = (experiment: string): Campaign => ({
  id: 'growth',
  title: { en: 'Growth' },
  holdout: 0,
  salt: 'growth',
  experiment,
  variants: [{ id: 'warm', share: 1, offers: {}, messages: {}, stopIf: [rail], whenStopped: 'nothing' }],
})
const cell = { offer: 'a', channel: 'sms', segment: null } as const

/** Processes on one log; each has its control and its learning. */
async function createProcesses(shards = 4) {
  const log = createEmbeddedLog({ file: ':memory:', shards })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  onTestFinished(() => log.close())
  const fail = (error: unknown) => expect.unreachable(String(error))
  const logged: string[] = []
  const logger = createLogger('error', { write: (line: string) => void logged.push(line) })
  return {
    log,
    codec,
    logged,
    tell: (outcomes: readonly Outcome[]) =>
      log.append(
        outcomes.map((outcome) => ({
          topic: topics.outcomes.name,
          key: outcome.subscriber_id,
          value: codec.encode(topics.outcomes, outcome),
        })),
      ),
    async open({ counts = true, experiment = 'first' } = {}) {
      const metrics = createMetrics()
      const control = await openControl({ log, codec, clock: wallClock, speed: 1, metrics, logger, fail })
      const catalogue = { current: { ...catalogueWith(), campaigns: [growth(experiment)] } }
      const learning = await openLearning({
        log,
        codec,
        clock: wallClock,
        control,
        catalogue,
        counts,
        metrics,
        logger,
        fail,
        timing: { everyMs: 15, patienceMs: 2_000 },
      })
      let open = true
      async function close() {
        if (!open) return
        open = false
        await learning.close()
        await control.close()
      }
      onTestFinished(close)
      return { learning, control, metrics, close }
    },
  }
}

/** Of many subscribers, so that they are of all shards. */
const ignored = (from: number, to: number): readonly Outcome[] =>
  Array.from({ length: to - from }, (_, i) => ({
    ...outcomeOf(`0 ignored ${letters(from + i)}`),
    subscriber_id: `s${from + i}`,
  }))

const letters = (i: number): string =>
  [i % 26, Math.floor(i / 26) % 26, Math.floor(i / 676) % 26].map((n) => String.fromCharCode(97 + n)).join('')

test('every process knows what all shards add up to, also one that counts nothing or begins later', async () => {
  const processes = await createProcesses()
  const one = await processes.open()
  const other = await processes.open()
  const reader = await processes.open({ counts: false })
  await processes.tell(ignored(0, 200))
  for (const { learning } of [one, other, reader]) {
    await waitFor('all to be counted', () => learning.learned(cell, 0, undefined)?.others === 200)
  }
  const later = await processes.open({ counts: false })
  expect(later.learning.learned(cell, 0, undefined)).toEqual({ accepted: 0, others: 200 })
  expect(later.learning.talliedAt).toBe(one.learning.talliedAt)
})

test('nothing is counted twice or lost, however often processes end and take over', async () => {
  const processes = await createProcesses()
  const reader = await processes.open({ counts: false })
  let told = 0
  for (let round = 0; round < 6; round++) {
    const process = await processes.open()
    const beside = round % 2 === 0 ? await processes.open() : undefined
    await processes.tell(ignored(told, told + 100))
    told += 100
    // Some end before they have told anybody.
    if (round % 3 === 1) {
      await waitFor('this round to be counted', () => reader.learning.learned(cell, 0, undefined)?.others === told)
    }
    await process.close()
    await beside?.close()
  }
  await processes.open()
  await waitFor('all to be counted', () => (reader.learning.learned(cell, 0, undefined)?.others ?? 0) >= told)
  expect(reader.learning.learned(cell, 0, undefined)).toEqual({ accepted: 0, others: told })
})

test('a guardrail stops a variant everywhere, over restarts, until the campaign is another', async () => {
  const processes = await createProcesses()
  const one = await processes.open()
  const other = await processes.open({ counts: false })
  const outcome = (i: number, kind: string) => ({
    ...outcomeOf(`0 ${kind} ${letters(i)} variant=warm`),
    subscriber_id: `s${i}`,
  })
  await processes.tell(Array.from({ length: 19 }, (_, i) => outcome(i, 'exposed')))
  await processes.tell(Array.from({ length: 12 }, (_, i) => outcome(i, 'opted-out')))
  await waitFor('the opt-outs to be counted', () => other.learning.variantsOf('first').get('warm')?.opted_out === 12)
  expect(other.learning.stopOf('first', 'warm')).toBeUndefined()

  await processes.tell([outcome(19, 'exposed')])
  for (const { learning, control } of [one, other]) {
    await waitFor('the stop', () => control.ledger.stopOf('first', 'warm') !== undefined)
    expect(learning.stopOf('first', 'warm')?.reason).toMatch(/opt-out rate 60.00 % \(12 of 20\), at least/)
  }
  await waitFor('the metric', async () =>
    (await other.metrics.registry.getSingleMetricAsString('keymoment_variants_stopped')).includes(
      'keymoment_variants_stopped{campaign="growth",variant="warm"} 1',
    ),
  )
  expect(experimentView(growth('first'), other.learning).variants).toMatchObject([
    {
      variant: 'warm',
      exposures: 20,
      opted_out: 12,
      opt_out: { rate: 0.6 },
      stopped_why: expect.stringContaining('60'),
    },
  ])
  expect(one.control.ledger.history.map(({ action, author }) => [action, author])).toContainEqual(['stop', 'guardrail'])

  await one.close()
  await other.close()
  const later = await processes.open()
  expect(later.learning.stopOf('first', 'warm')).toBeDefined()
  const changed = await processes.open({ experiment: 'second' })
  expect(changed.learning.stopOf('second', 'warm')).toBeUndefined()
  expect(experimentView(growth('second'), changed.learning).variants).toMatchObject([
    { exposures: 0, stopped_since: null },
  ])
})

test('an outcome that cannot be read is told with its place, and the others count', async () => {
  const processes = await createProcesses(1)
  const one = await processes.open()
  await processes.tell(ignored(0, 3))
  const broken = Buffer.from(processes.codec.encode(topics.outcomes, outcomeOf('0 ignored broken'))).subarray(0, 9)
  await processes.log.append([{ topic: topics.outcomes.name, key: 's', value: broken }])
  await processes.tell(ignored(3, 5))
  await waitFor('the others to be counted', () => one.learning.learned(cell, 0, undefined)?.others === 5)
  const told = processes.logged.map((line) => JSON.parse(line) as { code?: string; position?: number })
  expect(told.filter(({ code }) => code === 'KM_OUTCOME_UNREADABLE')).toMatchObject([{ position: 3 }])
})
