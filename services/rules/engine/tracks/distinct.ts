import { readLong, writeLong } from '../words.ts'
import { dropOutOfReach, findEntry, isNamed, isSameName, slotAt, writeName, writeSlot } from './named-entries.ts'
import { checkWindow, openWindow, type Reach, type ReachWindow, slotOf, slots, slotTimes } from './reach.ts'
import type { Block, Kept, Read, RecordInHand, Track, WindowRow } from './track.ts'

export interface DistinctParameters {
  readonly reach: Reach
  /** Some window begins in the past (`ago` > 0): values are kept for each pane, and not only for the newest that has them. */
  readonly everyPane: boolean
}

/** Levels of the sample; a value is of level g with a chance of 2^-(g + 1). */
const levelsMost = 20
const entrySize = 3

/*
 * A sample of the values, by hash. The block:
 *   0      levels that lost something: `lossy`
 *   1 ..   for each of these, from level 0 on, two words: 1 + newest slot of what was lost (0: nothing)
 *   then   entries of three words (`named-entries.ts`): hash of the value, newest slot in which it was seen (or each
 *          slot); ascending by hash, then slot. The level of a value is the number of leading zeros of its hash's low word.
 * While there is room every value is there. Then the oldest of the lowest level goes, and the level remembers it; a window
 * counts on the levels above the highest that lost something of it, and is exact again when all that was lost lies before it.
 */

/**
 * Different values. Exact while no more than 64 lie in reach (256 pairs of value and pane with `everyPane`); beyond, the
 * record is told, and it is estimated from those whose hash begins with so many zeros that they fit: values sampled times
 * 2^level. The relative standard error of the estimate is 15 % (1.2 / sqrt 64; `everyPane`: 7.5 %).
 * (Wegman's adaptive sampling: Flajolet, On adaptive sampling, Computing 1990; for windows: Gibbons and Tirthapura,
 * Distributed streams algorithms for sliding windows, SPAA 2002.)
 * While the bound isn't met, any order of arrival reads the same. As of an instant before a value was seen last, a value
 * that was seen before too counts only with `everyPane`.
 */
export interface DistinctTrack extends Track, Kept<DistinctParameters> {}

const entriesMost = (everyPane: boolean): number => (everyPane ? 256 : 64)

export function createDistinctTrack(parameters: DistinctParameters): DistinctTrack {
  const { reach, everyPane } = parameters
  const most = entriesMost(everyPane)
  return {
    parameters,
    wordsMost: 1 + 2 * levelsMost + most * entrySize,
    add(block, event, value, record) {
      hashValue(value)
      const { low, high } = hash
      const slot = slotOf(reach, event.time, record)
      if (block.at < 0) block.resize(0, 1)
      const start = block.at + headWords(block)
      const end = block.at + block.length
      const found = findEntry(block.words, start, end, entrySize, low, high, everyPane ? slot : 0)
      if (found < end && isNamed(block.words, found, low, high)) {
        const seen = slotAt(block.words, found)
        if (seen === slot || (seen > slot && !everyPane)) return false
        if (!everyPane) {
          writeSlot(block.words, found, slot)
          return true
        }
      }
      let p = found - block.at
      const horizon = slotOf(reach, event.horizon, record)
      const moved = dropOutOfReach(block, reach, headWords(block), entrySize, most, slot, p, horizon)
      if (Number.isNaN(moved)) return false
      p -= moved
      if (block.length - headWords(block) < most * entrySize) block.resize(p, entrySize)
      else {
        record.inexact()
        const victim = lowestOldest(block, low, slot)
        if (victim < 0) return lose(block, levelOf(low), slot)
        const head = headWords(block)
        const level = levelOf(block.words[block.at + victim] as number)
        lose(block, level, slotAt(block.words, block.at + victim))
        const more = headWords(block) - head
        p = moveGap(block, victim + more, p + more)
      }
      writeName(block.words, block.at + p, low, high)
      writeSlot(block.words, block.at + p, slot)
      return true
    },
    carry: (from, words, at, length) => carryDistinct(from, parameters, words, at, length),
  }
}

const headWords = (block: Block): number => 1 + 2 * (block.words[block.at] as number)

const levelOf = (low: number): number => Math.min(levelsMost - 1, Math.clz32(low))

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)
const hash = { low: 0, high: 0 }

/** Hash of 52 bits, into `hash`: a one-to-one mixing of the 64 bits of the value, of which 12 aren't kept. */
function hashValue(value: number): void {
  // -0 is 0.
  double[0] = value + 0
  const a = mixed((halves[0] as number) ^ 0x9e3779b9)
  const b = mixed((halves[1] as number) + Math.imul(a, 0x85ebca6b))
  hash.low = mixed(a ^ b)
  hash.high = b & 0xfffff
}

/** The finaliser of MurmurHash3 (Appleby, public domain): one to one. */
function mixed(value: number): number {
  let v = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  v = Math.imul(v ^ (v >>> 13), 0xc2b2ae35)
  return v ^ (v >>> 16)
}

