import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTallyTrack, readTally, tallyRows } from '../../../../services/rules/engine/tracks/tally.ts'
import { arrivals, day, deliver, type Fact, hour, march, newestTime, subscriber, zones } from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'
import { reaches, timesOf } from './windows.ts'

const ints = fc.oneof(fc.integer({ min: -3, max: 4 }), fc.constantFrom(2 ** 51 - 1, 1 - 2 ** 51))
const texts = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(2 ** 52 - 1, 2 ** 51, 2 ** 32))

function naive(values: readonly number[]) {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const shares = [...counts].map(([value, n]) => ({ value, share: n / values.length }))
  const top = Math.max(...shares.map(({ share }) => share))
  const entropy = shares.reduce((sum, { share }) => sum - share * Math.log2(share), 0)
  const mode = Math.min(...shares.filter(({ share }) => share === top).map(({ value }) => value))
  return values.length === 0 ? [Number.NaN, Number.NaN, Number.NaN] : [entropy, top, mode]
}

const kindOfValues = fc.oneof(
  fc.record({ values: fc.constant('int' as const), facts: arrivals(ints) }),
  fc.record({ values: fc.constant('text' as const), facts: arrivals(texts) }),
)
const cases = fc.record({
  of: kindOfValues,
  it: reaches,
  zone: fc.constantFrom(...zones),
  later: fc.constantFrom(0, 1, hour, day, 40 * day),
  sight: fc.integer({ min: 0, max: 60 }),
})

test('entropy, share of the most frequent and the most frequent itself are those of the window, whatever the order of arrival', () => {
  fc.assert(
    fc.property(cases, ({ of: { values, facts }, it: { reach, window }, zone, later, sight }) => {
      const record = subscriber(zone, march - sight * day, 31)
      const track = createTallyTrack({ reach, values })
      const block = new MemoryBlock(track.wordsMost)
      deliver(facts, (event, { value }) => {
        const before = String(block.content())
        if (!track.add(block, event, value, record)) expect(String(block.content())).toBe(before)
      })
      block.checkNeighbours()
      const at = newestTime(facts) + later
      const isIn = timesOf(reach, window, at, record)
      const inside = isIn ? facts.filter(({ time }) => isIn(time)) : []
      const [entropy, share, mode] = naive(inside.map(({ value }) => value))
      const got = readTally(track, 'entropy', window)(block, at, record)
      if (Number.isNaN(entropy)) expect(got).toBeNaN()
      else expect(got).toBeCloseTo(entropy ?? 0, 10)
      expect(readTally(track, 'top-share', window)(block, at, record)).toBe(share)
      expect(readTally(track, 'mode', window)(block, at, record)).toBe(mode)
      const rows = tallyRows(track, window)(block, at, record)
      expect(rows.reduce((sum, { events }) => sum + events, 0)).toBe(inside.length)
      expect(record.inexactness).toBe(0)
      // Carried over as it is.
      expect(createTallyTrack({ reach, values }).carry(track.parameters, block.words, block.at, block.length)).toEqual(
        block.at < 0 ? new Int32Array(0) : block.content(),
      )
    }),
    { numRuns: 400 },
  )
})

const fact = (time: number, value: number): Fact => ({ time, type: 0, id: `${time}`, value, text: '' })

describe('bounds', () => {
  const reach = { kind: 'panes', unit: 'day', panes: 90 } as const
  const window = { kind: 'panes', ago: 0, periods: 90 } as const

  function filled(facts: Fact[]) {
    const record = subscriber('UTC', march)
    const track = createTallyTrack({ reach, values: 'int' })
    const block = new MemoryBlock(track.wordsMost)
    deliver(facts, (event, { value }) => track.add(block, event, value, record))
    const read = (aggregate: 'entropy' | 'top-share' | 'mode') =>
      readTally(track, aggregate, window)(block, newestTime(facts), record)
    return { record, track, block, read }
  }

  test('256 pairs are exact; then pairs of one value join, and all in all no event is lost', () => {
    const days = (n: number) => Array.from({ length: n }, (_, i) => fact(march + Math.floor(i / 4) * day, i % 4))
    expect(filled(days(256)).record.inexactness).toBe(0)
    const { record, track, block, read } = filled(days(280))
    expect(record.inexactness).toBe(24)
    const rows = tallyRows(track, window)(block, newestTime(days(280)), record)
    expect(rows.reduce((sum, { events }) => sum + events, 0)).toBe(280)
    expect(read('entropy')).toBeCloseTo(2, 12)
    expect([read('top-share'), read('mode')]).toEqual([0.25, 0])
  })

  test('of more than 256 values the rarest go', () => {
    const facts = Array.from({ length: 600 }, (_, i) => fact(march + i, i % 2 === 0 ? 7 : 1000 + i))
    const { record, read } = filled(facts)
    expect(record.inexactness).toBeGreaterThan(0)
    expect(read('mode')).toBe(7)
  })

  test('a number that has no room is not counted', () => {
    const { record, block } = filled([fact(march, 2 ** 51)])
    expect([record.inexactness, block.at]).toEqual([1, -1])
  })
})

test('all of one value: no entropy; for people by pane, newest first', () => {
  const record = subscriber('Asia/Shanghai', march)
  const track = createTallyTrack({ reach: { kind: 'panes', unit: 'day', panes: 7 }, values: 'int' })
  const block = new MemoryBlock(track.wordsMost)
  deliver([fact(march, 5), fact(march + 1, 5), fact(march + day, 5)], (event, { value }) =>
    track.add(block, event, value, record),
  )
  const window = { kind: 'panes', ago: 0, periods: 7 } as const
  expect(readTally(track, 'entropy', window)(block, march + day, record)).toBe(0)
  const midnight = Date.parse('2026-03-01T00:00+08:00')
  expect(tallyRows(track, window)(block, march + day, record)).toEqual([
    { from: midnight + day, to: midnight + 2 * day, events: 1, value: 5 },
    { from: midnight, to: midnight + day, events: 2, value: 5 },
  ])
})
