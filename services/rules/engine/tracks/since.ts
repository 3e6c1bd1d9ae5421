import { readDouble, readLong, writeDouble, writeLong } from '../words.ts'
import { addLong } from './columns.ts'
import {
  compareToEntry,
  type EntryContent,
  entryRow,
  entryText,
  entryWordsMost,
  wordsForEvent,
  writeEntry,
} from './entries.ts'
import type { Block, EventInHand, Kept, Read, RecordInHand, Track, WindowRow } from './track.ts'

export interface SinceParameters {
  /** What is summed up: nothing (a count), whole numbers or doubles. */
  readonly value: 'count' | 'int' | 'double'
  /** Whether the newest event is kept too, and with what; no: `last` isn't read. */
  readonly last: 'no' | Exclude<EntryContent, 'times'>
}

/** Events kept singly. */
const singlesMost = 256
const none = -1
/** Where the fold has its parts. */
const countAt = 2
const newestAt = 3
const sumAt = 5
const leastAt = 7
const greatestAt = 9

/*
 * The block:
 *   0, 1   time of the newest anchor; -1: none yet
 *   2      events folded: those after it at the horizon or before; 3, 4 time of the newest of them; and but for counts 5, 6
 *          their sum; 7, 8 the least; 9, 10 the greatest
 *   next   (with `last`) words of the newest event's entry; then that entry (`entries.ts`)
 *   then   events after anchor and horizon, one by one: time, and but for counts the value; ascending by time
 * An anchor comes no earlier than the horizon: so it ends all that was folded, and of what it doesn't end the times are known.
 */

/**
 * Over the events after the newest anchor; one at the same instant isn't after it. Anchors and events may come in any order
 * within the grace and read the same, up to 256 events within it; beyond, the oldest are folded, and the record is told. It
 * is told, too, of an anchor that comes when events after it are folded already (re-run after the grace). Double sums may
 * differ in rounding. As of an instant before the newest anchor nothing is known.
 */
export interface SinceTrack extends Track, Kept<SinceParameters> {
  /** The event is an anchor; one that is both may be handed to `anchor` and `add` in any order. */
  anchor(block: Block, event: EventInHand, record: RecordInHand): boolean
}

export function createSinceTrack(parameters: SinceParameters): SinceTrack {
  const { value: kind, last } = parameters
  const size = kind === 'count' ? 2 : 4
  const foldWords = foldWordsOf(parameters)
  const create = (block: Block): void => {
    block.resize(0, foldWords)
    writeLong(block.words, block.at, none)
    clearFold(block, kind)
  }
  return {
    parameters,
    wordsMost: foldWords + (last === 'no' ? 0 : entryWordsMost(last)) + (singlesMost + 1) * size,
    anchor(block, event, record) {
      if (block.at < 0) create(block)
      const { time } = event
      if (time <= readLong(block.words, block.at)) return false
      writeLong(block.words, block.at, time)
      if ((block.words[block.at + countAt] as number) > 0) {
        // Which of the folded ones came after an anchor that should have come before they were folded can't be told any more.
        if (time < readLong(block.words, block.at + newestAt)) record.inexact()
        clearFold(block, kind)
      }
      const start = singlesAt(block, parameters)
      const ended = countUpTo(block, start, size, time) * size
      if (ended > 0) block.resize(start, -ended)
      return true
    },
    add(block, event, value, record) {
      const { time, horizon } = event
      const anchor = block.at < 0 ? none : readLong(block.words, block.at)
      if (time <= anchor || (anchor === none && time <= horizon)) return false
      if (block.at < 0) create(block)
      if (last !== 'no') keepLast(block, foldWords, last, event, value)
      const start = singlesAt(block, parameters)
      // Those which no anchor can come behind any more; without an anchor they are nobody's.
      const settled = countUpTo(block, start, size, horizon)
      for (let i = 0; i < settled && anchor !== none; i++) foldSingle(block, kind, start + i * size)
      if (time <= horizon) {
        fold(block, kind, time, value)
        if (settled > 0) block.resize(start, -settled * size)
        return true
      }
      let place = start + countUpTo(block, start, size, time) * size
      if (settled > 1) block.resize(start, (1 - settled) * size)
      if (settled === 0) block.resize(place, size)
      else {
        place -= settled * size
        block.words.copyWithin(block.at + start, block.at + start + size, block.at + place + size)
      }
      writeLong(block.words, block.at + place, time)
      if (kind === 'int') writeLong(block.words, block.at + place + 2, value)
      else if (kind === 'double') writeDouble(block.words, block.at + place + 2, value)
      if (block.length - start > singlesMost * size) {
        if (anchor !== none) foldSingle(block, kind, start)
        block.resize(start, -size)
        record.inexact()
      }
      return true
    },
    carry: (from, words, at, length) => carrySince(from, parameters, words, at, length),
  }
}

