import { readDouble, readLong, writeDouble, writeLong } from '../words.ts'
import { addLong } from './columns.ts'
import type { Block, Kept, Read, Track, WindowRow } from './track.ts'

const two32 = 4_294_967_296
const entriesMost = 256
/** Events that one entry stands for at most. */
const eventsMost = (1 << 20) - 1

export interface ListParameters {
  /** What an entry has besides its time: nothing, a whole number or a double. */
  readonly value: 'count' | 'int' | 'double'
  /** Longest window that is read, in milliseconds. */
  readonly length: number
}

/*
 * Entries, ascending by time: low word of the time; high word | number of events << 12; and the sum, but for counts.
 * Where entries became one, the oldest stands for several values; then there are `entriesMost`, and behind them lie the
 * least and the greatest value of that one (not for counts).
 */

/**
 * Exact rolling windows (t - L, t]: the time of every event, up to 256; beyond, the two oldest become one that has the
 * newer one's time, and the record is told that it is inexact. While that bound isn't met, any order of arrival reads the
 * same, as of any instant from the horizon on. Double sums may differ in rounding.
 */
export interface ListTrack extends Track, Kept<ListParameters> {}

export function createListTrack(parameters: ListParameters): ListTrack {
  const { value: kind, length } = parameters
  const size = kind === 'count' ? 2 : 4
  return {
    parameters,
    wordsMost: (entriesMost + 1) * size + (kind === 'count' ? 0 : 4),
    add(block, event, value, record) {
      const { time } = event
      let entries = entriesIn(block, size)
      const newest = entries === 0 ? time : Math.max(time, timeAt(block.words, block.at + (entries - 1) * size))
      const cutoff = Math.min(newest, event.horizon) - length
      if (time <= cutoff) return false
      let gone = outdated(block, entries, size, cutoff)
      // More is kept than reads as of now want, for those as of the horizon; but not where it costs exactness now.
      if (entries - gone === entriesMost) gone = outdated(block, entries, size, newest - length)
      if (gone > 0) {
        // With the oldest goes what it is the sum of.
        if (block.length > entries * size) block.resize(entries * size, entries * size - block.length)
        if (gone > 1) block.resize(0, (1 - gone) * size)
        entries -= gone
      }
      // From here on `spare` entries lie before the others, to be overwritten.
      const spare = gone > 0 ? 1 : 0
      const place = placeOf(block, spare, entries, size, time)
      if (kind === 'count' && place > 0 && addToEntry(block, spare + place - 1, time)) {
        if (spare === 1) block.resize(0, -size)
        return true
      }
      if (spare === 0) block.resize(place * size, size)
      else if (place > 0) block.words.copyWithin(block.at, block.at + size, block.at + (1 + place) * size)
      const { words } = block
      const p = block.at + place * size
      writeLong(words, p, time)
      words[p + 1] = (words[p + 1] as number) | (1 << 12)
      if (kind === 'int') writeLong(words, p + 2, value)
      else if (kind === 'double') writeDouble(words, p + 2, value)
      if (entries === entriesMost) {
        mergeOldest(block, kind, size)
        record.inexact()
      }
      return true
    },
    carry: (_from, words, at, length) => words.slice(at, at + length),
  }
}

const entriesIn = (block: Block, size: number): number =>
  block.at < 0 ? 0 : Math.min(entriesMost, Math.floor(block.length / size))

const timeAt = (words: Int32Array, p: number): number =>
  ((words[p + 1] as number) & 4095) * two32 + ((words[p] as number) >>> 0)

const eventsAt = (words: Int32Array, p: number): number => (words[p + 1] as number) >>> 12

/** How many of the oldest entries lie at the cutoff or before it. */
function outdated(block: Block, entries: number, size: number, cutoff: number): number {
  let gone = 0
  for (let p = block.at; gone < entries && timeAt(block.words, p) <= cutoff; p += size) gone++
  return gone
}

/** Place of a new entry among the `entries` that lie behind `spare`: behind all that aren't newer. */
function placeOf(block: Block, spare: number, entries: number, size: number, time: number): number {
  let place = entries
  for (let p = block.at + (spare + entries - 1) * size; place > 0 && timeAt(block.words, p) > time; p -= size) place--
  return place
}

/** Counts one more event of the same instant in the entry, if it is of that instant and can. */
function addToEntry(block: Block, entry: number, time: number): boolean {
  const p = block.at + entry * 2
  const high = block.words[p + 1] as number
  if (timeAt(block.words, p) !== time || high >>> 12 === eventsMost) return false
  block.words[p + 1] = high + (1 << 12)
  return true
}

