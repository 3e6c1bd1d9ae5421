import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Column } from '../../../../services/rules/engine/tracks/columns.ts'
import { createTotalTrack, readTotal, totalRows } from '../../../../services/rules/engine/tracks/total.ts'
import { arrivals, deliver, inHand, march, newestTime, subscriber } from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

const kinds = ['count', 'int', 'double', 'min', 'max'] as const
const columns: Column[] = kinds.map((kind) => ({ key: 'k', kind }))
const record = subscriber('UTC', march)

test('counts, sums, least and greatest are those of all events that have a value', () => {
  fc.assert(
    fc.property(arrivals(fc.constantFrom(Number.NaN, 0, 1, -3, 7, 900), 10), fc.subarray(columns), (facts, some) => {
      const track = createTotalTrack({ columns: some })
      const block = new MemoryBlock(track.wordsMost)
      const values = new Float64Array(6)
      deliver(facts, (event, { value }) => {
        const before = block.content()
        const changed = track.add(block, event, values.fill(value), record)
        expect(changed || String(before) === String(block.content())).toBe(true)
      })
      block.checkNeighbours()
      const known = facts.map(({ value }) => value).filter((value) => !Number.isNaN(value))
      const sum = known.reduce((total, value) => total + value, 0)
      const expected = [known.length, sum, sum, Math.min(...known), Math.max(...known)]
      const at = newestTime(facts)
      const wanted = known.length === 0 ? [0, 0, 0, Number.NaN, Number.NaN] : expected
      const got = some.map((_, i) => readTotal(track, i)(block, at, record))
      expect(got).toEqual(some.map(({ kind }) => wanted[kinds.indexOf(kind)]))
    }),
  )
})

const event = inHand({ time: march, type: 0, id: 'e', value: 0, text: '' }, march)

describe('bounds', () => {
  test('a sum of whole numbers is exact to 2^53 - 1; one that would leave it is refused', () => {
    const track = createTotalTrack({ columns: [{ key: 'k', kind: 'int' }] })
    const block = new MemoryBlock(track.wordsMost)
    track.add(block, event, Float64Array.of(Number.MAX_SAFE_INTEGER - 1), record)
    track.add(block, event, Float64Array.of(1), record)
    expect(readTotal(track, 0)(block, march, record)).toBe(Number.MAX_SAFE_INTEGER)
    expect(() => track.add(block, event, Float64Array.of(1), record)).toThrow(
      expect.objectContaining({ code: 'KM_FACTOR_OVERFLOW' }),
    )
    expect(readTotal(track, 0)(block, march, record)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('sums of nothing but zeros take no room', () => {
    const track = createTotalTrack({ columns: [{ key: 'k', kind: 'int' }] })
    const block = new MemoryBlock(track.wordsMost)
    expect(track.add(block, event, Float64Array.of(0), record)).toBe(false)
    expect(block.at).toBe(-1)
    expect(totalRows(track, 0)(block, march, record)).toEqual([])
  })
})

test('columns of the same key and kind are carried over; others begin anew', () => {
  const from = { columns }
  const old = createTotalTrack(from)
  const block = new MemoryBlock(old.wordsMost)
  old.add(block, event, new Float64Array(5).fill(4), record)
  const track = createTotalTrack({
    columns: [
      { key: 'k', kind: 'max' },
      { key: 'other', kind: 'int' },
      { key: 'k', kind: 'count' },
    ],
  })
  const next = new MemoryBlock(track.wordsMost)
  next.become(track.carry(from, block.words, block.at, block.length))
  expect([0, 1, 2].map((i) => readTotal(track, i)(next, march, record))).toEqual([4, 0, 1])
  expect(totalRows(track, 2)(next, march + 5, record)).toEqual([{ from: march, to: march + 5, events: 1 }])
  const stranger = createTotalTrack({ columns: [{ key: 'other', kind: 'count' }] })
  expect(stranger.carry(from, block.words, block.at, block.length)).toHaveLength(0)
})
