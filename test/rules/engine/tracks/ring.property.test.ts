import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Column } from '../../../../services/rules/engine/tracks/columns.ts'
import type { PaneUnit } from '../../../../services/rules/engine/tracks/panes.ts'
import { createRingTrack, readPeriods, readRing, ringRows } from '../../../../services/rules/engine/tracks/ring.ts'
import { sweepRing } from '../../../../services/rules/engine/tracks/ring-sweep.ts'
import {
  arrivals,
  day,
  deliver,
  type Fact,
  hour,
  march,
  minute,
  newestTime,
  type Subscriber,
  subscriber,
  zones,
} from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

const kinds = ['count', 'int', 'double', 'min', 'max'] as const
const columns: Column[] = kinds.map((kind) => ({ key: 'k', kind }))
const units: PaneUnit[] = [minute, hour, day, 'hour', 'day', 'week', 'month', 'billing-month']

const paneIn = (unit: PaneUnit, t: number, { zone, billingDay }: Subscriber) =>
  typeof unit === 'number' ? Math.floor(t / unit) : zone.periodOf(unit, t, billingDay)

/** The clocks leave that hour out: it is no period. */
const isLeftOut = (unit: PaneUnit, pane: number, { zone, billingDay }: Subscriber) =>
  unit === 'hour' && zone.startOf(unit, pane, billingDay) === zone.startOf(unit, pane + 1, billingDay)

/** Everything anew from all events. */
function naive(facts: readonly Fact[], unit: PaneUnit, at: number, ago: number, periods: number, record: Subscriber) {
  const newest = paneIn(unit, at, record) - ago
  if (ago > 0 && newest - periods + 1 <= paneIn(unit, record.since, record)) return kinds.map(() => Number.NaN)
  const values = facts
    .filter(({ time }) => paneIn(unit, time, record) <= newest && paneIn(unit, time, record) > newest - periods)
    .map(({ value }) => value)
    .filter((value) => !Number.isNaN(value))
  const sum = values.reduce((total, value) => total + value, 0)
  if (values.length === 0) return [0, 0, 0, Number.NaN, Number.NaN]
  return [values.length, sum, sum, Math.min(...values), Math.max(...values)]
}

const cases = fc.record({
  // Sums about the most that one word holds, and ones that are far from it.
  facts: fc
    .constantFrom([], [], [2 ** 31 - 1, 2 ** 31 - 1000], [-(2 ** 31)], [2 ** 40, -(2 ** 31), 2 ** 31])
    .chain((large) => arrivals(fc.constantFrom(Number.NaN, 0, 1, 2, -5, 1000, ...large))),
  unit: fc.constantFrom(...units),
  panes: fc.oneof(fc.constantFrom(1, 2, 31, 32, 33, 63, 64, 65, 95, 96), fc.integer({ min: 1, max: 96 })),
  zone: fc.constantFrom(...zones),
  billingDay: fc.constantFrom(1, 15, 29, 31),
  ago: fc.integer({ min: 0, max: 40 }),
  periods: fc.integer({ min: 1, max: 96 }),
  later: fc.constantFrom(0, 1, hour, day, 40 * day, 4000 * day),
})

function filled(
  { facts, unit, panes }: { facts: Fact[]; unit: PaneUnit; panes: number },
  record: Subscriber,
  held: readonly Column[] = columns,
) {
  const track = createRingTrack({ unit, panes, columns: held })
  const block = new MemoryBlock(track.wordsMost)
  const values = new Float64Array(kinds.length + 1)
  deliver(facts, (event, { value }) => {
    const before = String(block.content())
    const changed = track.add(block, event, values.fill(value), record)
    if (!changed) expect(String(block.content())).toBe(before)
  })
  block.checkNeighbours()
  return { track, block }
}

test('any window of a ring is that of all events, whatever their order of arrival', () => {
  fc.assert(
    fc.property(cases, (it) => {
      const record = subscriber(it.zone, Math.min(...it.facts.map(({ time }) => time)), it.billingDay)
      const { track, block } = filled(it, record)
      const ago = Math.min(it.ago, it.panes - 1)
      const periods = Math.min(it.periods, it.panes - ago)
      const at = newestTime(it.facts) + it.later
      const got = kinds.map((_, i) => readRing(track, i, ago, periods)(block, at, record))
      expect(got).toEqual(naive(it.facts, it.unit, at, ago, periods, record))
    }),
    { numRuns: 400 },
  )
})

