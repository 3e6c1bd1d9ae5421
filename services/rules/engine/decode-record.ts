import { CodedError } from '../../domain/errors.ts'
import { type EventType, eventTypes } from '../../topology.ts'
import { readAway } from './away-firings.ts'
import { edgeNumbersOf, type Layout, type TrackLayout } from './layout.ts'
import {
  awayTrack,
  emptyRecord,
  headWords,
  type PlainRecord,
  type PlainSource,
  type ProfileField,
  profileFields,
  recordFlags,
  remnantTrack,
  sections,
  typeSection,
} from './plain-record.ts'
import { readStates } from './rule-states.ts'
import { bitCount, readBytes, readLong, wordsFor } from './words.ts'

/** The record that the words of a value hold. @throws CodedError KM_STATE_UNREADABLE: they are damaged */
export function decodeRecord(layout: Layout, words: Int32Array): PlainRecord {
  const record = emptyRecord(layout)
  const flags = words[1] as number
  const billingDay = (flags >>> recordFlags.billingDayShift) & 31
  record.zone = noneAtZero(flags & 0xffff)
  record.billingDay = billingDay === 0 ? undefined : billingDay
  record.calendar = noneAtZero(flags >>> recordFlags.calendarShift)
  record.inexact = (flags & recordFlags.inexact) !== 0
  if ((flags & recordFlags.ended) !== 0) {
    record.ended = readLong(words, 2)
    return record
  }
  record.since = (words[2] as number) >>> 0
  const present = (words[0] as number) >>> 16
  let lengthAt = headWords
  let start = headWords + bitCount(present)
  for (let bit = 0; bit < 16; bit++) {
    if ((present & (1 << bit)) === 0) continue
    const lengths = words[lengthAt++] as number
    const end = start + (lengths & typeSection.lengthMask)
    decodeSection(layout, record, bit, lengths, words.slice(start, end))
    start = end
  }
  return record
}

const noneAtZero = (number: number): number | undefined => (number === 0 ? undefined : number - 1)

function decodeSection(layout: Layout, record: PlainRecord, bit: number, lengths: number, words: Int32Array): void {
  if (bit < eventTypes.length) record.sources.set(eventTypes[bit] as EventType, decodeSource(lengths, words))
  else if (bit === sections.tracks) decodeTracks(layout, record, words)
  else if (bit === sections.profile) decodeProfile(record, words)
  else if (bit === sections.states) decodeStates(layout, record, words)
  else if (bit === sections.held) record.held = words
  else {
    const lane = bit - sections.patterns
    const patterns = layout.patterns[lane]
    if (patterns) record.patterns[lane] = { layout: patterns, words }
  }
}

function decodeSource(lengths: number, words: Int32Array): PlainSource {
  const idBytes = (lengths >>> typeSection.idShift) & 0xff
  return {
    head: readLong(words, 0),
    newest: Buffer.from(readBytes(words, 2, idBytes)),
    seen: words.slice(2 + wordsFor(idBytes)),
  }
}

function decodeTracks(layout: Layout, record: PlainRecord, words: Int32Array): void {
  for (let p = 0; p < words.length; ) {
    const head = words[p++] as number
    const end = p + (head >>> 16)
    if (end > words.length) {
      const advice = 'restore the store from one snapshot, or erase the subscriber'
      throw new CodedError('KM_STATE_UNREADABLE', `a part of the subscriber's state ends behind the state: ${advice}`)
    }
    const number = head & 0xffff
    if (number === remnantTrack) record.remnant = words.slice(p, end)
    else if (number === awayTrack) record.away = readAway(words.subarray(p, end))
    else {
      const track = layout.tracks[number] as TrackLayout
      record.tracks.set(track.key, { layout: track, words: words.slice(p, end) })
    }
    p = end
  }
}

/** Entries of three words: the value; a time, with the number of the field in the upper 12 bits of its high word. */
function decodeProfile(record: PlainRecord, words: Int32Array): void {
  for (let p = 0; p < words.length; p += 3) {
    const high = words[p + 2] as number
    const since = (high & 0xfff) * 4_294_967_296 + ((words[p + 1] as number) >>> 0)
    record.profile.set(profileFields[high >>> 12] as ProfileField, { value: words[p] as number, since })
  }
}

function decodeStates(layout: Layout, record: PlainRecord, words: Int32Array): void {
  const { latches, entries } = readStates(words, 0, words.length, edgeNumbersOf(layout))
  for (const { edge, latch } of latches) record.latches.set(layout.edges[edge] as string, latch)
  for (const { kind, number, time } of entries) {
    const names = kind === 'due' ? layout.timers : layout.rules
    if (kind === 'earlier') {
      const rule = names[number] as string
      record.earlier.set(rule, [...(record.earlier.get(rule) ?? []), time])
      continue
    }
    const byName = record.states.get(kind) ?? new Map<string, number>()
    record.states.set(kind, byName.set(names[number] as string, time))
  }
}
