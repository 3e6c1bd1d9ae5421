import { readDouble, readLong } from '../words.ts'
import {
  compareToEntry,
  type EntryContent,
  entryRow,
  entryText,
  entryWordsMost,
  wordsForEvent,
  writeEntry,
} from './entries.ts'
import type { Block, Kept, Read, Track, WindowRow } from './track.ts'

export interface FirstParameters {
  readonly content: Exclude<EntryContent, 'times'>
}

/* The block: one entry (`entries.ts`). */

/** The earliest event by (time, order of types, id), whatever the order of arrival. Its value may be NaN: not known. */
export interface FirstTrack extends Track, Kept<FirstParameters> {}

export function createFirstTrack(parameters: FirstParameters): FirstTrack {
  const { content } = parameters
  return {
    parameters,
    wordsMost: entryWordsMost(content),
    add(block, event, value) {
      if (block.at >= 0 && compareToEntry(content, event, block.words, block.at) >= 0) return false
      const more = wordsForEvent(content, event, value) - (block.at < 0 ? 0 : block.length)
      if (more !== 0) block.resize(0, more)
      writeEntry(content, block.words, block.at, event, value)
      return true
    },
    carry: (_from, words, at, length) => words.slice(at, at + length),
  }
}

/** Unknown while the earliest event is after the instant. */
export const readFirst: Read = (block, at) =>
  block.at < 0 || readLong(block.words, block.at) > at ? Number.NaN : readDouble(block.words, block.at + 2)

/** Its text, at most 64 bytes of it; undefined where it has none. */
export function firstText(track: FirstTrack): (block: Block, at: number) => string | undefined {
  const { content } = track.parameters
  return (block, at) =>
    content === 'values' || block.at < 0 || readLong(block.words, block.at) > at
      ? undefined
      : entryText(block.words, block.at)
}

export function firstRows(track: FirstTrack): (block: Block, at: number) => WindowRow[] {
  const { content } = track.parameters
  return (block, at) =>
    block.at < 0 || readLong(block.words, block.at) > at ? [] : [entryRow(content, block.words, block.at)]
}