const foldWordsOf = ({ value, last }: SinceParameters): number => (value === 'count' ? 5 : 11) + (last === 'no' ? 0 : 1)

/** Where the single events begin in the block. */
function singlesAt(block: Block, parameters: SinceParameters): number {
  const words = foldWordsOf(parameters)
  return parameters.last === 'no' ? words : words + (block.words[block.at + words - 1] as number)
}

/** How many of the single events are not after an instant. */
function countUpTo(block: Block, start: number, size: number, time: number): number {
  const { words, at, length } = block
  let p = length
  while (p > start && readLong(words, at + p - size) > time) p -= size
  return (p - start) / size
}

function clearFold({ words, at }: Block, kind: SinceParameters['value']): void {
  words[at + countAt] = 0
  writeLong(words, at + newestAt, 0)
  if (kind === 'count') return
  writeDouble(words, at + sumAt, 0)
  writeDouble(words, at + leastAt, Number.NaN)
  writeDouble(words, at + greatestAt, Number.NaN)
}

function fold({ words, at }: Block, kind: SinceParameters['value'], time: number, value: number): void {
  words[at + countAt] = (words[at + countAt] as number) + 1
  if (time > readLong(words, at + newestAt)) writeLong(words, at + newestAt, time)
  if (kind === 'count') return
  if (kind === 'int') addLong(words, at + sumAt, value)
  else writeDouble(words, at + sumAt, readDouble(words, at + sumAt) + value)
  if (!(readDouble(words, at + leastAt) <= value)) writeDouble(words, at + leastAt, value)
  if (!(readDouble(words, at + greatestAt) >= value)) writeDouble(words, at + greatestAt, value)
}

const singleValue = (words: Int32Array, p: number, kind: SinceParameters['value']): number =>
  kind === 'count' ? 1 : kind === 'int' ? readLong(words, p + 2) : readDouble(words, p + 2)

const foldSingle = (block: Block, kind: SinceParameters['value'], offset: number): void => {
  const p = block.at + offset
  fold(block, kind, readLong(block.words, p), singleValue(block.words, p, kind))
}

/** The event becomes the newest one that is kept, if it is. */
function keepLast(
  block: Block,
  entryAt: number,
  content: Exclude<EntryContent, 'times'>,
  event: EventInHand,
  value: number,
): void {
  const length = block.words[block.at + entryAt - 1] as number
  if (length > 0 && compareToEntry(content, event, block.words, block.at + entryAt) <= 0) return
  const need = wordsForEvent(content, event, value)
  if (need !== length) block.resize(entryAt, need - length)
  block.words[block.at + entryAt - 1] = need
  writeEntry(content, block.words, block.at + entryAt, event, value)
}

/** The anchor as of an instant; -1: none, or it isn't known any more. */
function anchorOf(block: Block, at: number): number {
  if (block.at < 0) return none
  const anchor = readLong(block.words, block.at)
  return anchor <= at ? anchor : none
}

/**
 * Unknown before the first anchor. Counts and sums over nothing are 0, least and greatest unknown; a sum of whole numbers
 * beyond ±(2^53 - 1) is unknown. All but counts need a track with values.
 */
