import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDistinctTrack, distinctRows, readDistinct } from '../../../../services/rules/engine/tracks/distinct.ts'
import { arrivals, day, deliver, type Fact, hour, inHand, march, newestTime, subscriber, zones } from './arrivals.ts'
import { MemoryBlock, RoomyBlock } from './memory-block.ts'
import { reaches, type Served, timesOf } from './windows.ts'

const values = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(0, -0, 2 ** 52 - 1, 2 ** 52 - 2, 1e15))

describe('up to 64 values', () => {
  const cases = fc.record({
    facts: arrivals(values),
    it: reaches,
    zone: fc.constantFrom(...zones),
    later: fc.constantFrom(0, 1, hour, day, 40 * day),
    everyPane: fc.boolean(),
    sight: fc.integer({ min: 0, max: 60 }),
  })

  test('exact in any window, whatever the order of arrival', () => {
    fc.assert(
      fc.property(cases, ({ facts, it: { reach, window }, zone, later, everyPane, sight }) => {
        const record = subscriber(zone, march - sight * day, 31)
        const every = everyPane || (window.kind === 'panes' && window.ago > 0)
        const track = createDistinctTrack({ reach, everyPane: every })
        const block = new MemoryBlock(track.wordsMost)
        deliver(facts, (event, { value }) => {
          const before = String(block.content())
          if (!track.add(block, event, value, record)) expect(String(block.content())).toBe(before)
        })
        block.checkNeighbours()
        const at = newestTime(facts) + later
        const isIn = timesOf(reach, window, at, record)
        const expected = isIn
          ? new Set(facts.filter(({ time }) => isIn(time)).map(({ value }) => value + 0)).size
          : Number.NaN
        expect(readDistinct(track, window)(block, at, record)).toBe(expected)
        expect(record.inexactness).toBe(0)
      }),
      { numRuns: 400 },
    )
  })

  test('as of any instant from the horizon on nothing within reach is forgotten', () => {
    fc.assert(
      fc.property(arrivals(values), fc.integer({ min: 1, max: 40 * day }), (facts, length) => {
        const record = subscriber('UTC', march)
        const track = createDistinctTrack({ reach: { kind: 'rolling', length }, everyPane: true })
        const block = new MemoryBlock(track.wordsMost)
        deliver(facts, (event, { value }) => track.add(block, event, value, record))
        const at = newestTime(facts) - hour
        const expected = new Set(
          facts.filter(({ time }) => time > at - length && time <= at).map(({ value }) => value + 0),
        )
        expect(readDistinct(track, { kind: 'rolling', length })(block, at, record)).toBe(expected.size)
      }),
    )
  })
})

