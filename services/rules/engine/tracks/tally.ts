import { dropOutOfReach, findEntry, isNamed, isSameName, slotAt, writeName, writeSlot } from './named-entries.ts'
import { dropTexts, keepText, listHead, textOfName, textWordsMost } from './named-texts.ts'
import { checkWindow, openWindow, type Reach, type ReachWindow, slotOf, slots, slotTimes } from './reach.ts'
import type { Block, Kept, Read, Track, WindowRow } from './track.ts'

export interface TallyParameters {
  readonly reach: Reach
  /** Hashes of texts (0 .. 2^52 - 1), or whole numbers within ±(2^51 - 1). */
  readonly values: 'text' | 'int'
  /** Whether texts are kept too, each once: for who asks for the most frequent one. */
  readonly named?: boolean
}

/** Pairs of a value and a slot that are held. */
const entriesMost = 256
const entrySize = 4
const two32 = 4_294_967_296
const two52 = 2 ** 52
const two51 = 2 ** 51

/*
 * The block: with `named` the texts (`named-texts.ts`); then entries of value and slot (`named-entries.ts`) and a word of
 * count, ascending by value, then slot.
 */

/**
 * How often each value came, by pane or (rolling) exact time. Up to 256 pairs of value and pane any order of arrival reads
 * the same; beyond, the record is told, and the oldest pair joins the next newer one of the same value, or where no value
 * has two, the rarest is forgotten. A text is kept as long as it has a pair. A number too large for it isn't counted, which the record is told too.
 */
export interface TallyTrack extends Track, Kept<TallyParameters> {}

export function createTallyTrack(parameters: TallyParameters): TallyTrack {
  const { reach, values, named = false } = parameters
  return {
    parameters,
    wordsMost: (entriesMost + 1) * entrySize + (named ? textWordsMost(entriesMost + 1) : 0),
    add(block, event, value, record) {
      const name = value < 0 ? value + two52 : value
      if (values === 'int' ? !(value > -two51 && value < two51) : !(value >= 0 && value < two52)) {
        record.inexact()
        return false
      }
      const high = Math.floor(name / two32)
      const low = (name - high * two32) | 0
      const slot = slotOf(reach, event.time, record)
      if (block.at < 0 && named) {
        block.resize(0, listHead)
        block.words[block.at] = listHead
      }
      const from = entriesFrom(block, named)
      let p = from
      let isLess = false
      if (block.at >= 0) {
        const end = block.at + block.length
        const found = findEntry(block.words, block.at + from, end, entrySize, low, high, slot)
        if (found < end && isNamed(block.words, found, low, high) && slotAt(block.words, found) === slot) {
          block.words[found + 3] = (block.words[found + 3] as number) + 1
          if (named) keepText(block, low, high, event)
          return true
        }
        p = found - block.at
        const horizon = slotOf(reach, event.horizon, record)
        const { length } = block
        const moved = dropOutOfReach(block, reach, from, entrySize, entriesMost, slot, p, horizon)
        if (Number.isNaN(moved)) return false
        isLess = block.length < length
        p -= moved
      }
      block.resize(p, entrySize)
      writeName(block.words, block.at + p, low, high)
      writeSlot(block.words, block.at + p, slot)
      block.words[block.at + p + 3] = 1
      if (block.length - from > entriesMost * entrySize) {
        makeRoom(block, from)
        isLess = true
        record.inexact()
      }
      if (named) {
        keepText(block, low, high, event)
        if (isLess) dropTexts(block, (low, high) => isHeld(block, low, high))
      }
      return true
    },
    carry(from, words, at, length) {
      const kept = from.named ? (words[at] as number) : 0
      if (named && kept > 0) return words.slice(at, at + length)
      const entries = words.subarray(at + kept, at + length)
      if (!named || entries.length === 0) return entries.slice()
      // Texts come with the next events.
      const target = new Int32Array(listHead + entries.length).fill(listHead, 0, 1)
      target.set(entries, listHead)
      return target
    },
  }
}

/** Where the entries begin in a block. */
const entriesFrom = (block: Block, named: boolean): number =>
  named && block.at >= 0 ? (block.words[block.at] as number) : 0

/** Whether some entry has the name. */
function isHeld(block: Block, low: number, high: number): boolean {
  const end = block.at + block.length
  const found = findEntry(block.words, block.at + entriesFrom(block, true), end, entrySize, low, high, 0)
  return found < end && isNamed(block.words, found, low, high)
}

