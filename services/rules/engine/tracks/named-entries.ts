import { type Reach, spanOf } from './reach.ts'
import type { Block } from './track.ts'

const two32 = 4_294_967_296

/*
 * A name of 52 bits and a slot of 44 in three words: low words of both, and a word of the upper 20 and 12 bits:
 *   0   name, low      1   name, high << 12 | slot, high      2   slot, low
 */
export const slotAt = (words: Int32Array, p: number): number =>
  ((words[p + 1] as number) & 4095) * two32 + ((words[p + 2] as number) >>> 0)

export function writeSlot(words: Int32Array, p: number, slot: number): void {
  const high = Math.floor(slot / two32)
  words[p + 1] = ((words[p + 1] as number) & ~4095) | high
  words[p + 2] = (slot - high * two32) | 0
}

/** Whether an entry has the name. */
export const isNamed = (words: Int32Array, p: number, low: number, high: number): boolean =>
  words[p] === low && (words[p + 1] as number) >>> 12 === high

/** Whether two entries have one name. */
export const isSameName = (words: Int32Array, p: number, q: number): boolean =>
  words[p] === words[q] && (words[p + 1] as number) >>> 12 === (words[q + 1] as number) >>> 12

/**
 * Where the first of the entries from `from` to `to`, of `size` words each, lies that isn't below (name, slot); `to`: all
 * are. Names (low word, upper 20 bits) go by the unsigned low word, then the upper bits.
 */
export function findEntry(
  words: Int32Array,
  from: number,
  to: number,
  size: number,
  low: number,
  high: number,
  slot: number,
): number {
  let below = 0
  let above = (to - from) / size
  while (below < above) {
    const middle = (below + above) >> 1
    const p = from + middle * size
    const own = words[p] as number
    const ownHigh = (words[p + 1] as number) >>> 12
    const isBelow = own !== low ? own >>> 0 < low >>> 0 : ownHigh !== high ? ownHigh < high : slotAt(words, p) < slot
    if (isBelow) below = middle + 1
    else above = middle
  }
  return from + below * size
}

/** The oldest and the newest slot that `spread` found. */
const extremes = { oldest: 0, newest: 0 }

/** Sets `extremes` for a slot and those of the entries. */
function spread(words: Int32Array, from: number, to: number, size: number, slot: number): void {
  let oldest = slot
  let newest = slot
  for (let p = from; p < to; p += size) {
    const own = slotAt(words, p)
    if (own < oldest) oldest = own
    if (own > newest) newest = own
  }
  extremes.oldest = oldest
  extremes.newest = newest
}

/**
 * Removes entries (the block has nothing else from `from` on) that no window wants any more, as of the horizon; or, if
 * there are `most`, as of the newest: what is held for reads as of the horizon gives way before it costs exactness now.
 * Returns by how much the place of an entry of `slot` moved; NaN: it isn't wanted itself.
 */
export function dropOutOfReach(
  block: Block,
  reach: Reach,
  from: number,
  size: number,
  most: number,
  slot: number,
  place: number,
  horizon: number,
): number {
  spread(block.words, block.at + from, block.at + block.length, size, slot)
  const { oldest, newest } = extremes
  const outOfNewest = newest - spanOf(reach)
  const cutoff = Math.min(outOfNewest, horizon - spanOf(reach))
  if (slot <= cutoff) return Number.NaN
  let moved = oldest <= cutoff ? dropUpTo(block, from, size, cutoff, place) : 0
  if (oldest <= outOfNewest && block.length - from >= most * size) {
    moved += dropUpTo(block, from, size, outOfNewest, place - moved)
  }
  return moved
}

/** Removes entries whose slot isn't after the cutoff; returns how many words of those lay before `place`. */
function dropUpTo(block: Block, from: number, size: number, cutoff: number, place: number): number {
  const { words, at, length } = block
  let q = from
  let before = 0
  for (let p = from; p < length; p += size) {
    if (slotAt(words, at + p) <= cutoff) {
      if (p < place) before += size
      continue
    }
    if (p > q) for (let i = 0; i < size; i++) words[at + q + i] = words[at + p + i] as number
    q += size
  }
  if (q < length) block.resize(q, q - length)
  return before
}

export function writeName(words: Int32Array, p: number, low: number, high: number): void {
  words[p] = low
  words[p + 1] = ((words[p + 1] as number) & 4095) | (high << 12)
}