/** Pseudo-random numbers of a seed: mulberry32 (public domain). */
function random(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Relative errors of the estimates: of `n` different texts within the window, after a window of as many others. */
function errors(n: number, everyPane: boolean, runs: number): number[] {
  return Array.from({ length: runs }, (_, seed) => {
    const next = random(seed + 1)
    const record = subscriber('UTC', march)
    const track = createDistinctTrack({ reach: { kind: 'rolling', length: day }, everyPane })
    const block = new RoomyBlock(track.wordsMost)
    const step = day / n
    let time = march
    for (let i = 0; i < 2 * n; i++, time += step) {
      const event = inHand({ time, type: 0, id: 'e', value: 0, text: '' }, time - hour)
      track.add(block, event, Math.floor(next() * 2 ** 52), record)
    }
    expect(record.inexactness > 0).toBe(n > 256 || !everyPane)
    return readDistinct(track, { kind: 'rolling', length: day })(block, time - step, record) / n - 1
  })
}

describe('beyond, the estimate of a rolling window has the relative standard error that is stated', () => {
  test.each([
    [100, false, 0.15],
    [1000, false, 0.15],
    [10_000, false, 0.15],
    [1000, true, 0.075],
    [10_000, true, 0.075],
  ])('%i values (every pane: %s): %d', (n, everyPane, stated) => {
    const runs = n === 10_000 ? 8 : 60
    const all = errors(n, everyPane, runs)
    const error = Math.sqrt(all.reduce((sum, error) => sum + error * error, 0) / runs)
    const mean = all.reduce((sum, error) => sum + error, 0) / runs
    // A standard error measured `runs` times is itself off by 1 / sqrt(2 runs).
    expect(error).toBeLessThan(stated * (1 + 3 / Math.sqrt(2 * runs)))
    expect(Math.abs(mean)).toBeLessThan((3 * stated) / Math.sqrt(runs))
  })
})

test('over a life even the estimate is the same whatever the order of arrival, and however often a value comes', () => {
  const many = fc.integer({ min: 50, max: 600 })
  fc.assert(
    fc.property(many, fc.integer(), fc.boolean(), (n, seed, everyPane) => {
      const read = (values: readonly number[], reach: Served['reach'] & Served['window'] = { kind: 'lifetime' }) => {
        const track = createDistinctTrack({ reach, everyPane })
        const record = subscriber('UTC', march)
        const block = new RoomyBlock(track.wordsMost)
        for (const [i, value] of values.entries()) {
          const time = march + ((i * 7919) % 1009)
          track.add(block, inHand({ time, type: 0, id: 'e', value, text: '' }, march), value, record)
        }
        return readDistinct(track, reach)(block, march + 1009, record)
      }
      const next = random(seed)
      const values = Array.from({ length: n }, () => Math.floor(next() * 2 ** 52))
      const shuffled = [...values, ...values].map((value) => ({ value, key: next() })).sort((a, b) => a.key - b.key)
      expect(read(shuffled.map(({ value }) => value))).toBe(read(values))
      // A window that has it all sees the same, though other values were in the way of those that stay.
      expect(read(values, { kind: 'rolling', length: day })).toBe(read(values))
    }),
    { numRuns: 60 },
  )
})

const facts = (n: number, from: number, first = 0): Fact[] =>
  Array.from({ length: n }, (_, i) => ({
    time: from + i,
    type: 0,
    id: `${i}`,
    value: (first + i) * 1_000_003,
    text: '',
  }))

describe('bounds', () => {
  const track = createDistinctTrack({ reach: { kind: 'rolling', length: day }, everyPane: false })
  const window = { kind: 'rolling', length: day } as const

  test('64 are exact, the 65th makes it an estimate, and when the burst is past it is exact again', () => {
    const record = subscriber('UTC', march)
    const block = new MemoryBlock(track.wordsMost)
    deliver(facts(64, march), (event, { value }) => track.add(block, event, value, record))
    expect([record.inexactness, readDistinct(track, window)(block, march + 64, record)]).toEqual([0, 64])
    deliver(facts(2000, march + hour, 1000), (event, { value }) => track.add(block, event, value, record))
    expect(record.inexactness).toBeGreaterThan(0)
    block.checkNeighbours()
    const later = march + hour + day + 2000
    deliver(facts(20, later, 9000), (event, { value }) => track.add(block, event, value, record))
    expect(readDistinct(track, window)(block, later + 20, record)).toBe(20)
  })

  test('the same values again and again are the same', () => {
    const record = subscriber('UTC', march)
    const block = new MemoryBlock(track.wordsMost)
    for (let i = 0; i < 5; i++)
      deliver(facts(64, march + i * hour), (event, { value }) => track.add(block, event, value, record))
    expect([record.inexactness, readDistinct(track, window)(block, march + 5 * hour, record)]).toEqual([0, 64])
    expect(distinctRows(track)(block, record)[0]).toEqual({ from: march + 4 * hour + 63 })
  })

  test('a window of the past wants every pane, and none may reach further than the track', () => {
    const panes = { kind: 'panes', unit: 'day', panes: 7 } as const
    const newest = createDistinctTrack({ reach: panes, everyPane: false })
    expect(() => readDistinct(newest, { kind: 'panes', ago: 1, periods: 2 })).toThrow(RangeError)
    expect(() => readDistinct(newest, { kind: 'panes', ago: 0, periods: 8 })).toThrow(RangeError)
    expect(() => readDistinct(newest, { kind: 'lifetime' })).toThrow(RangeError)
  })
})

describe('carried over', () => {
  const panes = { kind: 'panes', unit: 'day', panes: 30 } as const
  const window = { kind: 'panes', ago: 0, periods: 30 } as const

  test.each([
    [40, true, false, 40, 0],
    [40, false, true, 40, 0],
    [200, true, false, 200, 0.5],
  ])('%i values, every pane: %s to %s', (n, fromEvery, toEvery, expected, tolerance) => {
    const record = subscriber('UTC', march)
    const from = createDistinctTrack({ reach: panes, everyPane: fromEvery })
    const block = new MemoryBlock(from.wordsMost)
    deliver([...facts(n, march), ...facts(20, march + day)], (event, { value }) =>
      from.add(block, event, value, record),
    )
    const to = createDistinctTrack({ reach: panes, everyPane: toEvery })
    const next = new MemoryBlock(to.wordsMost)
    next.become(to.carry(from.parameters, block.words, block.at, block.length))
    const got = readDistinct(to, window)(next, march + day, record)
    expect(Math.abs(got / expected - 1)).toBeLessThanOrEqual(tolerance)
    // And it goes on.
    deliver(facts(1, march + 2 * day, 5000), (event, { value }) => to.add(next, event, value, record))
    expect(readDistinct(to, { ...window, periods: 1 })(next, march + 2 * day, record)).toBe(1)
  })
})
