import {
  compareBytes,
  readBytes,
  readDouble,
  readLong,
  wordsFor,
  writeBytes,
  writeDouble,
  writeLong,
} from '../words.ts'
import type { Block, EventInHand, WindowRow } from './track.ts'

/** Bytes of a text that are kept beside its hash; what is longer is cut between two characters. */
export const textBytesMost = 64
/** Longest event_id, as the schemas have it. */
const idBytesMost = 128

/**
 * What is kept of single events: `times`: when; `values`: also type, id and value, so that events of one instant have an
 * order; `texts`: also the value's text.
 */
export type EntryContent = 'times' | 'values' | 'texts'

/*
 * An entry:
 *   0, 1   time
 *   2, 3   value (NaN: cleared)
 *   4      bytes of the id | type << 8 | (bytes of the text + 1) << 16 (0: no text)
 *   5 ..   id, text, each filled up to a word
 * Of `times` it has the first two words only.
 */

export const entryWordsMost = (content: EntryContent): number =>
  content === 'times' ? 2 : 5 + wordsFor(idBytesMost) + (content === 'texts' ? wordsFor(textBytesMost) : 0)

export function entryWords(content: EntryContent, words: Int32Array, at: number): number {
  if (content === 'times') return 2
  const lengths = words[at + 4] as number
  const text = lengths >>> 16
  return 5 + wordsFor(lengths & 0xff) + (text === 0 ? 0 : wordsFor(text - 1))
}

/** Words of the entry that the event in hand becomes. */
export function wordsForEvent(content: EntryContent, event: EventInHand, value: number): number {
  if (content === 'times') return 2
  const text = content === 'texts' && !Number.isNaN(value) ? textEnd(event) - event.textStart : 0
  return 5 + wordsFor(event.idEnd - event.idStart) + wordsFor(text)
}

export function writeEntry(
  content: EntryContent,
  words: Int32Array,
  at: number,
  event: EventInHand,
  value: number,
): void {
  writeLong(words, at, event.time)
  if (content === 'times') return
  writeDouble(words, at + 2, value)
  const end = textEnd(event)
  const text = content === 'texts' && !Number.isNaN(value) ? end - event.textStart + 1 : 0
  words[at + 4] = (event.idEnd - event.idStart) | (event.type << 8) | (text << 16)
  const p = writeBytes(words, at + 5, event.bytes, event.idStart, event.idEnd)
  if (text > 1) writeBytes(words, p, event.bytes, event.textStart, end)
}

/** Where the part of the event's text that is kept ends. */
export function textEnd({ bytes, textStart, textEnd }: EventInHand): number {
  if (textEnd - textStart <= textBytesMost) return textEnd
  let end = textStart + textBytesMost
  // Not into the midst of a character: those bytes begin with 10.
  while (end > textStart && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return end
}

/** Order of the event in hand and an entry, by time, type and id: negative: the event comes before it. */
export function compareToEntry(content: EntryContent, event: EventInHand, words: Int32Array, at: number): number {
  const difference = event.time - readLong(words, at)
  if (difference !== 0 || content === 'times') return difference
  const lengths = words[at + 4] as number
  const types = event.type - ((lengths >>> 8) & 0xff)
  return types !== 0 ? types : compareBytes(event.bytes, event.idStart, event.idEnd, words, at + 5, lengths & 0xff)
}

/** The entry's text; undefined where it has none. */
export function entryText(words: Int32Array, at: number): string | undefined {
  const lengths = words[at + 4] as number
  const length = lengths >>> 16
  if (length === 0) return undefined
  return readBytes(words, at + 5 + wordsFor(lengths & 0xff), length - 1).toString()
}

/** For people. */
export function entryRow(content: EntryContent, words: Int32Array, at: number): WindowRow {
  const from = readLong(words, at)
  if (content === 'times') return { from }
  const value = readDouble(words, at + 2)
  const event_id = readBytes(words, at + 5, (words[at + 4] as number) & 0xff).toString()
  if (Number.isNaN(value)) return { from, event_id }
  return { from, value: (content === 'texts' ? entryText(words, at) : undefined) ?? value, event_id }
}

/** The entries of a block that holds nothing else, from `from` words on, in order. */
export function entryOffsets(content: EntryContent, block: Block): number[] {
  const offsets: number[] = []
  for (let p = 0; block.at >= 0 && p < block.length; p += entryWords(content, block.words, block.at + p))
    offsets.push(p)
  return offsets
}