/** Where the entry lies that has to go: the oldest of the lowest level (then of the least hash); -1: the one that is new. */
function lowestOldest(block: Block, low: number, slot: number): number {
  const { words, at, length } = block
  let victim = -1
  let level = levelOf(low)
  let oldest = slot
  for (let p = headWords(block); p < length; p += entrySize) {
    const own = levelOf(words[at + p] as number)
    const seen = slotAt(words, at + p)
    if (own > level || (own === level && seen >= oldest)) continue
    victim = p
    level = own
    oldest = seen
  }
  return victim
}

/** The entry at `from` makes room for one before that at `to`; returns where the room is. */
function moveGap({ words, at }: Block, from: number, to: number): number {
  if (from < to) {
    words.copyWithin(at + from, at + from + entrySize, at + to)
    return to - entrySize
  }
  words.copyWithin(at + to + entrySize, at + to, at + from)
  return to
}

/** The level remembers that something of the slot was lost; whether it did not know that already. */
function lose(block: Block, level: number, slot: number): boolean {
  const lossy = block.words[block.at] as number
  if (level >= lossy) {
    block.resize(1 + 2 * lossy, 2 * (level + 1 - lossy))
    block.words[block.at] = level + 1
  }
  const p = block.at + 1 + 2 * level
  if (slot + 1 <= readLong(block.words, p)) return false
  writeLong(block.words, p, slot + 1)
  return true
}

/** How many different values the window has; 0 over nothing. */
export function readDistinct(track: DistinctTrack, window: ReachWindow): Read {
  const { reach, everyPane } = track.parameters
  checkWindow(reach, window)
  if (window.kind === 'panes' && window.ago > 0 && !everyPane) {
    throw new RangeError('a window in the past wants every pane')
  }
  return (block, at, record) => {
    if (!openWindow(reach, window, at, record)) return Number.NaN
    if (block.at < 0) return 0
    const { after, last } = slots
    const { words, at: base } = block
    let level = words[base] as number
    while (level > 0 && readLong(words, base + 1 + 2 * (level - 1)) - 1 <= after) level--
    let count = 0
    let counted = -1
    for (let p = base + headWords(block), end = base + block.length; p < end; p += entrySize) {
      const slot = slotAt(words, p)
      if (slot <= after || slot > last || levelOf(words[p] as number) < level) continue
      if (counted >= 0 && isSameName(words, counted, p)) continue
      counted = p
      count++
    }
    return count * 2 ** level
  }
}

/** When each value that is held was seen last (or in which panes), newest first; values are kept as hashes only. */
export function distinctRows(track: DistinctTrack): (block: Block, record: RecordInHand) => WindowRow[] {
  const { reach } = track.parameters
  return (block, record) =>
    entriesOf(block.words, block.at, block.at < 0 ? 0 : block.length)
      .sort((a, b) => b.slot - a.slot)
      .map(({ slot }) => slotTimes(reach, slot, record))
}

interface Entry {
  readonly low: number
  readonly high: number
  slot: number
}

function entriesOf(words: Int32Array, at: number, length: number): Entry[] {
  const entries: Entry[] = []
  const head = length === 0 ? 0 : 1 + 2 * (words[at] as number)
  for (let p = at + head; p < at + length; p += entrySize) {
    entries.push({ low: words[p] as number, high: (words[p + 1] as number) >>> 12, slot: slotAt(words, p) })
  }
  return entries
}

function carryDistinct(
  from: DistinctParameters,
  to: DistinctParameters,
  words: Int32Array,
  at: number,
  length: number,
): Int32Array {
  if (to.everyPane || !from.everyPane) return words.slice(at, at + length)
  const newest: Entry[] = []
  for (const entry of entriesOf(words, at, length)) {
    const last = newest.at(-1)
    if (last && last.low === entry.low && last.high === entry.high) last.slot = entry.slot
    else newest.push(entry)
  }
  const lost = Array.from({ length: words[at] as number }, (_, i) => readLong(words, at + 1 + 2 * i))
  // Fewer fit now: the lowest levels go, oldest first.
  const going = [...newest].sort((a, b) => levelOf(a.low) - levelOf(b.low) || a.slot - b.slot)
  const gone = new Set(going.slice(0, Math.max(0, newest.length - entriesMost(false))))
  for (const { low, slot } of gone) {
    const level = levelOf(low)
    while (lost.length <= level) lost.push(0)
    lost[level] = Math.max(lost[level] as number, slot + 1)
  }
  const kept = newest.filter((entry) => !gone.has(entry))
  const target = new Int32Array(1 + 2 * lost.length + entrySize * kept.length)
  target[0] = lost.length
  lost.forEach((slot, i) => {
    writeLong(target, 1 + 2 * i, slot)
  })
  kept.forEach(({ low, high, slot }, i) => {
    const p = 1 + 2 * lost.length + entrySize * i
    writeName(target, p, low, high)
    writeSlot(target, p, slot)
  })
  return target
}
