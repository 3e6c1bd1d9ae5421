import type { Layout } from './layout.ts'
import { beginsFrom } from './track-kinds.ts'

/** How a record goes from one layout to another, for all records alike. */
export interface Passage {
  /** By track of the new layout: the one that goes on in it; undefined: none does. */
  readonly tracks: readonly (TrackPassage | undefined)[]
  /** By lane, whether what patterns keep is kept in the same way. */
  readonly samePatterns: readonly boolean[]
  /** Numbers in the new layout. */
  readonly rules: ReadonlyMap<string, number>
  /** By rule of the old one, how long a firing holds it back; Infinity: for good. */
  readonly once: ReadonlyMap<string, number>
  readonly timers: ReadonlyMap<string, number>
}

interface TrackPassage {
  readonly key: string
  /** Its words go on as they are. */
  readonly isSame: boolean
}

const passages = new WeakMap<Layout, WeakMap<Layout, Passage>>()

/** Computed once a pair: comparing layouts costs more than converting a record. */
export function passageBetween(from: Layout, to: Layout): Passage {
  const known = passages.get(to) ?? new WeakMap<Layout, Passage>()
  passages.set(to, known)
  const passage = known.get(from) ?? createPassage(from, to)
  known.set(from, passage)
  return passage
}

function createPassage(from: Layout, to: Layout): Passage {
  const texts = new Map(from.tracks.map((track) => [track.key, JSON.stringify(track)]))
  const sinces = new Map(from.tracks.map(({ key, since }) => [key, since]))
  return {
    tracks: to.tracks.map((track) => {
      // One of settled rules that is kept already, and empty, has nothing to begin from: what is held isn't counted yet.
      const key = texts.has(track.key) ? track.key : beginsFrom(track.key)
      // One of another time was away in between: what happened then isn't in its words.
      if (!texts.has(key) || sinces.get(key) !== track.since) return undefined
      return { key, isSame: texts.get(key) === JSON.stringify(track) }
    }),
    samePatterns: to.patterns.map((patterns, lane) => JSON.stringify(from.patterns[lane]) === JSON.stringify(patterns)),
    rules: new Map(to.rules.map((rule, number) => [rule, number])),
    once: new Map(from.rules.map((rule, number) => [rule, lengthOf(from.once?.[number])])),
    timers: new Map(to.timers.map((timer, number) => [timer, number])),
  }
}

const lengthOf = (once: number | 'lifetime' | undefined): number =>
  typeof once === 'number' ? once : Number.POSITIVE_INFINITY