test('as of an instant before the newest pane, later panes do not count', () => {
  fc.assert(
    fc.property(cases, fc.nat({ max: 3 }), (it, back) => {
      const record = subscriber(it.zone, march - 500 * day, it.billingDay)
      const panes = Math.min(96, it.panes + back)
      const { track, block } = filled({ ...it, panes }, record)
      const top = paneIn(it.unit, newestTime(it.facts), record)
      // As of the very end of an earlier pane.
      const start =
        typeof it.unit === 'number'
          ? (top - back + 1) * it.unit
          : record.zone.startOf(it.unit, top - back + 1, it.billingDay)
      const at = start - 1
      const before = paneIn(it.unit, at, record)
      const periods = Math.min(it.periods, panes - (top - before))
      if (periods < 1) return
      const got = kinds.map((_, i) => readRing(track, i, 0, periods)(block, at, record))
      expect(got).toEqual(naive(it.facts, it.unit, at, 0, periods, record))
    }),
  )
})

test('a period without events is zero; one before first sight, or of it, is not known', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: -100, max: 0 }), (it, sight) => {
      const record = subscriber(it.zone, march + sight * day, it.billingDay)
      const { track, block } = filled(it, record)
      const ago = Math.min(it.ago, it.panes - 1)
      const periods = it.panes - ago
      const at = newestTime(it.facts) + it.later
      for (const [column, kind] of kinds.entries()) {
        const into = new Float64Array(96)
        const known = readPeriods(track, column, ago, periods)(block, at, record, into)
        const expected: number[] = []
        for (let k = 0; k < periods; k++) {
          const newest = paneIn(it.unit, at, record) - ago - k
          if (newest <= paneIn(it.unit, record.since, record)) break
          if (isLeftOut(it.unit, newest, record)) continue
          expected.push(naive(it.facts, it.unit, at, ago + k, 1, { ...record, since: -1e15 })[column] as number)
        }
        expect([kind, ...into.subarray(0, known)]).toEqual([kind, ...expected])
      }
    }),
    { numRuns: 400 },
  )
})

test.each([0, 1] as const)('a column reads alone as it does among others (%i)', (column) => {
  fc.assert(
    fc.property(cases, (it) => {
      const record = subscriber(it.zone, march, it.billingDay)
      const alone = filled(it, record, [columns[column] as Column])
      const among = filled(it, record)
      const at = newestTime(it.facts) + it.later
      const read = readRing(among.track, column, 0, it.panes)(among.block, at, record)
      expect(readRing(alone.track, 0, 0, it.panes)(alone.block, at, record)).toBe(read)
      const swept = new Float64Array(1)
      sweepRing(alone.track, [{ column: 0, periods: it.panes, place: 0 }])(
        alone.block,
        Float64Array.of(0, at),
        record,
        swept,
        0,
      )
      expect(swept[0]).toBe(read)
    }),
    { numRuns: 300 },
  )
})

test('several windows in one pass read as each of them does', () => {
  const windows = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 96 })), { minLength: 1 })
  fc.assert(
    fc.property(cases, windows, fc.constantFrom(0, 1, hour, day, 40 * day), (it, wanted, back) => {
      const record = subscriber(it.zone, march, it.billingDay)
      const { track, block } = filled(it, record)
      const swept = wanted.map(([column, periods], place) => ({ column, periods: Math.min(periods, it.panes), place }))
      for (const at of [newestTime(it.facts) + it.later, newestTime(it.facts) - back]) {
        const into = new Float64Array(swept.length).fill(-1)
        sweepRing(track, swept)(block, Float64Array.of(0, at), record, into, 0)
        expect([...into]).toEqual(
          swept.map(({ column, periods }) => readRing(track, column, 0, periods)(block, at, record)),
        )
      }
    }),
  )
})

test('more or fewer panes, other columns: what both hold goes on', () => {
  fc.assert(
    fc.property(
      cases,
      fc.integer({ min: 1, max: 96 }),
      fc.subarray([...columns], { minLength: 1 }),
      (it, panes, kept) => {
        const record = subscriber(it.zone, march - day, it.billingDay)
        const { track: old, block } = filled(it, record)
        const track = createRingTrack({ unit: it.unit, panes, columns: [{ key: 'new', kind: 'int' }, ...kept] })
        const next = new MemoryBlock(track.wordsMost)
        if (block.at >= 0) next.become(track.carry(old.parameters, block.words, block.at, block.length))
        const known = it.facts.filter(({ value }) => !Number.isNaN(value))
        const top = Math.max(...known.map(({ time }) => paneIn(it.unit, time, record)))
        const held = known.filter(({ time }) => paneIn(it.unit, time, record) > top - Math.min(panes, it.panes))
        const read = (at: number) => kept.map((_, i) => readRing(track, i + 1, 0, panes)(next, at, record))
        const all = (facts: readonly Fact[], at: number) => {
          const values = naive(facts, it.unit, at, 0, panes, record)
          return kept.map(({ kind }) => values[kinds.indexOf(kind)])
        }
        const newest = newestTime(it.facts)
        expect(read(newest)).toEqual(all(held, newest))
        expect(readRing(track, 0, 0, panes)(next, newest, record)).toBe(0)
        // And it goes on as one that was always like this.
        const one = { time: newest + it.later, type: 0, id: 'next', value: 3, text: '' }
        const values = new Float64Array(kept.length + 1).fill(3)
        values[0] = Number.NaN
        deliver([one], (event) => track.add(next, event, values, record))
        expect(read(one.time)).toEqual(all([...held, one], one.time))
      },
    ),
  )
})

