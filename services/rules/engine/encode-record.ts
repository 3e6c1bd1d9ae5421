import { eventTypes } from '../../topology.ts'
import { writeAway } from './away-firings.ts'
import { edgeNumbersOf, type Layout } from './layout.ts'
import { carry } from './open-tracks.ts'
import { type Passage, passageBetween } from './passage.ts'
import {
  awayTrack,
  headWords,
  type PlainRecord,
  type PlainSource,
  profileFields,
  recordFlags,
  remnantTrack,
  sections,
  typeSection,
} from './plain-record.ts'
import { edgeWords, type PlainStates, writeStates } from './rule-states.ts'
import { wordsFor, writeBytes, writeLong } from './words.ts'

/**
 * The record's words in a layout. What the layout doesn't know is left out; tracks go on under other parameters as far as
 * both hold. Patterns of another layout are left out too: a `PatternBook` carries them.
 */
export function encodeRecord(layout: Layout, number: number, record: PlainRecord): Int32Array {
  let flags = record.zone === undefined ? 0 : record.zone + 1
  flags |= (record.billingDay ?? 0) << recordFlags.billingDayShift
  flags |= (record.calendar === undefined ? 0 : record.calendar + 1) << recordFlags.calendarShift
  if (record.inexact) flags |= recordFlags.inexact
  if (record.ended !== undefined) {
    const ended = Int32Array.of(number, flags | recordFlags.ended, 0, 0)
    writeLong(ended, 2, record.ended)
    return ended
  }
  const parts = partsOf(layout, record)
  const length = headWords + parts.reduce((sum, { words }) => sum + 1 + words.length, 0)
  const target = new Int32Array(length)
  let present = 0
  let p = headWords + parts.length
  parts.forEach(({ bit, words, extra }, i) => {
    present |= 1 << bit
    target[headWords + i] = words.length | extra
    target.set(words, p)
    p += words.length
  })
  target[0] = number | (present << 16)
  target[1] = flags
  target[2] = record.since
  return target
}

interface Part {
  readonly bit: number
  readonly words: Int32Array
  /** Beside the length. */
  readonly extra: number
}

function partsOf(layout: Layout, record: PlainRecord): readonly Part[] {
  const parts: Part[] = []
  const passage = passageBetween(record.layout, layout)
  eventTypes.forEach((type, bit) => {
    const source = record.sources.get(type)
    if (source && layout.types.includes(type)) parts.push(sourcePart(bit, source))
  })
  const add = (bit: number, words: Int32Array | undefined) => {
    if (words && words.length > 0) parts.push({ bit, words, extra: 0 })
  }
  add(sections.tracks, encodeTracks(layout, record, passage))
  add(sections.profile, encodeProfile(record))
  layout.patterns.forEach((_, lane) => {
    const kept = record.patterns[lane]
    if (kept && passage.samePatterns[lane]) add(sections.patterns + lane, kept.words)
  })
  add(sections.states, encodeStates(layout, record, passage))
  add(sections.held, record.held)
  return parts
}

function sourcePart(bit: number, { head, newest, seen }: PlainSource): Part {
  const idWords = wordsFor(newest.length)
  const words = new Int32Array(2 + idWords + seen.length)
  writeLong(words, 0, head)
  writeBytes(words, 2, newest, 0, newest.length)
  words.set(seen, 2 + idWords)
  const extra = (newest.length << typeSection.idShift) | ((seen.length >> 1) << typeSection.seenShift)
  return { bit, words, extra }
}

function encodeTracks(layout: Layout, record: PlainRecord, passage: Passage): Int32Array {
  const blocks: Int32Array[] = []
  layout.tracks.forEach((track, number) => {
    const own = passage.tracks[number]
    const kept = own && record.tracks.get(own.key)
    if (!kept) return
    const words = own.isSame ? kept.words : carry(kept.layout, track, kept.words)
    if (words.length > 0) blocks.push(Int32Array.of(number | (words.length << 16)), words)
  })
  const away = writeAway(record.away)
  if (away.length > 0) blocks.push(Int32Array.of(awayTrack | (away.length << 16)), away)
  if (record.remnant) blocks.push(Int32Array.of(remnantTrack | (record.remnant.length << 16)), record.remnant)
  return joined(blocks)
}

function encodeProfile(record: PlainRecord): Int32Array {
  return joined(
    [...record.profile].map(([field, { value, since }]) => {
      const words = Int32Array.of(value, 0, 0)
      writeLong(words, 1, since)
      words[2] = (words[2] as number) | (profileFields.indexOf(field) << 12)
      return words
    }),
  )
}

function encodeStates(layout: Layout, record: PlainRecord, passage: Passage): Int32Array {
  const latches = layout.edges.flatMap((key, edge) => {
    const latch = record.latches.get(key)
    return latch === undefined ? [] : [{ edge, latch }]
  })
  const entries: PlainStates['entries'][number][] = [...record.states].flatMap(([kind, byName]) =>
    [...byName].flatMap(([name, time]) => {
      const number = (kind === 'due' ? passage.timers : passage.rules).get(name)
      return number === undefined ? [] : [{ kind, number, time }]
    }),
  )
  for (const [rule, times] of record.earlier) {
    const number = passage.rules.get(rule)
    if (number !== undefined) entries.push(...times.map((time) => ({ kind: 'earlier' as const, number, time })))
  }
  const edges = edgeNumbersOf(layout)
  const words = new Int32Array(edgeWords(edges) + 2 * entries.length)
  return words.subarray(0, writeStates({ latches, entries }, edges, words, 0))
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
