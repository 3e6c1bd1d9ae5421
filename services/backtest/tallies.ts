import type { Sides, Tally } from './report.ts'
import type { Side } from './sides.ts'

type Counting<T> = { -readonly [Name in keyof T]: T[Name] }

/** Moments by some name, in no order. */
export interface Tallies {
  /** A moment that is there on the sides named; at least on one. */
  count(name: string, onPresent: boolean, onCandidate: boolean): void
  of(name: string): Tally
  names(): readonly string[]
}

export function createTallies(): Tallies {
  const rows = new Map<string, Counting<Tally>>()
  return {
    count(name, onPresent, onCandidate) {
      let row = rows.get(name)
      if (!row) {
        row = { present: 0, candidate: 0, same: 0, added: 0, gone: 0 }
        rows.set(name, row)
      }
      if (onPresent) row.present++
      if (onCandidate) row.candidate++
      row[onPresent ? (onCandidate ? 'same' : 'gone') : 'added']++
    },
    of: (name) => rows.get(name) ?? none,
    names: () => [...rows.keys()].toSorted(),
  }
}

const none: Tally = { present: 0, candidate: 0, same: 0, added: 0, gone: 0 }

/** Anything else that is counted on each side by some name. */
export interface SideCounts {
  /** `amount`: 1 unless said. */
  count(name: string, side: Side, amount?: number): void
  of(name: string): Sides
  names(): readonly string[]
}

export function createSideCounts(): SideCounts {
  const rows = new Map<string, Counting<Sides>>()
  return {
    count(name, side, amount = 1) {
      let row = rows.get(name)
      if (!row) {
        row = { present: 0, candidate: 0 }
        rows.set(name, row)
      }
      row[side] += amount
    },
    of: (name) => rows.get(name) ?? { present: 0, candidate: 0 },
    names: () => [...rows.keys()].toSorted(),
  }
}
