import { readBytes, wordsFor, writeBytes } from '../words.ts'
import { textBytesMost, textEnd } from './entries.ts'
import type { Block, EventInHand } from './track.ts'

/*
 * Texts by their names of 52 bits, at a block's beginning, each name once, in no order:
 *   0      words of the list, this one included
 *   then   name, low; name, high << 12 | bytes of the text; the text, filled up to a word
 */

/** Words of a list that holds nothing. */
export const listHead = 1
const textHead = 2

/** Words of as many texts at most. */
export const textWordsMost = (texts: number): number => listHead + texts * (textHead + wordsFor(textBytesMost))

const bytesAt = (words: Int32Array, p: number): number => (words[p + 1] as number) & 4095

const wordsAt = (words: Int32Array, p: number): number => textHead + wordsFor(bytesAt(words, p))

/** Where a name's text lies, or where the list ends. */
function find({ words, at }: Block, low: number, high: number): number {
  const end = at + (words[at] as number)
  let p = at + listHead
  while (p < end && !(words[p] === low && (words[p + 1] as number) >>> 12 === high)) p += wordsAt(words, p)
  return p
}

/** Keeps the text of the event in hand (at most 64 bytes of it) under its name, if that has none. */
export function keepText(block: Block, low: number, high: number, event: EventInHand): void {
  const list = block.words[block.at] as number
  const p = find(block, low, high) - block.at
  if (p < list) return
  const end = textEnd(event)
  const bytes = end - event.textStart
  const need = textHead + wordsFor(bytes)
  block.resize(p, need)
  const { words, at } = block
  words[at] = list + need
  words[at + p] = low
  words[at + p + 1] = (high << 12) | bytes
  writeBytes(words, at + p + textHead, event.bytes, event.textStart, end)
}

/** Drops the texts of names that aren't held any more. */
export function dropTexts(block: Block, isHeld: (low: number, high: number) => boolean): void {
  for (let p = listHead; p < (block.words[block.at] as number); ) {
    const { words, at } = block
    const size = wordsAt(words, at + p)
    if (isHeld(words[at + p] as number, (words[at + p + 1] as number) >>> 12)) p += size
    else {
      block.resize(p, -size)
      block.words[block.at] = (block.words[block.at] as number) - size
    }
  }
}

/** undefined: none is kept (texts weren't when the name came). */
export function textOfName(block: Block, low: number, high: number): string | undefined {
  const p = find(block, low, high)
  if (p === block.at + (block.words[block.at] as number)) return undefined
  return readBytes(block.words, p + textHead, bytesAt(block.words, p)).toString()
}