/** One entry less. */
function makeRoom(block: Block, from: number): void {
  const { words, at, length } = block
  let joined = -1
  let rarest = from
  for (let p = from; p < length; p += entrySize) {
    const slot = slotAt(words, at + p)
    const follows = p + entrySize < length && isSameName(words, at + p, at + p + entrySize)
    if (follows && (joined < 0 || slot < slotAt(words, at + joined))) joined = p
    const difference = (words[at + p + 3] as number) - (words[at + rarest + 3] as number)
    if (difference < 0 || (difference === 0 && slot < slotAt(words, at + rarest))) rarest = p
  }
  if (joined >= 0) {
    const next = at + joined + entrySize + 3
    words[next] = (words[next] as number) + (words[at + joined + 3] as number)
  }
  block.resize(joined >= 0 ? joined : rarest, -entrySize)
}

/** The number that was counted. */
function numberOf(name: number, values: TallyParameters['values']): number {
  return values === 'int' && name >= two51 ? name - two52 : name
}

const nameAt = (words: Int32Array, p: number): number =>
  ((words[p + 1] as number) >>> 12) * two32 + ((words[p] as number) >>> 0)

/** n log2 n: logarithms are what a read costs. */
const bitsOf = Float64Array.from({ length: 256 }, (_, n) => (n === 0 ? 0 : n * Math.log2(n)))

/** Of the window that is read: all events, of the most frequent value, that value, and the sum of n log2 n. */
const found = { events: 0, most: 0, mode: 0, bits: 0 }

function count(block: Block, { values, named = false }: TallyParameters): void {
  const { words } = block
  const from = block.at + entriesFrom(block, named)
  const { after, last } = slots
  found.events = 0
  found.most = 0
  found.mode = Number.NaN
  found.bits = 0
  const end = block.at < 0 ? from : block.at + block.length
  for (let p = from; p < end; ) {
    const first = p
    let events = 0
    for (; p < end && isSameName(words, first, p); p += entrySize) {
      const slot = slotAt(words, p)
      if (slot > after && slot <= last) events += words[p + 3] as number
    }
    if (events === 0) continue
    found.events += events
    found.bits += events < 256 ? (bitsOf[events] as number) : events * Math.log2(events)
    if (events < found.most) continue
    const value = numberOf(nameAt(words, first), values)
    if (events === found.most && value > found.mode) continue
    found.most = events
    found.mode = value
  }
}

/**
 * Over the events of the window by value. entropy: in bits (Shannon), 0 where all have one value. top-share: that of the
 * most frequent value, 0..1. mode: that value (of several the least, of texts by hash). Unknown over nothing.
 */
export function readTally(track: TallyTrack, aggregate: 'entropy' | 'top-share' | 'mode', window: ReachWindow): Read {
  const { parameters } = track
  const { reach } = parameters
  checkWindow(reach, window)
  return (block, at, record) => {
    if (!openWindow(reach, window, at, record)) return Number.NaN
    count(block, parameters)
    const { events, most, mode, bits } = found
    if (events === 0) return Number.NaN
    if (aggregate === 'mode') return mode
    if (aggregate === 'top-share') return most / events
    // Rounding must not make less than nothing of nothing.
    return Math.max(0, Math.log2(events) - bits / events)
  }
}

/** The most frequent text, at most 64 bytes of it; undefined: over nothing, or its text isn't kept. */
export function tallyText(track: TallyTrack, window: ReachWindow): (...of: Parameters<Read>) => string | undefined {
  const mode = readTally(track, 'mode', window)
  return (...of) => {
    const name = track.parameters.named ? mode(...of) : Number.NaN
    return Number.isNaN(name) ? undefined : textOf(of[0], name)
  }
}

const textOf = (block: Block, name: number): string | undefined => {
  const high = Math.floor(name / two32)
  return textOfName(block, (name - high * two32) | 0, high)
}

/** The pairs of slot and value within the window, newest first, the more frequent first; without a value where its text isn't kept. */
export function tallyRows(
  track: TallyTrack,
  window: ReachWindow,
): (...of: Parameters<Read>) => (WindowRow & { readonly events: number })[] {
  const { reach, values, named = false } = track.parameters
  checkWindow(reach, window)
  return (block, at, record) => {
    const entries: { slot: number; events: number; name: number }[] = []
    if (block.at < 0 || !openWindow(reach, window, at, record)) return []
    const { after, last } = slots
    const { words } = block
    for (let p = block.at + entriesFrom(block, named); p < block.at + block.length; p += entrySize) {
      const slot = slotAt(words, p)
      if (slot > after && slot <= last) entries.push({ slot, events: words[p + 3] as number, name: nameAt(words, p) })
    }
    return entries
      .map(({ name, ...entry }) => ({
        ...entry,
        number: numberOf(name, values),
        text: named ? textOf(block, name) : undefined,
      }))
      .sort((a, b) => b.slot - a.slot || b.events - a.events || a.number - b.number)
      .map(({ slot, events, number, text }) => {
        const value = values === 'int' ? number : text
        return { ...slotTimes(reach, slot, record), events, ...(value !== undefined && { value }) }
      })
  }
}