describe('a sum of whole numbers', () => {
  const sums: Column[] = [
    { key: 'a', kind: 'int' },
    { key: 'b', kind: 'int' },
  ]
  function after(panes: number, ...values: readonly (readonly [days: number, a: number, b: number])[]) {
    const record = subscriber('UTC', march)
    const track = createRingTrack({ unit: 'day', panes, columns: sums })
    const block = new MemoryBlock(track.wordsMost)
    for (const [days, a, b] of values) {
      const one = { time: march + days * day, type: 0, id: '', value: 0, text: '' }
      deliver([one], (event) => track.add(block, event, Float64Array.of(a, b), record))
    }
    const at = march + Math.max(...values.map(([days]) => days)) * day
    const read = [0, 1].map((column) => readRing(track, column, 0, panes)(block, at, record))
    return { words: block.length, read }
  }
  const most = 2 ** 31 - 1

  // Newest pane and masks are two words, of 32 panes three; then a row for each day.
  test.each([
    ['has one word', 30, [[0, most, -most - 1]], 2 + 2, [most, -most - 1]],
    [
      'has two in each row as soon as one is greater',
      30,
      [
        [0, 5, 7],
        [3, most, 0],
        [3, 1, 0],
      ],
      2 + 2 * 4,
      [most + 6, 7],
    ],
    ['or less', 31, [[0, 1, -most - 2]], 2 + 4, [1, -most - 2]],
    [
      'and when it comes late',
      32,
      [
        [3, 5, 7],
        [0, 2 ** 52, 1],
      ],
      3 + 2 * 4,
      [2 ** 52 + 5, 8],
    ],
    [
      'and stays so when the day is gone',
      32,
      [
        [0, 2 ** 52, 1],
        [40, 3, 4],
        [41, 3, 4],
      ],
      3 + 2 * 4,
      [6, 8],
    ],
  ] as const)('%s', (_, panes, values, words, read) => {
    expect(after(panes, ...values)).toEqual({ words, read })
  })
})

describe('for people', () => {
  test('days of 23 and 25 hours are shown as such, newest first', () => {
    const record = subscriber('Europe/Berlin', 0)
    const facts = ['2026-03-28T12:00Z', '2026-03-29T12:00Z', '2026-10-25T12:00Z'].map((time, i) => ({
      time: Date.parse(time),
      type: 0,
      id: `${i}`,
      value: i + 1,
      text: '',
    }))
    const { track, block } = filled({ facts: facts.slice(0, 2), unit: 'day', panes: 7 }, record)
    expect(ringRows(track, 1)(block, record)).toEqual([
      { from: Date.parse('2026-03-28T23:00Z'), to: Date.parse('2026-03-29T22:00Z'), value: 2 },
      { from: Date.parse('2026-03-27T23:00Z'), to: Date.parse('2026-03-28T23:00Z'), value: 1 },
    ])
    const autumn = filled({ facts, unit: 'day', panes: 7 }, record)
    expect(ringRows(autumn.track, 0)(autumn.block, record)).toEqual([
      { from: Date.parse('2026-10-24T22:00Z'), to: Date.parse('2026-10-25T23:00Z'), events: 1 },
    ])
  })
})

test('bounds of the parameters', () => {
  expect(() => createRingTrack({ unit: 'day', panes: 97, columns })).toThrow(RangeError)
  expect(() => createRingTrack({ unit: 500, panes: 5, columns })).toThrow(RangeError)
  const track = createRingTrack({ unit: 'day', panes: 7, columns })
  expect(() => readRing(track, 0, 1, 7)).toThrow(RangeError)
  expect(() => readPeriods(track, 0, 1, 7)).toThrow(RangeError)
})
