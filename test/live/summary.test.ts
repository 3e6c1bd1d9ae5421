import { expect, test } from 'vitest'
import { createSummaries } from '../../services/live/summary.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'

/** A process whose metrics and real time the test moves; `second` lets one pass and samples. */
async function createWatched(options: { readonly problems?: { code: string; reason: string }[] } = {}) {
  const metrics = createMetrics()
  let now = 1_000
  const summaries = await createSummaries({
    metrics,
    readiness: () => options.problems ?? [],
    platform: () => undefined,
    monotonic: () => now,
  })
  return {
    metrics,
    current: summaries.current,
    async seconds(count: number, happens: () => void = () => undefined) {
      for (let i = 0; i < count; i++) {
        happens()
        now += 1_000
        await summaries.sample()
      }
    },
  }
}

const tally = (rows: readonly { name: string; total: number; lastMinute: number }[], name: string) => {
  const row = rows.find((candidate) => candidate.name === name)
  return row && [row.total, row.lastMinute]
}

test('counts since the start and in the last minute', async () => {
  const { metrics, seconds, current } = await createWatched()
  await seconds(30, () => {
    metrics.moments.inc({ kind: 'change', rule: 'a' })
    metrics.moments.inc({ kind: 'change', rule: 'b' }, 2)
    metrics.commands.inc({ channel: 'sms' })
    metrics.receipts.inc({ channel: 'sms', status: 'delivered' })
    metrics.suppressions.inc({ code: 'gap' })
    metrics.deadLetters.inc({ reason: 'KM_TOO_OLD' })
    metrics.late.inc({ type: 'cdr' })
  })
  await seconds(50)
  const summary = current()
  // The first 20 of the 30 seconds are more than a minute ago.
  expect(tally(summary.moments, 'change')).toEqual([90, 30])
  expect(tally(summary.moments, 'first')).toEqual([0, 0])
  expect(tally(summary.rules, 'b')).toEqual([60, 20])
  expect(tally(summary.commands, 'sms')).toEqual([30, 10])
  expect(tally(summary.receipts, 'delivered')).toEqual([30, 10])
  expect(tally(summary.suppressions, 'gap')).toEqual([30, 10])
  expect(tally(summary.deadLetters, 'KM_TOO_OLD')).toEqual([30, 10])
  expect(tally(summary.late, 'cdr')).toEqual([30, 10])
  expect(summary.uptimeSeconds).toBe(80)
})

test('every reason has its row and its meaning from the start, in the order of the chain', async () => {
  const { metrics, seconds, current } = await createWatched()
  metrics.suppressions.inc({ code: 'of-a-later-version' })
  await seconds(1)
  const rows = current().suppressions
  expect(rows[0]).toMatchObject({ name: 'expired', total: 0, meaning: { en: expect.stringContaining('expiry') } })
  expect(rows.slice(0, -1).every(({ meaning }) => meaning.en !== '' && meaning.zh !== '')).toBe(true)
  expect(rows.at(-1)).toEqual({ name: 'of-a-later-version', total: 1, lastMinute: 1, meaning: { en: '', zh: '' } })
})

test('events a second are taken over five seconds, the history over one', async () => {
  const { metrics, seconds, current } = await createWatched()
  await seconds(10)
  await seconds(1, () => metrics.events.inc({ type: 'cdr' }, 600))
  expect(current().eventsPerSecond).toBe(120)
  expect(
    current()
      .history.slice(-2)
      .map(({ eventsPerSecond }) => eventsPerSecond),
  ).toEqual([0, 600])
  await seconds(5)
  expect(current().eventsPerSecond).toBe(0)
})

test('the history ends after five minutes', async () => {
  const { metrics, seconds, current } = await createWatched()
  let second = 0
  await seconds(310, () => metrics.lag.set({ service: 'detect', shard: 0 }, ++second))
  expect(current().history).toHaveLength(300)
  expect(current().history[0]?.lag).toBe(11)
  expect(current().lag).toEqual({ total: 310, services: [{ name: 'detect', records: 310 }] })
})

test('event to command: quantiles of the last minute only', async () => {
  const { metrics, seconds, current } = await createWatched()
  expect(current().eventToCommand).toBeNull()
  await seconds(1, () => metrics.eventToCommand.observe(50)) // long ago by then
  await seconds(60)
  expect(current().eventToCommand).toBeNull()
  await seconds(1, () => {
    for (let i = 0; i < 98; i++) metrics.eventToCommand.observe(0.02)
    for (let i = 0; i < 2; i++) metrics.eventToCommand.observe(120)
  })
  const { commands, p50, p99 } = current().eventToCommand ?? {}
  expect(commands).toBe(100)
  // Between 10 and 25 ms, at 50 of 98.
  expect(p50?.value).toBeCloseTo(0.01 + 0.015 * (50 / 98))
  expect(p99).toEqual({ value: 60, beyond: true })
})

test('says why the process is not ready', async () => {
  const problems = [{ code: 'KM_REDIS_UNREACHABLE', reason: 'connection refused' }]
  const { current } = await createWatched({ problems })
  expect(current()).toMatchObject({ ready: false, problems, engine: null })
})