/** Of one entry too many the two oldest become one. Behind the entries lie the extremes of the one that is a sum. */
function mergeOldest(block: Block, kind: ListParameters['value'], size: number): void {
  const end = (entriesMost + 1) * size
  if (kind !== 'count') {
    if (block.length === end) {
      block.resize(end, 4)
      writeDouble(block.words, block.at + end, Number.NaN)
      writeDouble(block.words, block.at + end + 2, Number.NaN)
    }
    // One of the two may be the sum; its extremes are there already.
    if (eventsAt(block.words, block.at) === 1) widen(block.words, block.at + 2, block.at + end, kind)
    if (eventsAt(block.words, block.at + size) === 1) widen(block.words, block.at + size + 2, block.at + end, kind)
  }
  const { words, at } = block
  const second = at + size
  const events = Math.min(eventsMost, eventsAt(words, at) + eventsAt(words, second))
  words[second + 1] = ((words[second + 1] as number) & 4095) | (events << 12)
  if (kind === 'int') addLong(words, second + 2, readLong(words, at + 2))
  else if (kind === 'double') writeDouble(words, second + 2, readDouble(words, second + 2) + readDouble(words, at + 2))
  block.resize(0, -size)
}

/** Extends a least and a greatest value by another one. */
function widen(words: Int32Array, valueAt: number, at: number, kind: ListParameters['value']): void {
  const value = kind === 'int' ? readLong(words, valueAt) : readDouble(words, valueAt)
  if (!(readDouble(words, at) <= value)) writeDouble(words, at, value)
  if (!(readDouble(words, at + 2) >= value)) writeDouble(words, at + 2, value)
}

/**
 * Over (at - length, at]. Counts and sums over nothing are 0, least and greatest unknown; a sum of whole numbers beyond
 * ±(2^53 - 1) is unknown. `length` at most that of the track; all but counts need a track with values.
 */
export function readList(track: ListTrack, aggregate: 'count' | 'sum' | 'min' | 'max', length: number): Read {
  const { value: kind, length: longest } = track.parameters
  if (length > longest) throw new RangeError(`a window of ${length} ms over a list of ${longest} ms`)
  if (kind === 'count' && aggregate !== 'count') throw new RangeError(`a list of counts has no ${aggregate}`)
  const size = kind === 'count' ? 2 : 4
  if (aggregate === 'count') {
    return (block, at) => {
      let count = 0
      const { words } = block
      for (let p = block.at + (entriesIn(block, size) - 1) * size; p >= block.at; p -= size) {
        const time = timeAt(words, p)
        if (time <= at - length) break
        if (time <= at) count += eventsAt(words, p)
      }
      return count
    }
  }
  if (aggregate === 'sum') {
    return (block, at) => {
      let sum = 0
      const { words } = block
      for (let p = block.at + (entriesIn(block, size) - 1) * size; p >= block.at; p -= size) {
        const time = timeAt(words, p)
        if (time <= at - length) break
        if (time <= at) sum += kind === 'int' ? readLong(words, p + 2) : readDouble(words, p + 2)
      }
      return kind === 'int' && !Number.isSafeInteger(sum) ? Number.NaN : sum
    }
  }
  const isMin = aggregate === 'min'
  return (block, at) => {
    let result = Number.NaN
    const { words } = block
    const entries = entriesIn(block, size)
    for (let p = block.at + (entries - 1) * size; p >= block.at; p -= size) {
      const time = timeAt(words, p)
      if (time <= at - length) break
      if (time > at) continue
      const isSum = p === block.at && block.length > entries * size
      const value = isSum
        ? readDouble(words, p + entries * size + (isMin ? 0 : 2))
        : kind === 'int'
          ? readLong(words, p + 2)
          : readDouble(words, p + 2)
      if (isMin ? !(result <= value) : !(result >= value)) result = value
    }
    return result
  }
}

/** The entries within (at - length, at], newest first. */
export function listRows(track: ListTrack, length: number): (block: Block, at: number) => WindowRow[] {
  const { value: kind } = track.parameters
  const size = kind === 'count' ? 2 : 4
  return (block, at) => {
    const rows: WindowRow[] = []
    const { words } = block
    for (let p = block.at + (entriesIn(block, size) - 1) * size; p >= block.at; p -= size) {
      const time = timeAt(words, p)
      if (time <= at - length) break
      if (time > at) continue
      const row = { from: time, events: eventsAt(words, p) }
      if (kind === 'count') rows.push(row)
      else rows.push({ ...row, value: kind === 'int' ? readLong(words, p + 2) : readDouble(words, p + 2) })
    }
    return rows
  }
}
