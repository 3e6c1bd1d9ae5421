import { readDouble, readLong } from '../words.ts'
import {
  compareToEntry,
  type EntryContent,
  entryOffsets,
  entryRow,
  entryText,
  entryWords,
  entryWordsMost,
  wordsForEvent,
  writeEntry,
} from './entries.ts'
import type { Block, Kept, Read, Track, WindowRow } from './track.ts'

const eventsMost = 64

export interface RecentParameters {
  readonly content: EntryContent
  /** Events held, 1..64. More than are read keeps reads exact for an instant before the newest ones. */
  readonly events: number
}

/* The block: entries (`entries.ts`), newest first by (time, order of types, id). */

/**
 * The newest events, exactly, whatever the order of arrival. A value may be NaN: from then on the value is cleared (a tag
 * that went away) and reads unknown. Events after the instant of a read don't count; where all that is held are, nothing
 * is known.
 */
export interface RecentTrack extends Track, Kept<RecentParameters> {}

export function createRecentTrack(parameters: RecentParameters): RecentTrack {
  const { content, events } = parameters
  if (!(events >= 1 && events <= eventsMost)) throw new RangeError(`the newest ${events} events: 1 to ${eventsMost}`)
  return {
    parameters,
    wordsMost: events * entryWordsMost(content),
    add(block, event, value) {
      let before = 0
      let p = 0
      if (block.at >= 0) {
        const { words, at, length } = block
        while (p < length && compareToEntry(content, event, words, at + p) < 0) {
          before++
          p += entryWords(content, words, at + p)
        }
      }
      if (before === events) return false
      const need = wordsForEvent(content, event, value)
      const cut = block.at < 0 ? -1 : lastIfFull(content, block, p, events - before)
      if (cut < 0) block.resize(p, need)
      else {
        // The oldest goes where the new one comes: one move of the record at most.
        const free = block.length - cut
        if (need !== free) block.resize(cut, need - free)
        block.words.copyWithin(block.at + p + need, block.at + p, block.at + cut)
      }
      writeEntry(content, block.words, block.at + p, event, value)
      return true
    },
    carry(_from, words, at, length) {
      let p = at
      for (let kept = 0; kept < events && p < at + length; kept++) p += entryWords(content, words, p)
      return words.slice(at, p)
    },
  }
}

/** Where the last entry begins if as many lie from `p` on as there is room for; else -1. */
function lastIfFull(content: EntryContent, block: Block, p: number, room: number): number {
  const { words, at, length } = block
  let last = -1
  let count = 0
  for (let q = p; q < length; q += entryWords(content, words, at + q)) {
    last = q
    count++
  }
  return count === room ? last : -1
}

/** Where the newest entry but `back` is that is not after the instant; -1: there is none. */
function find(content: EntryContent, block: Block, at: number, back: number): number {
  if (block.at < 0) return -1
  const { words } = block
  const end = block.at + block.length
  let left = back
  for (let p = block.at; p < end; p += entryWords(content, words, p)) {
    if (readLong(words, p) > at) continue
    if (left-- === 0) return p
  }
  return -1
}

/** Value of the newest event but `back` (0: last, 1: previous); unknown where it was cleared or there is none. */
export function readRecent(track: RecentTrack, back: number): Read {
  const { content, events } = track.parameters
  if (content === 'times') throw new RangeError('a track of times has no values')
  if (back >= events) throw new RangeError(`the newest but ${back} of ${events} events`)
  return (block, at) => {
    const p = find(content, block, at, back)
    return p < 0 ? Number.NaN : readDouble(block.words, p + 2)
  }
}

/** Its text, at most 64 bytes of it; undefined where it has none. */
export function recentText(track: RecentTrack, back: number): (block: Block, at: number) => string | undefined {
  const { content } = track.parameters
  return (block, at) => {
    const p = content === 'texts' ? find(content, block, at, back) : -1
    return p < 0 ? undefined : entryText(block.words, p)
  }
}