export function readSince(track: SinceTrack, aggregate: 'count' | 'sum' | 'min' | 'max'): Read {
  const { value: kind } = track.parameters
  if (kind === 'count' && aggregate !== 'count') throw new RangeError(`a track of counts has no ${aggregate}`)
  const size = kind === 'count' ? 2 : 4
  return (block, at) => {
    if (anchorOf(block, at) === none) return Number.NaN
    const { words } = block
    const start = block.at + singlesAt(block, track.parameters)
    const end = start + countUpTo(block, start - block.at, size, at) * size
    if (aggregate === 'count') return (words[block.at + countAt] as number) + (end - start) / size
    if (aggregate === 'sum') {
      let sum = kind === 'int' ? readLong(words, block.at + sumAt) : readDouble(words, block.at + sumAt)
      for (let p = start; p < end; p += size) sum += singleValue(words, p, kind)
      return kind === 'int' && !Number.isSafeInteger(sum) ? Number.NaN : sum
    }
    const isMin = aggregate === 'min'
    let result = readDouble(words, block.at + (isMin ? leastAt : greatestAt))
    for (let p = start; p < end; p += size) {
      const value = singleValue(words, p, kind)
      if (isMin ? !(result <= value) : !(result >= value)) result = value
    }
    return result
  }
}

/** Where the newest event lies, if it is after the anchor and not after the instant; else -1. */
function lastAt(track: SinceTrack, block: Block, at: number): number {
  if (track.parameters.last === 'no') throw new RangeError('the track keeps no last event')
  const anchor = anchorOf(block, at)
  const entry = block.at + foldWordsOf(track.parameters)
  if (anchor === none || block.words[entry - 1] === 0) return -1
  const time = readLong(block.words, entry)
  return time > anchor && time <= at ? entry : -1
}

/** Value of the newest event after the anchor. Unknown before the first anchor, and where nothing came after it. */
export function readSinceLast(track: SinceTrack): Read {
  return (block, at) => {
    const entry = lastAt(track, block, at)
    return entry < 0 ? Number.NaN : readDouble(block.words, entry + 2)
  }
}

/** Its text, at most 64 bytes of it; undefined where it has none. */
export function sinceLastText(track: SinceTrack): (block: Block, at: number) => string | undefined {
  return (block, at) => {
    const entry = track.parameters.last === 'texts' ? lastAt(track, block, at) : -1
    return entry < 0 ? undefined : entryText(block.words, entry)
  }
}

/** The newest event after the anchor, if there is one. */
export function sinceLastRows(track: SinceTrack): (block: Block, at: number) => WindowRow[] {
  const { last } = track.parameters
  return (block, at) => {
    const entry = lastAt(track, block, at)
    return entry < 0 || last === 'no' ? [] : [entryRow(last, block.words, entry)]
  }
}

/** Single events newest first; then what is folded, since the anchor. Nothing before the first anchor. */
export function sinceRows(track: SinceTrack): (block: Block, at: number) => WindowRow[] {
  const { value: kind } = track.parameters
  const size = kind === 'count' ? 2 : 4
  return (block, at) => {
    const anchor = anchorOf(block, at)
    if (anchor === none) return []
    const { words } = block
    const rows: WindowRow[] = []
    for (let p = block.at + block.length - size; p >= block.at + singlesAt(block, track.parameters); p -= size) {
      const from = readLong(words, p)
      if (from <= at)
        rows.push({ from, events: 1, ...(kind === 'count' ? {} : { value: singleValue(words, p, kind) }) })
    }
    const value =
      kind === 'int' ? readLong(words, block.at + sumAt) : kind === 'double' ? readDouble(words, block.at + sumAt) : 0
    rows.push({ from: anchor, events: words[block.at + countAt] as number, ...(kind === 'count' ? {} : { value }) })
    return rows
  }
}

function carrySince(
  from: SinceParameters,
  to: SinceParameters,
  words: Int32Array,
  at: number,
  length: number,
): Int32Array {
  if (from.last === to.last) return words.slice(at, at + length)
  const head = foldWordsOf({ ...from, last: 'no' })
  const entry = from.last === 'no' ? 0 : 1 + (words[at + head] as number)
  // An entry with text and one without are not the same; the newest event is kept anew from the next one on.
  const parts = [
    words.subarray(at, at + head),
    to.last === 'no' ? [] : [0],
    words.subarray(at + head + entry, at + length),
  ]
  return Int32Array.from(parts.flatMap((part) => [...part]))
}
