import type { Block } from './tracks/track.ts'
import { copyBytes, readLong, wordsFor, writeBytes, writeLong } from './words.ts'

/**
 * Events that wait for the grace to pass, so that settled rules see them in the order of event time. An entry:
 *   0  event time (two words)
 *   2  place of the type in the order of types | length of the value in bytes << 8
 *   3  where the event_id begins in the value | its length << 24
 *   4  the value's bytes, as they came
 * Entries are in the order of (time, type, event_id).
 */
const headWords = 4
/** Bytes that one record holds at most, heads included; beyond it the oldest are given out before their time. */
const heldBytesMost = 65_536

/** Puts an event among those that wait. The event_id lies in the value. */
export function hold(
  block: Block,
  time: number,
  type: number,
  value: Uint8Array,
  start: number,
  end: number,
  idStart: number,
  idEnd: number,
): void {
  const offset = placeFor(block, time, type, value, idStart, idEnd)
  const length = end - start
  block.resize(offset, headWords + wordsFor(length))
  const at = block.at + offset
  writeLong(block.words, at, time)
  block.words[at + 2] = type | (length << 8)
  block.words[at + 3] = (idStart - start) | ((idEnd - idStart) << 24)
  writeBytes(block.words, at + headWords, value, start, end)
}

/** Time of the first that waits; Infinity: none does. */
export const firstHeld = (block: Block): number =>
  block.at < 0 ? Number.POSITIVE_INFINITY : readLong(block.words, block.at)

/** Whether more is held than a record may hold. */
export const holdsTooMuch = (block: Block): boolean => block.at >= 0 && block.length * 4 > heldBytesMost

/** Bytes of the value of the first that waits. */
export const firstHeldBytes = (block: Block): number => (block.words[block.at + 2] as number) >>> 8

/** Takes the first one out: its value's bytes are copied to the beginning of `into`. Returns their length; its type is in `taken`. */
export function takeFirst(block: Block, into: Uint8Array, taken: { type: number }): number {
  const word = block.words[block.at + 2] as number
  const length = word >>> 8
  taken.type = word & 0xff
  copyBytes(block.words, block.at + headWords, into, 0, length)
  block.resize(0, -(headWords + wordsFor(length)))
  return length
}

/** Those that wait, oldest first. */
export function* heldEntries(
  block: Block,
): Generator<{ readonly time: number; readonly type: number; readonly value: Buffer }> {
  for (let offset = 0; block.at >= 0 && offset < block.length; ) {
    const at = block.at + offset
    const word = block.words[at + 2] as number
    const value = Buffer.alloc(word >>> 8)
    copyBytes(block.words, at + headWords, value, 0, value.length)
    yield { time: readLong(block.words, at), type: word & 0xff, value }
    offset += headWords + wordsFor(value.length)
  }
}

function placeFor(block: Block, time: number, type: number, value: Uint8Array, idStart: number, idEnd: number): number {
  if (block.at < 0) return 0
  let place = 0
  for (let offset = 0; offset < block.length; ) {
    const at = block.at + offset
    if (!isBefore(block.words, at, time, type, value, idStart, idEnd)) break
    offset += headWords + wordsFor((block.words[at + 2] as number) >>> 8)
    place = offset
  }
  return place
}

/** Whether the entry at `at` comes before the event. */
function isBefore(
  words: Int32Array,
  at: number,
  time: number,
  type: number,
  value: Uint8Array,
  idStart: number,
  idEnd: number,
): boolean {
  const other = readLong(words, at)
  if (other !== time) return other < time
  const otherType = (words[at + 2] as number) & 0xff
  if (otherType !== type) return otherType < type
  const idWord = words[at + 3] as number
  const from = idWord & 0xffffff
  const length = idWord >>> 24
  for (let i = 0; i < length && idStart + i < idEnd; i++) {
    const byte = ((words[at + headWords + ((from + i) >> 2)] as number) >>> (((from + i) & 3) << 3)) & 0xff
    const difference = byte - (value[idStart + i] as number)
    if (difference !== 0) return difference < 0
  }
  return length < idEnd - idStart
}
