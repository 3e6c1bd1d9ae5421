import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createSinceTrack,
  readSince,
  readSinceLast,
  type SinceParameters,
  sinceLastRows,
  sinceLastText,
  sinceRows,
} from '../../../../services/rules/engine/tracks/since.ts'
import {
  arrivals,
  day,
  deliver,
  type Fact,
  hour,
  inHand,
  march,
  minute,
  newestFirst,
  newestTime,
  subscriber,
} from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

const aggregates = ['count', 'sum', 'min', 'max'] as const
/** By type: an event of the type is an anchor, a value, or both. */
const isAnchor = ({ type }: Fact) => type !== 1
const isValue = ({ type }: Fact) => type !== 0

function filled(facts: readonly Fact[], parameters: SinceParameters, anchorFirst = true) {
  const record = subscriber('UTC', march)
  const track = createSinceTrack(parameters)
  const block = new MemoryBlock(track.wordsMost)
  deliver(facts, (event, fact) => {
    const anchor = () => isAnchor(fact) && track.anchor(block, event, record)
    if (anchorFirst) anchor()
    const before = String(block.content())
    if (isValue(fact) && !track.add(block, event, fact.value, record)) expect(String(block.content())).toBe(before)
    if (!anchorFirst) anchor()
  })
  block.checkNeighbours()
  return { track, block, record }
}

function naive(facts: readonly Fact[], at: number) {
  const known = facts.filter(({ time }) => time <= at)
  const anchor = Math.max(...known.filter(isAnchor).map(({ time }) => time))
  if (anchor === Number.NEGATIVE_INFINITY) return undefined
  const after = newestFirst(known.filter(isValue).filter(({ time }) => time > anchor))
  const values = after.map(({ value }) => value)
  const sum = values.reduce((total, value) => total + value, 0)
  const numbers =
    values.length === 0
      ? [0, 0, Number.NaN, Number.NaN]
      : [values.length, sum, Math.min(...values), Math.max(...values)]
  return { numbers, last: after[0] }
}

const cases = fc.record({
  facts: arrivals(fc.constantFrom(0, 1, 2, -5, 1000)),
  kind: fc.constantFrom('int', 'double'),
  last: fc.constantFrom('no', 'values', 'texts'),
  anchorFirst: fc.boolean(),
  later: fc.constantFrom(0, day),
})

test('over the events after the newest anchor, whatever the order of arrival', () => {
  fc.assert(
    fc.property(cases, ({ facts, kind, last, anchorFirst, later }) => {
      const { track, block, record } = filled(facts, { value: kind, last }, anchorFirst)
      const at = newestTime(facts) + later
      const expected = naive(facts, at)
      const got = aggregates.map((aggregate) => readSince(track, aggregate)(block, at, record))
      expect(got).toEqual(expected?.numbers ?? [Number.NaN, Number.NaN, Number.NaN, Number.NaN])
      const counts = filled(facts, { value: 'count', last: 'no' }, anchorFirst)
      expect(readSince(counts.track, 'count')(counts.block, at, record)).toBe(expected?.numbers[0] ?? Number.NaN)
      expect(record.inexactness).toBe(0)
      const rows = sinceRows(track)(block, at)
      if (expected) expect(rows.reduce((sum, { events }) => sum + (events ?? 0), 0)).toBe(expected.numbers[0])
      else expect(rows).toEqual([])
      if (last === 'no') return
      expect(readSinceLast(track)(block, at, record)).toBe(expected?.last?.value ?? Number.NaN)
      expect(sinceLastText(track)(block, at)).toBe(last === 'texts' ? expected?.last?.text : undefined)
      const newest = expected?.last
      const value = last === 'texts' ? newest?.text : newest?.value
      expect(sinceLastRows(track)(block, at)).toEqual(newest ? [{ from: newest.time, value, event_id: newest.id }] : [])
    }),
    { numRuns: 500 },
  )
})

