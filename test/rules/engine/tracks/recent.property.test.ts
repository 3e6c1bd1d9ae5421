import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createRecentTrack,
  readCadence,
  readLastEvents,
  readLastTime,
  readRecent,
  recentRows,
  recentText,
} from '../../../../services/rules/engine/tracks/recent.ts'
import { arrivals, deliver, type Fact, hour, march, minute, newestFirst, newestTime, subscriber } from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

const record = subscriber('UTC', march)

function filled(facts: readonly Fact[], content: 'times' | 'values' | 'texts', events: number) {
  const track = createRecentTrack({ content, events })
  const block = new MemoryBlock(track.wordsMost)
  deliver(facts, (event, fact) => {
    const before = String(block.content())
    if (!track.add(block, event, fact.value, record)) expect(String(block.content())).toBe(before)
  })
  block.checkNeighbours()
  return { track, block }
}

const cases = fc.record({
  facts: arrivals(fc.constantFrom(Number.NaN, 0, 1.5, -3, 7, 70_000)),
  events: fc.integer({ min: 1, max: 32 }),
  content: fc.constantFrom('values', 'texts'),
})

test('the newest events by time, type and id, whatever their order of arrival', () => {
  fc.assert(
    fc.property(cases, ({ facts, events, content }) => {
      const { track, block } = filled(facts, content, events)
      const at = newestTime(facts)
      const expected = newestFirst(facts).slice(0, events)
      expect(recentRows(track, events)(block, at)).toEqual(
        expected.map(({ time, id, value, text }) =>
          Number.isNaN(value)
            ? { from: time, event_id: id }
            : { from: time, value: content === 'texts' ? text : value, event_id: id },
        ),
      )
      for (let back = 0; back < events; back++) {
        expect(readRecent(track, back)(block, at, record)).toBe(expected[back]?.value ?? Number.NaN)
        const text = Number.isNaN(expected[back]?.value ?? Number.NaN) ? undefined : expected[back]?.text
        expect(recentText(track, back)(block, at)).toBe(content === 'texts' ? text : undefined)
      }
      expect(readLastTime(track)(block, at, record)).toBe(expected[0]?.time)
    }),
    { numRuns: 200 },
  )
})

test('aggregates over the newest, and gaps between them', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 32 }), fc.integer({ min: 0, max: 5 }), (it, fewer, least) => {
      const events = Math.min(fewer, it.events)
      const { track, block } = filled(it.facts, it.content, it.events)
      const times = filled(it.facts, 'times', it.events)
      const at = newestTime(it.facts)
      const newest = newestFirst(it.facts).slice(0, events)
      const values = newest.map(({ value }) => value).filter((value) => !Number.isNaN(value))
      const read = (aggregate: 'count' | 'sum' | 'min' | 'max') =>
        readLastEvents(track, aggregate, events, false)(block, at, record)
      expect(read('count')).toBe(values.length)
      expect(read('sum')).toBe(values.reduce((sum, value) => sum + value, 0))
      expect(read('min')).toBe(values.length === 0 ? Number.NaN : Math.min(...values))
      expect(read('max')).toBe(values.length === 0 ? Number.NaN : Math.max(...values))
      expect(readLastEvents(times.track, 'count', events, true)(times.block, at, record)).toBe(newest.length)

      const gaps = newest.slice(1).map(({ time }, i) => ((newest[i]?.time ?? 0) - time) / hour)
      const sorted = [...gaps].sort((a, b) => a - b)
      const half = sorted.length / 2
      const median = ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
      const known = gaps.length >= Math.max(1, least)
      for (const { track, block } of [filled(it.facts, it.content, it.events), times]) {
        const cadence = (measure: 'last' | 'mean' | 'median') =>
          readCadence(track, measure, events, least)(block, at, record)
        expect(cadence('last')).toBe(known ? gaps[0] : Number.NaN)
        expect(cadence('mean')).toBe(known ? mean : Number.NaN)
        expect(cadence('median')).toBe(known ? median : Number.NaN)
      }
    }),
    { numRuns: 200 },
  )
})

test('later events do not count as of an earlier instant, while enough are held', () => {
  fc.assert(
    fc.property(arrivals(fc.integer({ min: 0, max: 9 })), fc.nat(), (facts, pick) => {
      const ordered = newestFirst(facts)
      const at = ordered[pick % ordered.length]?.time ?? 0
      const expected = ordered.filter(({ time }) => time <= at)
      const { track, block } = filled(facts, 'values', 64)
      expect(readRecent(track, 0)(block, at, record)).toBe(expected[0]?.value)
      expect(readLastTime(track)(block, at, record)).toBe(at)
      expect(readLastEvents(track, 'sum', 64, true)(block, at, record)).toBe(
        expected.reduce((sum, { value }) => sum + value, 0),
      )
      expect(recentRows(track, 2)(block, at)).toHaveLength(Math.min(2, expected.length))
    }),
  )
})

test('more or fewer events: the newest of what was held go on', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 32 }), ({ facts, events, content }, other) => {
      const { track: old, block } = filled(facts, content, events)
      const track = createRecentTrack({ content, events: other })
      const next = new MemoryBlock(track.wordsMost)
      next.become(track.carry(old.parameters, block.words, block.at, block.length))
      const at = newestTime(facts)
      expect(recentRows(track, other)(next, at)).toEqual(recentRows(old, events)(block, at).slice(0, other))
    }),
  )
})

const fact = (time: number, value: number, text = ''): Fact => ({ time, type: 0, id: `${time}`, value, text })

describe('single cases', () => {
  test('the median of the last five gaps of a recharge every 30 days, once a week late', () => {
    const gaps = [30, 30, 37, 30, 30].map((days) => days * 24)
    let time = march
    const facts = [fact(time, 1)]
    for (const gap of gaps) {
      time += gap * hour
      facts.push(fact(time, 1))
    }
    const { track, block } = filled(facts, 'times', 6)
    expect(readCadence(track, 'median', 6, 5)(block, time, record)).toBe(720)
    expect(readCadence(track, 'mean', 6, 5)(block, time, record)).toBe(753.6)
    expect(readCadence(track, 'last', 6, 6)(block, time, record)).toBeNaN()
  })

  test('a text longer than 64 bytes is cut between two characters', () => {
    const { track, block } = filled([fact(march, 1, `${'a'.repeat(63)}é…`), fact(march - minute, 1, '')], 'texts', 2)
    expect(recentText(track, 0)(block, march)).toBe('a'.repeat(63))
    expect(recentText(track, 1)(block, march)).toBe('')
  })

  test('of a sum of whole numbers that no double holds exactly nothing is known', () => {
    const { track, block } = filled([fact(march, 2 ** 53 - 1), fact(march + 1, 2 ** 53 - 1)], 'values', 2)
    expect(readLastEvents(track, 'sum', 2, true)(block, march + 1, record)).toBeNaN()
    expect(readLastEvents(track, 'sum', 2, false)(block, march + 1, record)).toBe(2 ** 54 - 2)
  })
})
