import type { EventFactor, Factor } from '../ruleset.ts'
import { textHash } from '../text-hash.ts'
import { lastValuesText, readLastValues } from './last-values.ts'
import { periodsOf, placeOf, reachWindowOf, type TrackSpec } from './track-kinds.ts'
import {
  type ChangesTrack,
  createChangesTrack,
  readBecame,
  readChangeAge,
  readChangeDate,
  readRun,
  textOfRun,
} from './tracks/changes.ts'
import { createDistinctTrack, type DistinctTrack, readDistinct } from './tracks/distinct.ts'
import { createFirstTrack, type FirstTrack, firstText, readFirst } from './tracks/first.ts'
import { createListTrack, type ListTrack, readList } from './tracks/list.ts'
import { readBaseline, readStreak, readTrend } from './tracks/periods.ts'
import {
  createRecentTrack,
  type RecentTrack,
  readCadence,
  readLastEvents,
  readLastTime,
  readRecent,
  recentText,
} from './tracks/recent.ts'
import { createRingTrack, type RingTrack, readRing } from './tracks/ring.ts'
import { createSinceTrack, readSince, readSinceLast, type SinceTrack, sinceLastText } from './tracks/since.ts'
import { createTallyTrack, readTally, type TallyTrack, tallyText } from './tracks/tally.ts'
import { createTotalTrack, readTotal, type TotalTrack } from './tracks/total.ts'
import type { Kept, Read } from './tracks/track.ts'

/** A track at work, by its kind. */
export type OpenTrack =
  | { readonly kind: 'total'; readonly track: TotalTrack }
  | { readonly kind: 'ring'; readonly track: RingTrack }
  | { readonly kind: 'list'; readonly track: ListTrack }
  | { readonly kind: 'recent'; readonly track: RecentTrack }
  | { readonly kind: 'first'; readonly track: FirstTrack }
  | { readonly kind: 'changes'; readonly track: ChangesTrack }
  | { readonly kind: 'distinct'; readonly track: DistinctTrack }
  | { readonly kind: 'tally'; readonly track: TallyTrack }
  | { readonly kind: 'since'; readonly track: SinceTrack }

export function openTrack(spec: TrackSpec): OpenTrack {
  switch (spec.kind) {
    case 'total':
      return { kind: 'total', track: createTotalTrack(spec.parameters) }
    case 'ring':
      return { kind: 'ring', track: createRingTrack(spec.parameters) }
    case 'list':
      return { kind: 'list', track: createListTrack(spec.parameters) }
    case 'recent':
      return { kind: 'recent', track: createRecentTrack(spec.parameters) }
    case 'first':
      return { kind: 'first', track: createFirstTrack(spec.parameters) }
    case 'changes':
      return { kind: 'changes', track: createChangesTrack(spec.parameters) }
    case 'distinct':
      return { kind: 'distinct', track: createDistinctTrack(spec.parameters) }
    case 'tally':
      return { kind: 'tally', track: createTallyTrack(spec.parameters) }
    case 'since':
      return { kind: 'since', track: createSinceTrack(spec.parameters) }
  }
}

/** How the words of a block go on under another layout; none: nothing is left. `from` and `to` have the same key, and so the same kind. */
export function carry(from: TrackSpec, to: TrackSpec, words: Int32Array): Int32Array {
  const track = openTrack(to).track as Kept<unknown>
  return from.kind === to.kind ? track.carry(from.parameters, words, 0, words.length) : words.subarray(0, 0)
}

/** Reads a factor off its track. `holds`: the condition of a streak, over a period's value: 1, 0, or NaN for unknown. */
export function readerOf(open: OpenTrack, factor: EventFactor, holds: (value: number) => number): Read {
  const { aggregate, window } = factor
  switch (open.kind) {
    case 'total':
      return readTotal(open.track, placeOf(open.track.parameters.columns, factor))
    case 'ring':
      return readerOfRing(open.track, factor, holds)
    case 'list':
      return readList(open.track, sumOf(aggregate), window.kind === 'rolling' ? window.length : 0)
    case 'recent':
      return readerOfRecent(open.track, factor)
    case 'first':
      return readFirst
    case 'changes':
      return readerOfChanges(open.track, factor)
    case 'distinct':
      return readDistinct(open.track, reachWindowOf(window))
    case 'tally':
      return readTally(open.track, shapeOf(aggregate), reachWindowOf(window))
    case 'since':
      return aggregate.kind === 'last' ? readSinceLast(open.track) : readSince(open.track, sumOf(aggregate))
  }
}

