import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clearState,
  type EdgePlace,
  edgeWords,
  ladderWord,
  latches,
  latchOf,
  placesOf,
  readStates,
  type StateKind,
  setLatch,
  setLatches,
  setState,
  stateOf,
  writeStates,
} from '../../../services/rules/engine/rule-states.ts'
import { WordBlock } from './word-block.ts'

const latched = 19
const steps = [8, 3]
const edges = { latches: latched, ladders: steps }
const front = edgeWords(edges)
const places = placesOf(edges)
const kind = fc.constantFrom<StateKind>('fired', 'remembered', 'due')
const change = fc.oneof(
  fc.record({ set: kind, number: fc.nat(70_000), time: fc.nat(2 ** 44 - 1) }),
  fc.record({ set: kind, number: fc.nat(3), time: fc.nat(2 ** 44 - 1) }),
  fc.record({ clear: kind, number: fc.nat(3) }),
  fc.record({ edge: fc.nat(latched - 1), latch: fc.nat(3) }),
  fc.record({ ladder: fc.constant(0), count: fc.nat(8) }),
  fc.record({ ladder: fc.constant(1), count: fc.nat(3) }),
)

describe('what a record remembers of rules', () => {
  it('is what was last said of each, and nothing is kept of nothing', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const block = new WordBlock()
        const times = new Map<string, number>()
        const held = new Map<number, number>()
        const climbed = new Map<number, number>()
        for (const one of changes) {
          if ('set' in one) {
            setState(block, front, one.set, one.number, one.time)
            times.set(`${one.set} ${one.number}`, one.time)
          } else if ('clear' in one) {
            clearState(block, front, one.clear, one.number)
            times.delete(`${one.clear} ${one.number}`)
          } else if ('ladder' in one) {
            const { word } = places[latched + (one.ladder === 0 ? 0 : 8)] as EdgePlace
            setLatches(block, front, word, -1, ladderWord(one.count))
            climbed.set(one.ladder, one.count)
          } else {
            setLatch(block, front, one.edge, one.latch)
            held.set(one.edge, one.latch)
          }
        }
        for (const name of ['fired', 'remembered', 'due'] as const) {
          for (let number = 0; number < 4; number++) {
            expect(stateOf(block, front, name, number)).toBe(times.get(`${name} ${number}`) ?? -1)
          }
        }
        for (let edge = 0; edge < latched; edge++) {
          expect(latchOf(block, edge)).toBe(held.get(edge) ?? latches.unknown)
        }

        const plain =
          block.at < 0 ? { latches: [], entries: [] } : readStates(block.words, block.at, block.length, edges)
        expect(new Map(plain.entries.map((entry) => [`${entry.kind} ${entry.number}`, entry.time]))).toEqual(times)
        const inLadders = plain.latches.filter(({ edge }) => edge >= latched)
        expect(inLadders).toEqual(
          steps.flatMap((length, ladder) => {
            const count = climbed.get(ladder)
            const first = latched + (ladder === 0 ? 0 : 8)
            const latchAt = (step: number) => (step < (count ?? 0) ? latches.above : latches.below)
            return count === undefined
              ? []
              : Array.from({ length }, (_, step) => ({ edge: first + step, latch: latchAt(step) }))
          }),
        )
        const words = new Int32Array(200).fill(-1)
        const written = writeStates(plain, edges, words, 3)
        expect(readStates(words, 3, written, edges)).toEqual(plain)
      }),
    )
  })

  it('of a ladder that records know in part nothing is known, so that no crossing is told that was none', () => {
    const known = (latch: readonly number[]) => latch.map((one, step) => ({ edge: latched + step, latch: one }))
    for (const own of [
      [2, 2, 2],
      [1, 1, 1, 1, 1, 1, 1, 2],
      [2, 1, 2, 1, 1, 1, 1, 1],
    ]) {
      const words = new Int32Array(20)
      const written = writeStates({ latches: known(own), entries: [] }, edges, words, 0)
      expect(readStates(words, 0, written, edges).latches).toEqual([])
    }
  })

  it('goes with its last entry', () => {
    const block = new WordBlock()
    setState(block, front, 'fired', 5, 1_700_000_000_000)
    setState(block, front, 'due', 5, 20_000)
    clearState(block, front, 'fired', 5)
    expect(block.length).toBe(front + 2)
    clearState(block, front, 'due', 5)
    expect(block.at).toBe(-1)
  })
})
