import { type PaneUnit, paneOf, paneStart } from './panes.ts'
import type { Block, RecordInHand } from './track.ts'

/**
 * How far a track over values looks back, and in which slots: exact times for rolling windows, panes for all that are cut into
 * them, one slot for a life. A lifetime counts events whatever the instant of the read.
 */
export type Reach =
  | { readonly kind: 'lifetime' }
  /** Longest window, in milliseconds. */
  | { readonly kind: 'rolling'; readonly length: number }
  /** The newest `panes` panes. */
  | { readonly kind: 'panes'; readonly unit: PaneUnit; readonly panes: number }

/** What one factor reads of it. */
export type ReachWindow =
  | { readonly kind: 'lifetime' }
  /** (t - length, t] */
  | { readonly kind: 'rolling'; readonly length: number }
  /** Panes of age `ago` .. `ago + periods - 1`; with `ago` > 0 unknown unless all began after the one of first sight. */
  | { readonly kind: 'panes'; readonly ago: number; readonly periods: number }

/** Makes the panes of 1969 in western zones no negative numbers. */
const bias = 1_000_000

/** Slots are whole numbers from 0 to below 2^44. */
export function slotOf(reach: Reach, t: number, record: RecordInHand): number {
  if (reach.kind === 'panes') return t === Number.NEGATIVE_INFINITY ? t : bias + paneOf(reach.unit, t, record)
  return reach.kind === 'rolling' ? t : 0
}

/** The slots of the window that `openWindow` opened last: after `after`, up to `last`. */
export const slots = { after: 0, last: 0 }

/** Sets `slots` for a window as of an instant; false: it reaches back to before first sight, and is unknown. */
export function openWindow(reach: Reach, window: ReachWindow, at: number, record: RecordInHand): boolean {
  if (reach.kind === 'panes' && window.kind === 'panes') {
    slots.last = slotOf(reach, at, record) - window.ago
    slots.after = slots.last - window.periods
    return window.ago === 0 || slots.after >= slotOf(reach, record.since, record)
  }
  if (window.kind === 'rolling') {
    slots.last = at
    slots.after = at - window.length
  } else {
    slots.last = 0
    slots.after = -1
  }
  return true
}

/** @throws RangeError where the track can't serve the window */
export function checkWindow(reach: Reach, window: ReachWindow): void {
  if (reach.kind === 'lifetime' && window.kind === 'lifetime') return
  if (reach.kind === 'rolling' && window.kind === 'rolling' && window.length <= reach.length) return
  if (reach.kind === 'panes' && window.kind === 'panes' && window.ago + window.periods <= reach.panes) return
  throw new RangeError(`a window ${JSON.stringify(window)} over a track that reaches ${JSON.stringify(reach)}`)
}

/** When a slot begins and ends; of an exact time only the time. */
export function slotTimes(reach: Reach, slot: number, record: RecordInHand): { from: number; to?: number } {
  if (reach.kind === 'rolling') return { from: slot }
  if (reach.kind === 'lifetime') return { from: record.since }
  const from = paneStart(reach.unit, slot - bias, record)
  return { from, to: paneStart(reach.unit, slot - bias + 1, record) }
}

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
 * Where the first of the entries from `from` to `to`, of `size` words each, lies that isn't below (name, slot); `to`: all are.
 * Names (low word, upper 20 bits) go by the unsigned low word, then the upper bits.
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

/** Slots that a reach spans. */
const span = (reach: Reach): number =>
  reach.kind === 'lifetime' ? Number.POSITIVE_INFINITY : reach.kind === 'panes' ? reach.panes : reach.length

/**
 * Removes entries (the block has nothing else from `from` on) that no window wants any more, as of the horizon; or, if there are
 * `most`, as of the newest: what is held for reads as of the horizon gives way before it costs exactness now. Returns by how much the
 * place of an entry of `slot` moved; NaN: it isn't wanted itself.
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
  const outOfNewest = newest - span(reach)
  const cutoff = Math.min(outOfNewest, horizon - span(reach))
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