test('with or without the newest event: what is counted goes on', () => {
  fc.assert(
    fc.property(cases, fc.constantFrom('no', 'values', 'texts'), ({ facts, kind, last }, other) => {
      const { track, block, record } = filled(facts, { value: kind, last })
      const to = createSinceTrack({ value: kind, last: other })
      const next = new MemoryBlock(to.wordsMost)
      if (block.at >= 0) next.become(to.carry(track.parameters, block.words, block.at, block.length))
      const at = newestTime(facts)
      const one = { time: at + minute, type: 1, id: 'next', value: 3, text: 'three' }
      to.add(next, inHand(one, at - hour), 3, record)
      const expected = naive([...facts, one], at + minute)
      const got = aggregates.map((aggregate) => readSince(to, aggregate)(next, at + minute, record))
      expect(got).toEqual(expected?.numbers ?? [Number.NaN, Number.NaN, Number.NaN, Number.NaN])
      if (other !== 'no') expect(readSinceLast(to)(next, at + minute, record)).toBe(expected ? 3 : Number.NaN)
    }),
  )
})

const anchor = (time: number): Fact => ({ time, type: 0, id: `a${time}`, value: 0, text: '' })
const value = (time: number, n = 1): Fact => ({ time, type: 1, id: `v${time}`, value: n, text: '' })

describe('since the last recharge', () => {
  test.each([
    ['before the first one nothing is known', [value(march)], Number.NaN],
    ['the same instant is not after it', [anchor(march), value(march)], 0],
    ['a millisecond later is', [anchor(march), value(march + 1)], 1],
    [
      'a recharge that comes late ends what came before it',
      [value(march), value(march + minute), anchor(march + minute - 1)],
      1,
    ],
    [
      'an older recharge that comes late changes nothing',
      [anchor(march + minute), value(march + hour), anchor(march)],
      1,
    ],
  ])('%s', (_, facts, count) => {
    const { track, block, record } = filled(facts, { value: 'count', last: 'no' })
    expect(readSince(track, 'count')(block, march + hour, record)).toBe(count)
  })

  test('as of an instant before it nothing is known', () => {
    const { track, block, record } = filled([anchor(march), anchor(march + 5)], { value: 'count', last: 'values' })
    expect(readSince(track, 'count')(block, march + 4, record)).toBeNaN()
    expect(readSinceLast(track)(block, march + 4, record)).toBeNaN()
  })

  test('what is older than the grace is held as a sum, of fixed size', () => {
    const facts = [anchor(march), ...Array.from({ length: 1000 }, (_, i) => value(march + (i + 1) * hour, i))]
    const { block } = filled(facts, { value: 'int', last: 'no' })
    expect(block.length).toBe(11 + 4)
  })
})

describe('more than 256 events within the grace', () => {
  const burst = Array.from({ length: 400 }, (_, i) => value(march + minute + i, i))

  test('are all counted, and a recharge that comes late after that is said to be inexact', () => {
    const { track, block, record } = filled([anchor(march), ...burst], { value: 'int', last: 'no' })
    expect(aggregates.map((aggregate) => readSince(track, aggregate)(block, march + hour, record))).toEqual([
      400, 79_800, 0, 399,
    ])
    expect(record.inexactness).toBeGreaterThan(0)
  })

  test('without a recharge the oldest are forgotten', () => {
    const { track, block, record } = filled([...burst, anchor(march)], { value: 'int', last: 'no' })
    expect(readSince(track, 'count')(block, march + hour, record)).toBe(256)
    expect(record.inexactness).toBe(144)
  })
})

test.each([
  ['before what is folded: inexact', march + minute, 1],
  ['after all that is folded: exact', march + 2 * hour, 0],
])('a recharge that is re-run long after its time, %s', (_, time, inexactness) => {
  const facts = [anchor(march), value(march + hour), value(march + 9 * hour)]
  const { track, block, record } = filled(facts, { value: 'count', last: 'no' })
  track.anchor(block, inHand(anchor(time), march + 8 * hour), record)
  expect(record.inexactness).toBe(inexactness)
  expect(readSince(track, 'count')(block, march + 9 * hour, record)).toBe(1)
})

test('a track of counts has no sum, and one without last no last', () => {
  const track = createSinceTrack({ value: 'count', last: 'no' })
  expect(() => readSince(track, 'sum')).toThrow(RangeError)
  const block = new MemoryBlock(track.wordsMost)
  expect(() => readSinceLast(track)(block, march, subscriber('UTC', march))).toThrow(RangeError)
})
