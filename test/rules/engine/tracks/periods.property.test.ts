import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBaseline, readStreak, readTrend } from '../../../../services/rules/engine/tracks/periods.ts'
import { createRingTrack } from '../../../../services/rules/engine/tracks/ring.ts'
import { arrivals, day, deliver, type Fact, hour, newestTime, subscriber, zones } from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

const units = ['hour', 'day', 'week', 'month', 'billing-month'] as const
const columns = [{ key: 'k', kind: 'int' }] as const

const cases = fc.record({
  facts: arrivals(fc.integer({ min: -20, max: 100 })),
  unit: fc.constantFrom(...units),
  zone: fc.constantFrom(...zones),
  sight: fc.oneof(
    fc.integer({ min: 0, max: 200 }),
    fc.integer({ min: 0, max: 40 }).map((hours) => hours / 24),
  ),
  ago: fc.integer({ min: 1, max: 3 }),
  periods: fc.integer({ min: 1, max: 12 }),
  least: fc.integer({ min: 0, max: 12 }),
  later: fc.constantFrom(0, day, 45 * day),
})

/** Sums of the full periods since first sight, newest first, from all events. */
function sums(
  it: { facts: Fact[]; unit: (typeof units)[number]; ago: number; periods: number },
  at: number,
  record: ReturnType<typeof subscriber>,
) {
  const of = (t: number) => record.zone.periodOf(it.unit, t, record.billingDay)
  const result: number[] = []
  for (let k = 0; result.length < it.periods; k++) {
    const period = of(at) - it.ago - k
    if (period <= of(record.since)) break
    const start = (index: number) => record.zone.startOf(it.unit, index, record.billingDay)
    // An hour that clocks leave out.
    if (start(period) === start(period + 1)) continue
    result.push(it.facts.filter(({ time }) => of(time) === period).reduce((sum, { value }) => sum + value, 0))
  }
  return result
}

test('baseline, trend and streak are those of the full periods since first sight, empty ones as zero', () => {
  fc.assert(
    fc.property(cases, (it) => {
      const at = newestTime(it.facts) + it.later
      const record = subscriber(it.zone, at - it.sight * day, 31)
      const track = createRingTrack({
        unit: it.unit,
        panes: it.ago + it.periods + (it.unit === 'hour' ? 1 : 0),
        columns,
      })
      const block = new MemoryBlock(track.wordsMost)
      deliver(it.facts, (event, { value }) => track.add(block, event, Float64Array.of(value), record))
      const full = sums(it, at, record)
      const known = full.length > 0

      const weights = full.map((_, i) => 2 ** (-(i + 1) / 4))
      const weight = weights.reduce((a, b) => a + b, 0)
      const baseline = full.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0) / weight
      const gotBaseline = readBaseline(track, 0, it, 4, it.least)(block, at, record)
      if (!known || full.length < it.least) expect(gotBaseline).toBeNaN()
      else expect(gotBaseline).toBeCloseTo(baseline, 9)

      const n = full.length
      const xs = full.map((_, i) => -i)
      const [sx, sy] = [xs.reduce((a, b) => a + b, 0), full.reduce((a, b) => a + b, 0)]
      const sxy = xs.reduce((sum, x, i) => sum + x * (full[i] ?? 0), 0)
      const sxx = xs.reduce((sum, x) => sum + x * x, 0)
      const gotTrend = readTrend(track, 0, it, it.least)(block, at, record)
      if (n < Math.max(2, it.least)) expect(gotTrend).toBeNaN()
      else expect(gotTrend).toBeCloseTo((n * sxy - sx * sy) / (n * sxx - sx * sx), 9)

      const breaks = full.findIndex((value) => value > 0)
      const streak = readStreak(track, 0, it)(block, at, record, (value) => (value <= 0 ? 1 : 0))
      expect(streak).toBe(known ? (breaks < 0 ? n : breaks) : Number.NaN)
    }),
    { numRuns: 300 },
  )
})

/** When clocks go forward (whose hour is left out), go back, or do either by half an hour. */
const changes = [
  ['Europe/Berlin', Date.UTC(2026, 2, 29, 1)],
  ['Europe/Berlin', Date.UTC(2026, 9, 25, 1)],
  ['America/New_York', Date.UTC(2026, 2, 8, 7)],
  ['America/St_Johns', Date.UTC(2026, 2, 8, 5, 30)],
  ['Australia/Lord_Howe', Date.UTC(2026, 9, 3, 15, 30)],
] as const

