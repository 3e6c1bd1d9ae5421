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

export interface ChangesParameters {
  readonly content: Exclude<EntryContent, 'times'>
  /** Runs of one value that are held for good, the present one among them. 1..64 */
  readonly runs: number
}

/** Entries that are held beside those: what an event that comes late may still come between. */
const withinGraceMost = 16

/*
 * The block: entries (`entries.ts`), newest first by (time, order of types, id). As of the horizon one for each run of the same
 * value, its earliest; after it each event, since one that comes late may part a run in two.
 */

/**
 * When a value became another one, whatever the order of arrival: a value told again isn't a change, however often. Up to 16
 * events within the grace; beyond, those go which tell again what was told, and the record is told.
 */
export interface ChangesTrack extends Track, Kept<ChangesParameters> {}

export function createChangesTrack(parameters: ChangesParameters): ChangesTrack {
  const { content, runs } = parameters
  if (!(runs >= 1 && runs <= 64)) throw new RangeError(`${runs} runs of a value: 1 to 64`)
  const most = runs + withinGraceMost
  return {
    parameters,
    wordsMost: (most + 1) * entryWordsMost(content),
    add(block, event, value, record) {
      let p = 0
      while (p < block.length && compareToEntry(content, event, block.words, block.at + p) < 0) {
        p += entryWords(content, block.words, block.at + p)
      }
      // Between two of the same value nothing changes; nor where the one before says the same.
      const isTold = p < block.length && readDouble(block.words, block.at + p + 2) === value
      if (isTold && event.time <= event.horizon) return false
      block.resize(p, wordsForEvent(content, event, value))
      writeEntry(content, block.words, block.at + p, event, value)
      settle(content, block, event.horizon, runs)
      if (entryOffsets(content, block).length > most) {
        dropOne(content, block)
        record.inexact()
      }
      return !isTold
    },
    carry(_from, words, at, length) {
      let p = at
      for (let kept = 0; kept < most && p < at + length; kept++) p += entryWords(content, words, p)
      return words.slice(at, p)
    },
  }
}

/** Of what no late event can part any more the runs are kept, by their earliest events, and of those the newest. */
function settle(content: EntryContent, block: Block, horizon: number, runs: number): void {
  const offsets = entryOffsets(content, block)
  let kept = 0
  const superfluous: number[] = []
  offsets.forEach((offset, i) => {
    if (readLong(block.words, block.at + offset) > horizon) return
    if (kept === runs || isAsBefore(block, offset, offsets[i + 1])) superfluous.push(offset)
    else kept++
  })
  for (const offset of superfluous.reverse()) remove(content, block, offset)
}

/** The entry says what the one before it says. */
const isAsBefore = ({ words, at }: Block, offset: number, older: number | undefined): boolean =>
  older !== undefined && readDouble(words, at + offset + 2) === readDouble(words, at + older + 2)

/** The oldest that tells again what was told, else the oldest. */
function dropOne(content: EntryContent, block: Block): void {
  const offsets = entryOffsets(content, block)
  const again = offsets.findLast((offset, i) => isAsBefore(block, offset, offsets[i + 1]))
  remove(content, block, again ?? offsets.at(-1) ?? 0)
}

const remove = (content: EntryContent, block: Block, offset: number): void =>
  block.resize(offset, -entryWords(content, block.words, block.at + offset))

/** Where the run that is `back` before the present one begins; -1: there is none. */
function findRun(content: EntryContent, block: Block, at: number, back: number): number {
  if (block.at < 0) return -1
  const { words } = block
  const end = block.at + block.length
  let found = -1
  let run = -1
  for (let p = block.at; p < end; p += entryWords(content, words, p)) {
    if (readLong(words, p) > at) continue
    if (found < 0 || readDouble(words, p + 2) !== readDouble(words, found + 2)) run++
    if (run > back) break
    found = p
  }
  return run < back ? -1 : found
}

/** The present value (0), or the one before the newest change (1); unknown where it never changed. */
export function readRun({ parameters: { content } }: ChangesTrack, back: 0 | 1): Read {
  return (block, at) => {
    const p = findRun(content, block, at, back)
    return p < 0 ? Number.NaN : readDouble(block.words, p + 2)
  }
}

/** Its text, at most 64 bytes of it; undefined where it has none. */
export function textOfRun({ parameters: { content } }: ChangesTrack, back: 0 | 1) {
  return (block: Block, at: number): string | undefined => {
    const p = content === 'texts' ? findRun(content, block, at, back) : -1
    return p < 0 ? undefined : entryText(block.words, p)
  }
}

/** The subscriber's local date, in days since 1970, of when the present value was first told. */
export function readChangeDate({ parameters: { content } }: ChangesTrack): Read {
  return (block, at, record) => {
    const p = findRun(content, block, at, 0)
    return p < 0 ? Number.NaN : record.zone.civilDay(readLong(block.words, p))
  }
}

const hourMs = 3_600_000

/** Hours since the present value was first told. */
export function readChangeAge({ parameters: { content } }: ChangesTrack): Read {
  return (block, at) => {
    const p = findRun(content, block, at, 0)
    return p < 0 ? Number.NaN : (at - readLong(block.words, p)) / hourMs
  }
}

/** How often the value became `value` within `length` milliseconds; as many as runs are held. */
export function readBecame({ parameters: { content } }: ChangesTrack, value: number, length: number): Read {
  return (block, at) => {
    let count = 0
    for (let run = 0; ; run++) {
      const p = findRun(content, block, at, run)
      if (p < 0 || readLong(block.words, p) <= at - length) return count
      if (readDouble(block.words, p + 2) === value) count++
    }
  }
}

/** Where each value began that was told up to the instant, newest first. */
export function changesRows({ parameters: { content } }: ChangesTrack, runs: number) {
  return (block: Block, at: number): WindowRow[] => {
    const rows: WindowRow[] = []
    for (let run = 0; run < runs; run++) {
      const p = findRun(content, block, at, run)
      if (p < 0) break
      rows.push(entryRow(content, block.words, p))
    }
    return rows
  }
}
