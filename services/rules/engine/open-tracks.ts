import type { EventFactor, Factor, Window } from '../ruleset.ts'
import { periodsOf, placeOf, type TrackSpec } from './track-kinds.ts'
import { createListTrack, type ListTrack, readList } from './tracks/list.ts'
import { paneOf } from './tracks/panes.ts'
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
import { createTotalTrack, readTotal, type TotalTrack } from './tracks/total.ts'
import type { Block, Read, RecordInHand } from './tracks/track.ts'

/** A track at work, by its kind. */
export type OpenTrack =
  | { readonly kind: 'total'; readonly track: TotalTrack }
  | { readonly kind: 'ring'; readonly track: RingTrack }
  | { readonly kind: 'list'; readonly track: ListTrack }
  | { readonly kind: 'recent'; readonly track: RecentTrack }

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
  }
}

/** How the words of a block go on under another layout; none: nothing is left. `from` and `to` have the same key. */
export function carry(from: TrackSpec, to: TrackSpec, words: Int32Array): Int32Array {
  const { length } = words
  if (from.kind === 'total' && to.kind === 'total') {
    return createTotalTrack(to.parameters).carry(from.parameters, words, 0, length)
  }
  if (from.kind === 'ring' && to.kind === 'ring') {
    return createRingTrack(to.parameters).carry(from.parameters, words, 0, length)
  }
  if (from.kind === 'list' && to.kind === 'list') {
    return createListTrack(to.parameters).carry(from.parameters, words, 0, length)
  }
  if (from.kind === 'recent' && to.kind === 'recent') {
    return createRecentTrack(to.parameters).carry(from.parameters, words, 0, length)
  }
  return words.subarray(0, 0)
}

/** Reads a factor off its track. `holds`: the condition of a streak, over a period's value. */
export function readerOf(open: OpenTrack, factor: EventFactor, holds: (value: number) => boolean): Read {
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
  }
}

function readerOfRing(track: RingTrack, factor: EventFactor, holds: (value: number) => boolean): Read {
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
  switch (aggregate.kind) {
    case 'last':
      return withinWindow(track, window, readRecent(track, 0))
    case 'previous':
      return readRecent(track, 1)
    case 'last-time':
      return withinWindow(track, window, readLastTime(track))
    case 'cadence':
      return readCadence(track, aggregate.measure, window.kind === 'last' ? window.events : 2, aggregate.least)
    default:
      return readLastEvents(track, sumOf(aggregate), window.kind === 'last' ? window.events : 1, value?.type === 'int')
  }
}

const sumOf = ({ kind }: EventFactor['aggregate']): 'count' | 'sum' | 'min' | 'max' =>
  kind === 'count' || kind === 'min' || kind === 'max' ? kind : 'sum'

/** The newest event is looked at only while it lies in the window. */
function withinWindow(track: RecentTrack, window: Window, read: Read): Read {
  const time = readLastTime(track)
  const inside = insideOf(window)
  return inside
    ? (block, at, record) => (inside(time(block, at, record), at, record) ? read(block, at, record) : Number.NaN)
    : read
}

function insideOf(window: Window): ((time: number, at: number, record: RecordInHand) => boolean) | undefined {
  switch (window.kind) {
    case 'rolling':
      return (time, at) => time > at - window.length
    case 'panes':
      return (time, at) => Math.floor(time / window.pane) > Math.floor(at / window.pane) - window.panes
    case 'civil':
      return (time, at, record) => {
        const age = paneOf(window.unit, at, record) - paneOf(window.unit, time, record)
        return age >= window.ago && age < window.ago + window.periods
      }
    default:
      return undefined
  }
}

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
): ((block: Block, at: number) => string | undefined) | undefined {
  if (open.kind !== 'recent') return undefined
  const isPrevious = definition.kind === 'events' && definition.aggregate.kind === 'previous'
  return recentText(open.track, isPrevious ? 1 : 0)
}