/** Time of the newest event, in milliseconds since 1970. */
export function readLastTime(track: RecentTrack): Read {
  const { content } = track.parameters
  return (block, at) => {
    const p = find(content, block, at, 0)
    return p < 0 ? Number.NaN : readLong(block.words, p)
  }
}

const hourMs = 3_600_000
/** Gaps in hand. */
const gaps = new Float64Array(eventsMost)

/**
 * Hours between successive ones of the newest `events` events: the newest gap, their mean, or their median (of an even
 * number the mean of the middle two). Unknown with fewer than `least` gaps, at least one.
 */
export function readCadence(
  track: RecentTrack,
  measure: 'last' | 'mean' | 'median',
  events: number,
  least: number,
): Read {
  const { content, events: held } = track.parameters
  if (events > held) throw new RangeError(`the newest ${events} of ${held} events`)
  return (block, at) => {
    if (block.at < 0) return Number.NaN
    const { words } = block
    const end = block.at + block.length
    let seen = 0
    let newer = 0
    for (let p = block.at; p < end && seen < events; p += entryWords(content, words, p)) {
      const time = readLong(words, p)
      if (time > at) continue
      if (seen > 0) gaps[seen - 1] = (newer - time) / hourMs
      newer = time
      seen++
    }
    const count = seen - 1
    if (count < least || count < 1) return Number.NaN
    if (measure === 'last') return gaps[0] as number
    if (measure === 'median') return median(count)
    let sum = 0
    for (let i = 0; i < count; i++) sum += gaps[i] as number
    return sum / count
  }
}

function median(count: number): number {
  for (let i = 1; i < count; i++) {
    const gap = gaps[i] as number
    let j = i
    for (; j > 0 && (gaps[j - 1] as number) > gap; j--) gaps[j] = gaps[j - 1] as number
    gaps[j] = gap
  }
  const middle = count >> 1
  return count % 2 === 1 ? (gaps[middle] as number) : ((gaps[middle - 1] as number) + (gaps[middle] as number)) / 2
}

/**
 * Over the newest `events` events. What was cleared has no value: it is among the newest, but counts for nothing. Counts and
 * sums over nothing are 0, least and greatest unknown. `whole`: a sum beyond ±(2^53 - 1) is unknown.
 */
export function readLastEvents(
  track: RecentTrack,
  aggregate: 'count' | 'sum' | 'min' | 'max',
  events: number,
  whole: boolean,
): Read {
  const { content, events: held } = track.parameters
  if (events > held) throw new RangeError(`the newest ${events} of ${held} events`)
  if (content === 'times' && aggregate !== 'count') throw new RangeError('a track of times has no values')
  return (block, at) => {
    let result = aggregate === 'count' || aggregate === 'sum' ? 0 : Number.NaN
    if (block.at < 0) return result
    const { words } = block
    const end = block.at + block.length
    let seen = 0
    for (let p = block.at; p < end && seen < events; p += entryWords(content, words, p)) {
      if (readLong(words, p) > at) continue
      seen++
      const value = content === 'times' ? 1 : readDouble(words, p + 2)
      if (Number.isNaN(value)) continue
      if (aggregate === 'count') result++
      else if (aggregate === 'sum') result += value
      else if (aggregate === 'min' ? !(result <= value) : !(result >= value)) result = value
    }
    return whole && !Number.isSafeInteger(result) && aggregate === 'sum' ? Number.NaN : result
  }
}

/** The newest `events` events that are not after the instant, newest first; texts as they are. */
export function recentRows(track: RecentTrack, events: number): (block: Block, at: number) => WindowRow[] {
  const { content } = track.parameters
  return (block, at) =>
    entryOffsets(content, block)
      .filter((offset) => readLong(block.words, block.at + offset) <= at)
      .slice(0, events)
      .map((offset) => entryRow(content, block.words, block.at + offset))
}
