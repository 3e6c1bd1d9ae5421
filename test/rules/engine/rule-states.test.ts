import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clearState,
  latches,
  latchOf,
  readStates,
  type StateKind,
  setLatch,
  setState,
  stateOf,
  writeStates,
} from '../../../services/rules/engine/rule-states.ts'
import { WordBlock } from './word-block.ts'

const edges = 19
const kind = fc.constantFrom<StateKind>('fired', 'remembered', 'due')
const change = fc.oneof(
  fc.record({ set: kind, number: fc.nat(70_000), time: fc.nat(2 ** 44 - 1) }),
  fc.record({ set: kind, number: fc.nat(3), time: fc.nat(2 ** 44 - 1) }),
  fc.record({ clear: kind, number: fc.nat(3) }),
  fc.record({ edge: fc.nat(edges - 1), latch: fc.nat(3) }),
)

describe('what a record remembers of rules', () => {
  it('is what was last said of each, and nothing is kept of nothing', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const block = new WordBlock()
        const times = new Map<string, number>()
        const held = new Map<number, number>()
        for (const one of changes) {
          if ('set' in one) {
            setState(block, edges, one.set, one.number, one.time)
            times.set(`${one.set} ${one.number}`, one.time)
          } else if ('clear' in one) {
            clearState(block, edges, one.clear, one.number)
            times.delete(`${one.clear} ${one.number}`)
          } else {
            setLatch(block, edges, one.edge, one.latch)
            held.set(one.edge, one.latch)
          }
        }
        for (const name of ['fired', 'remembered', 'due'] as const) {
          for (let number = 0; number < 4; number++) {
            expect(stateOf(block, edges, name, number)).toBe(times.get(`${name} ${number}`) ?? -1)
          }
        }
        for (let edge = 0; edge < edges; edge++) {
          expect(latchOf(block, edge)).toBe(held.get(edge) ?? latches.unknown)
        }

        const plain =
          block.at < 0 ? { latches: [], entries: [] } : readStates(block.words, block.at, block.length, edges)
        expect(new Map(plain.entries.map((entry) => [`${entry.kind} ${entry.number}`, entry.time]))).toEqual(times)
        const words = new Int32Array(200).fill(-1)
        const written = writeStates(plain, edges, words, 3)
        expect(readStates(words, 3, written, written === 0 ? 0 : edges)).toEqual(plain)
      }),
    )
  })

  it('goes with its last entry', () => {
    const block = new WordBlock()
    setState(block, edges, 'fired', 5, 1_700_000_000_000)
    setState(block, edges, 'due', 5, 20_000)
    clearState(block, edges, 'fired', 5)
    expect(block.length).toBe(4)
    clearState(block, edges, 'due', 5)
    expect(block.at).toBe(-1)
  })
})