test('an hour that clocks leave out is none: the one before it stands in its place', () => {
  const hours = fc.record({
    change: fc.constantFrom(...changes),
    events: fc.array(
      fc.record({ back: fc.integer({ min: 0, max: 12 * hour }), value: fc.integer({ min: 1, max: 9 }) }),
    ),
    behind: fc.integer({ min: 0, max: 10 * hour }),
    sight: fc.integer({ min: 0, max: 20 }),
    ago: fc.integer({ min: 1, max: 2 }),
    periods: fc.integer({ min: 1, max: 8 }),
  })
  fc.assert(
    fc.property(hours, ({ change: [zone, instant], events, behind, sight, ago, periods }) => {
      const at = instant + behind
      const record = subscriber(zone, at - sight * hour)
      const facts = events.map(({ back, value }, i) => ({ time: at - back, type: 0, id: `${i}`, value, text: '' }))
      const track = createRingTrack({ unit: 'hour', panes: ago + periods + 1, columns })
      const block = new MemoryBlock(track.wordsMost)
      deliver(facts, (event, { value }) => track.add(block, event, Float64Array.of(value), record))
      const full = sums({ facts, unit: 'hour', ago, periods }, at, record)
      const weights = full.map((_, i) => 2 ** -i)
      const weight = weights.reduce((a, b) => a + b, 0)
      const expected = full.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0) / weight
      const got = readBaseline(track, 0, { ago, periods }, 1, 1)(block, at, record)
      if (full.length === 0) expect(got).toBeNaN()
      else expect(got).toBeCloseTo(expected, 9)
      const streak = readStreak(track, 0, { ago, periods })(block, at, record, () => 1)
      expect(streak).toBe(full.length === 0 ? Number.NaN : full.length)
    }),
    { numRuns: 500 },
  )
})

describe('weeks of 4, 3, 2, 1 calls, then a week without any', () => {
  const monday = Date.UTC(2026, 0, 5)
  const facts: Fact[] = [4, 3, 2, 1].map((value, week) => ({
    time: monday + week * 7 * day + day,
    type: 0,
    id: `${week}`,
    value,
    text: '',
  }))
  const record = subscriber('UTC', monday - day)
  const track = createRingTrack({ unit: 'week', panes: 9, columns })
  const block = new MemoryBlock(track.wordsMost)
  deliver(facts, (event, { value }) => track.add(block, event, Float64Array.of(value), record))
  const window = { ago: 1, periods: 8 }
  const nextMonday = monday + 5 * 7 * day

  test.each([
    ['a millisecond before the empty week ends', nextMonday - 1, -1, 4],
    ['at its end, though nothing arrived', nextMonday, -1, 5],
  ])('%s', (_, at, slope, periods) => {
    expect(readTrend(track, 0, window, periods)(block, at, record)).toBeCloseTo(slope, 12)
    expect(readTrend(track, 0, window, periods + 1)(block, at, record)).toBeNaN()
  })

  test('half-life of one week: each week weighs half of the one after it', () => {
    const weighed = (0 / 2 + 1 / 4 + 2 / 8 + 3 / 16 + 4 / 32) / (1 / 2 + 1 / 4 + 1 / 8 + 1 / 16 + 1 / 32)
    expect(readBaseline(track, 0, window, 1, 5)(block, nextMonday, record)).toBeCloseTo(weighed, 12)
  })

  test('a streak ends at the first week that does not meet it, or where nothing is known', () => {
    const streak = readStreak(track, 0, window)
    expect(streak(block, nextMonday, record, (value) => (value < 2 ? 1 : 0))).toBe(2)
    expect(streak(block, nextMonday, record, () => 1)).toBe(5)
    expect(streak(block, nextMonday, record, () => 0)).toBe(0)
    expect(streak(block, monday + 6 * day, record, () => 1)).toBeNaN()
  })

  const unknown = Number.NaN
  test.each([
    ['unknown in the newest week: nobody knows', (value: number) => (value === 0 ? unknown : 1), unknown],
    ['unknown behind two that meet it: as long as it surely is', (value: number) => (value === 2 ? unknown : 1), 2],
    ['unknown behind one that does not meet it', (value: number) => (value === 1 ? unknown : 0), 0],
    ['unknown ever since', () => unknown, unknown],
  ])('a streak whose condition is %s', (_, holds, expected) => {
    expect(readStreak(track, 0, window)(block, nextMonday, record, holds)).toBe(expected)
  })
})