function readerOfRing(track: RingTrack, factor: EventFactor, holds: (value: number) => number): Read {
  const { aggregate } = factor
  const column = placeOf(track.parameters.columns, factor)
  const window = periodsOf(factor.window)
  switch (aggregate.kind) {
    case 'baseline':
      return readBaseline(track, column, window, aggregate.halfLife, aggregate.least)
    case 'trend':
      return readTrend(track, column, window, aggregate.least)
    case 'streak': {
      const read = readStreak(track, column, window)
      return (block, at, record) => read(block, at, record, holds)
    }
    default:
      return readRing(track, column, window.ago, window.periods)
  }
}

function readerOfRecent(track: RecentTrack, { aggregate, window, value }: EventFactor): Read {
  const events = window.kind === 'last' ? window.events : 1
  switch (aggregate.kind) {
    case 'last':
      return readRecent(track, 0)
    case 'previous':
      return readRecent(track, 1)
    case 'last-time':
      return readLastTime(track)
    case 'cadence':
      return readCadence(track, aggregate.measure, events, aggregate.least)
    case 'distinct':
    case 'entropy':
    case 'top-share':
    case 'mode':
      return readLastValues(track, aggregate.kind, events)
    default:
      return readLastEvents(track, sumOf(aggregate), events, value?.type === 'int')
  }
}

function readerOfChanges(track: ChangesTrack, { aggregate, window }: EventFactor): Read {
  switch (aggregate.kind) {
    case 'current':
      return readRun(track, 0)
    case 'change-date':
      return readChangeDate(track)
    case 'change-age':
      return readChangeAge(track)
    case 'became':
      return readBecame(track, textHash(aggregate.value), window.kind === 'rolling' ? window.length : 0)
    default:
      return readRun(track, 1)
  }
}

const sumOf = ({ kind }: EventFactor['aggregate']): 'count' | 'sum' | 'min' | 'max' =>
  kind === 'count' || kind === 'min' || kind === 'max' ? kind : 'sum'

const shapeOf = ({ kind }: EventFactor['aggregate']): 'entropy' | 'top-share' | 'mode' =>
  kind === 'entropy' || kind === 'top-share' ? kind : 'mode'

/** What the newest profile says that names it; consent that was never named is none. */
export function readerOfProfile(open: OpenTrack, definition: { readonly kind: string }): Read {
  if (open.kind !== 'recent') throw new RangeError('what a profile says is kept in a recent track')
  const read = readRecent(open.track, 0)
  if (definition.kind !== 'consent') return read
  return (block, at, record) => (read(block, at, record) === 1 ? 1 : 0)
}

/** The text of a factor; undefined: its track keeps none. */
export function textOf(
  open: OpenTrack,
  { definition }: Factor,
): ((...of: Parameters<Read>) => string | undefined) | undefined {
  if (definition.kind !== 'events') return open.kind === 'recent' ? recentText(open.track, 0) : undefined
  const { aggregate, window } = definition
  switch (open.kind) {
    case 'first':
      return firstText(open.track)
    case 'recent':
      if (aggregate.kind === 'mode') return lastValuesText(open.track, window.kind === 'last' ? window.events : 1)
      return recentText(open.track, aggregate.kind === 'previous' ? 1 : 0)
    case 'changes':
      return textOfRun(open.track, aggregate.kind === 'current' ? 0 : 1)
    case 'tally':
      return tallyText(open.track, reachWindowOf(window))
    case 'since':
      return sinceLastText(open.track)
    default:
      return undefined
  }
}
