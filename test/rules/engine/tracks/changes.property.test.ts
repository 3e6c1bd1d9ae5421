import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  changesRows,
  createChangesTrack,
  readBecame,
  readChangeAge,
  readChangeDate,
  readRun,
  textOfRun,
} from '../../../../services/rules/engine/tracks/changes.ts'
import {
  arrivals,
  deliver,
  type Fact,
  grace,
  hour,
  march,
  minute,
  newestFirst,
  newestTime,
  subscriber,
} from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

function filled(facts: readonly Fact[], content: 'values' | 'texts', runs: number) {
  const record = subscriber('Asia/Shanghai', march)
  const track = createChangesTrack({ content, runs })
  const block = new MemoryBlock(track.wordsMost)
  const told: boolean[] = []
  deliver(facts, (event, fact) => told.push(track.add(block, event, fact.value, record)))
  block.checkNeighbours()
  return { track, block, record, told }
}

/** Without those that tell again what was told, newest first. */
const changesOf = (facts: readonly Fact[]): Fact[] =>
  newestFirst(facts).filter(({ value }, i, all) => value !== all[i + 1]?.value)

const cases = fc.record({
  facts: arrivals(fc.constantFrom(1, 1, 1, 2, 3)),
  runs: fc.integer({ min: 2, max: 32 }),
  content: fc.constantFrom('values' as const, 'texts' as const),
  back: fc.integer({ min: 0, max: grace }),
})

test('values told again are no changes, whatever the order of arrival, as of any instant that no late event can change', () => {
  fc.assert(
    fc.property(cases, ({ facts, runs, content, back }) => {
      const { track, block, record } = filled(facts, content, runs)
      if (record.inexactness > 0) return
      const at = newestTime(facts) - back
      const changes = changesOf(facts.filter(({ time }) => time <= at))
      const [present, before] = changes
      expect(readRun(track, 0)(block, at, record)).toBe(present?.value ?? Number.NaN)
      expect(readRun(track, 1)(block, at, record)).toBe(before?.value ?? Number.NaN)
      expect(textOfRun(track, 1)(block, at)).toBe(content === 'texts' ? before?.text : undefined)
      const since = present?.time ?? Number.NaN
      expect(readChangeAge(track)(block, at, record)).toBe((at - since) / hour)
      expect(readChangeDate(track)(block, at, record)).toBe(
        present ? Math.floor((since + 8 * hour) / (24 * hour)) : Number.NaN,
      )
      const counted = changes.filter(({ time }) => time > at - 48 * hour)
      if (counted.length <= runs) {
        const count = counted.filter(({ value }) => value === 1).length
        expect(readBecame(track, 1, 48 * hour)(block, at, record)).toBe(count)
      }
      expect(changesRows(track, runs)(block, at).map(({ from }) => from)).toEqual(
        changes.slice(0, runs).map(({ time }) => time),
      )
    }),
    { numRuns: 300 },
  )
})

test('fewer runs: the newest go on', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 32 }), ({ facts, runs, content }, other) => {
      const { track: old, block } = filled(facts, content, runs)
      const track = createChangesTrack({ content, runs: other })
      const next = new MemoryBlock(track.wordsMost)
      next.become(track.carry(old.parameters, block.words, block.at, block.length))
      const at = newestTime(facts)
      const fewer = Math.min(runs, other)
      expect(changesRows(track, fewer)(next, at)).toEqual(changesRows(old, fewer)(block, at))
    }),
  )
})

describe('single cases', () => {
  const fact = (time: number, value: number): Fact => ({ time, type: 0, id: `${time}`, value, text: `t${value}` })
  const valueBefore = (...facts: readonly Fact[]) => {
    const { track, block, record, told } = filled(facts, 'values', 2)
    return { before: readRun(track, 1)(block, newestTime(facts), record), told }
  }

  test('A, B, B: before B was A', () => {
    expect(valueBefore(fact(march, 1), fact(march + hour, 2), fact(march + 2 * hour, 2))).toEqual({
      before: 1,
      told: [true, true, false],
    })
  })

  test('a late A between B and B is a change to B and back', () => {
    expect(valueBefore(fact(march, 2), fact(march + 10 * minute, 2), fact(march + 5 * minute, 1))).toEqual({
      before: 1,
      told: [true, false, true],
    })
  })

  test('a late B in front of B makes the change earlier', () => {
    const { track, block, record, told } = filled(
      [fact(march, 1), fact(march + 10 * minute, 2), fact(march + 5 * minute, 2)],
      'values',
      2,
    )
    expect(told).toEqual([true, true, true])
    expect(readChangeAge(track)(block, march + 65 * minute, record)).toBe(1)
  })

  test('told every night for a year it takes the room of two', () => {
    const facts = Array.from({ length: 365 }, (_, night) => fact(march + night * 24 * hour, 7))
    const { block, told } = filled(facts, 'values', 32)
    expect(told.filter((each) => each)).toHaveLength(1)
    expect(block.length).toBeLessThanOrEqual(2 * 10)
  })

  test('more than sixteen within the grace: one that tells again gives way, and the record is told', () => {
    const facts = Array.from({ length: 20 }, (_, i) => fact(march + i * minute, i === 0 ? 1 : 2))
    const { track, block, record } = filled(facts, 'values', 2)
    expect(record.inexactness).toBe(2)
    expect(readRun(track, 1)(block, newestTime(facts), record)).toBe(1)
    expect(readChangeAge(track)(block, march + 61 * minute, record)).toBe(1)
  })
})
