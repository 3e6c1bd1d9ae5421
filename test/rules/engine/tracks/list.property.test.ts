import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createListTrack, listRows, readList } from '../../../../services/rules/engine/tracks/list.ts'
import { arrivals, deliver, type Fact, grace, hour, march, newestTime, subscriber } from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

const aggregates = ['count', 'sum', 'min', 'max'] as const

function filled(facts: readonly Fact[], value: 'count' | 'int' | 'double', length: number) {
  const record = subscriber('UTC', march)
  const track = createListTrack({ value, length })
  const block = new MemoryBlock(track.wordsMost)
  deliver(facts, (event, fact) => {
    const before = String(block.content())
    if (!track.add(block, event, value === 'count' ? 1 : fact.value, record))
      expect(String(block.content())).toBe(before)
  })
  block.checkNeighbours()
  return { track, block, record }
}

function naive(facts: readonly Fact[], at: number, length: number) {
  const values = facts.filter(({ time }) => time > at - length && time <= at).map(({ value }) => value)
  const sum = values.reduce((total, value) => total + value, 0)
  return values.length === 0
    ? [0, 0, Number.NaN, Number.NaN]
    : [values.length, sum, Math.min(...values), Math.max(...values)]
}

const lengths = fc.oneof(fc.constantFrom(1, 2 * hour, 24 * hour), fc.integer({ min: 1, max: 30 * 24 * hour }))
const cases = fc.record({
  facts: arrivals(fc.constantFrom(0, 1, 2, -5, 1000)),
  length: lengths,
  shorter: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('int', 'double'),
  later: fc.constantFrom(0, 1, hour, 24 * hour),
})

test('any window is that of all events, whatever their order of arrival', () => {
  fc.assert(
    fc.property(cases, ({ facts, length, shorter, kind, later }) => {
      const { track, block, record } = filled(facts, kind, length)
      const counts = filled(facts, 'count', length)
      const at = newestTime(facts) + later
      for (const own of [length, Math.max(1, Math.floor(length * shorter))]) {
        const expected = naive(facts, at, own)
        expect(aggregates.map((aggregate) => readList(track, aggregate, own)(block, at, record))).toEqual(expected)
        expect(readList(counts.track, 'count', own)(counts.block, at, record)).toBe(expected[0])
      }
      expect(record.inexactness).toBe(0)
    }),
    { numRuns: 300 },
  )
})

test('as of any instant from the horizon on', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 0, max: grace }), ({ facts, length, kind }, back) => {
      const { track, block, record } = filled(facts, kind, length)
      const at = newestTime(facts) - back
      const got = aggregates.map((aggregate) => readList(track, aggregate, length)(block, at, record))
      expect(got).toEqual(naive(facts, at, length))
    }),
  )
})

const fact = (time: number, value = 1): Fact => ({ time, type: 0, id: `${time}`, value, text: '' })

describe('edges', () => {
  test.each([
    ['exactly L ago is out', hour, 0],
    ['a millisecond less is in', hour - 1, 1],
    ['at the instant itself is in', 0, 1],
    ['after the instant is out', -1, 0],
  ])('%s', (_, age, count) => {
    const { track, block, record } = filled([fact(march)], 'count', hour)
    expect(readList(track, 'count', hour)(block, march + age, record)).toBe(count)
  })

  test('events of one instant take one entry of a list of counts', () => {
    const { track, block, record } = filled([fact(march), fact(march + 5), fact(march), fact(march + 5)], 'count', hour)
    expect(block.length).toBe(4)
    expect(listRows(track, hour)(block, march + 5)).toEqual([
      { from: march + 5, events: 2 },
      { from: march, events: 2 },
    ])
    expect(readList(track, 'count', hour)(block, march + 5, record)).toBe(4)
  })

  test('a sum of whole numbers that no double holds exactly is unknown', () => {
    const { track, block, record } = filled([fact(march, 2 ** 53 - 1), fact(march + 1, 2 ** 53 - 1)], 'int', hour)
    expect(readList(track, 'sum', hour)(block, march + 1, record)).toBeNaN()
    expect(readList(track, 'max', hour)(block, march + 1, record)).toBe(2 ** 53 - 1)
  })
})

describe('more than 256 events in a window', () => {
  const many = (n: number) => Array.from({ length: n }, (_, i) => fact(march + i * 1000, ((i * 7919) % 1000) - 500))

  test.each(['count', 'int', 'double'] as const)('%s: 256 are exact, and no more is said to be inexact', (kind) => {
    const exact = filled(many(256), kind, hour)
    expect(exact.record.inexactness).toBe(0)
    const { track, block, record } = filled(many(257), kind, hour)
    expect(record.inexactness).toBe(1)
    expect(readList(track, 'count', hour)(block, march + 256_000, record)).toBe(257)
  })

  test('the whole window stays right in all that it sums up, whatever comes late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 257, max: 700 }), fc.array(fc.nat({ max: 1000 }), { maxLength: 20 }), (n, late) => {
        const facts = [...many(n), ...late.map((at) => fact(march + at * 500 + 1, at - 500))]
        for (const kind of ['int', 'double'] as const) {
          const { track, block, record } = filled(facts, kind, hour)
          const at = newestTime(facts)
          const got = aggregates.map((aggregate) => readList(track, aggregate, hour)(block, at, record))
          expect(got).toEqual(naive(facts, at, hour))
        }
      }),
      { numRuns: 20 },
    )
  })

  test('what was merged goes as a whole, and then the list is exact again', () => {
    const facts = [...many(300), ...many(10).map(({ time, value }) => fact(time + hour + 60_000, value))]
    const { track, block, record } = filled(facts, 'int', hour)
    const at = newestTime(facts)
    const expected = naive(facts, at, hour)
    expect(expected[0]).toBeLessThan(300)
    expect(aggregates.map((aggregate) => readList(track, aggregate, hour)(block, at, record))).toEqual(expected)
  })

  test('what is held for the horizon only gives way first', () => {
    // 200 of the hour before, which only reads as of the horizon want; then 256 within the last minute.
    const facts = [...many(200), ...many(256).map(({ time, value }) => fact(time + hour + 220_000, value))]
    const { record } = filled(facts, 'int', 300_000)
    expect(record.inexactness).toBe(0)
  })
})

test('is carried over as it is', () => {
  const { track, block, record } = filled([fact(march, 3), fact(march + 9, 4)], 'int', hour)
  const longer = createListTrack({ value: 'int', length: 2 * hour })
  const next = new MemoryBlock(longer.wordsMost)
  next.become(longer.carry(track.parameters, block.words, block.at, block.length))
  expect(readList(longer, 'sum', 2 * hour)(next, march + hour + 1, record)).toBe(7)
  expect(() => readList(track, 'sum', 2 * hour)).toThrow(RangeError)
})
