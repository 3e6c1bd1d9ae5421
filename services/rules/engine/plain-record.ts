import type { EventType } from '../../topology.ts'
import { type Column, columnKey, type DateField, type Layout, type SourceLayout, widthOf } from './layout.ts'
import { readBytes, readDouble, readLong, wordsFor, writeBytes, writeDouble, writeLong } from './words.ts'

/**
 * A record as objects, by the names of its tracks and not by their places: for migration to another layout, for
 * `explain`, and for what happens rarely (profiles, calendar timers). The words' format is documented here; generated
 * code (`generate.ts`) reads and writes the same.
 *
 * Value of a record:
 *   0  layout number | sections present << 16 (sources in layout order, profile, absences, firings)
 *   1  (time zone number + 1) | ended << 16 | inexact << 17
 *   2  words of each section present; then the sections. A record that `ended` has no sections, but the time of its end.
 */
export interface PlainRecord {
  /** Number of the subscriber's zone; undefined: not known. */
  zone: number | undefined
  /** The identity ended at this time (profile deactivated); nothing else is kept. */
  ended: number | undefined
  /** A bound was met somewhere, so that some value is not exact. */
  inexact: boolean
  sources: Map<EventType, PlainSource>
  profile: PlainProfile | undefined
  /** What was asked of the runtime's timers for absences; 0: nothing. */
  asked: number
  /** Newest times of `absent` matches, ascending. */
  answers: Map<string, number[]>
  absences: Map<string, PlainAbsence>
  /** Last firing by rule. */
  fired: Map<string, number>
}

export interface PlainSource {
  /** Greatest event time. */
  head: number
  /** Id of the newest event by (time, id); undefined where no rule needs it. */
  newest: Buffer | undefined
  /** Duplicate ring, oldest first: two halves of a hash, and the low word of the time. */
  seen: (readonly [number, number, number])[]
  totals: Map<string, number>
  lasts: Map<string, PlainLast>
  rings: Map<string, PlainRing>
  /** Times, ascending, with how many events are in each entry and their sum. */
  lists: Map<string, { time: number; count: number; value: number }[]>
}

export interface PlainLast {
  readonly time: number
  readonly value: number
  readonly id: Buffer
}

export interface PlainRing {
  /** Newest pane. */
  top: number
  /** By column key, then pane. */
  columns: Map<string, Map<number, number>>
}

export interface PlainProfile {
  /** Each field with the time of the event that set it; a field that was never named is undefined. Dates are day numbers. */
  zoneSince: number | undefined
  dates: Map<DateField, { readonly day: number; readonly since: number }>
  tags: { readonly names: readonly string[]; readonly since: number } | undefined
  /** By rule: day number of the local date that is waited for. */
  pending: Map<string, number>
}

export interface PlainAbsence {
  readonly after: string
  /** Up to this deadline everything is decided. */
  spent: number | undefined
  anchors: { time: number; id: Buffer }[]
}

export const dateFields: readonly DateField[] = ['birth_date', 'tenure_start', 'contract_end']
export const maskWords = (panes: number): number => (panes + 31) >> 5
const endedFlag = 1 << 16
const inexactFlag = 1 << 17

export function emptyRecord(): PlainRecord {
  return {
    zone: undefined,
    ended: undefined,
    inexact: false,
    sources: new Map(),
    profile: undefined,
    asked: 0,
    answers: new Map(),
    absences: new Map(),
    fired: new Map(),
  }
}

// ---- words to objects

export function decodeRecord(layout: Layout, words: Int32Array): PlainRecord {
  const record = emptyRecord()
  const head = words[0] as number
  const flags = words[1] as number
  record.zone = (flags & 0xffff) === 0 ? undefined : (flags & 0xffff) - 1
  record.inexact = (flags & inexactFlag) !== 0
  if ((flags & endedFlag) !== 0) {
    record.ended = readLong(words, 2)
    return record
  }
  const present = head >>> 16
  const reader = new Reader(words)
  reader.at = 2 + bitCount(present)
  let lengthAt = 2
  const sections = layout.sources.length
  for (let bit = 0; bit < sections + 3; bit++) {
    if ((present & (1 << bit)) === 0) continue
    const end = reader.at + (words[lengthAt++] as number)
    if (bit < sections) {
      const source = layout.sources[bit] as SourceLayout
      record.sources.set(source.type, decodeSource(source, reader))
    } else if (bit === sections) record.profile = decodeProfile(layout, reader)
    else if (bit === sections + 1) decodeAbsences(layout, reader, record)
    else {
      while (reader.at < end) {
        const low = reader.word()
        const high = reader.word()
        record.fired.set(layout.rules[high >>> 12] as string, (high & 0xfff) * 4_294_967_296 + (low >>> 0))
      }
    }
    reader.at = end
  }
  return record
}

class Reader {
  readonly words: Int32Array
  at = 0
  constructor(words: Int32Array) {
    this.words = words
  }
  word(): number {
    return this.words[this.at++] as number
  }
  long(): number {
    this.at += 2
    return readLong(this.words, this.at - 2)
  }
  double(): number {
    this.at += 2
    return readDouble(this.words, this.at - 2)
  }
  column(column: Column): number {
    return column.kind === 'count' ? this.word() : column.kind === 'int' ? this.long() : this.double()
  }
  bytes(length: number): Buffer {
    const copy = Buffer.from(readBytes(this.words, this.at, length))
    this.at += wordsFor(length)
    return copy
  }
}

function decodeSource(layout: SourceLayout, reader: Reader): PlainSource {
  const head = reader.long()
  const counts = reader.word()
  const newest = layout.newestId ? reader.bytes(counts & 0xff) : undefined
  const seen = Array.from(
    { length: (counts >>> 8) & 0xff },
    () => [reader.word(), reader.word(), reader.word()] as const,
  )
  const totals = new Map(layout.totals.map((column) => [columnKey(column), reader.column(column)]))
  const lasts = new Map<string, PlainLast>()
  for (const key of layout.lasts) {
    const idBytes = reader.word()
    if (idBytes === 0) continue
    const time = reader.long()
    const value = reader.double()
    lasts.set(key, { time, value, id: reader.bytes(idBytes - 1) })
  }
  const rings = new Map<string, PlainRing>()
  for (const ring of layout.rings) {
    const top = reader.word()
    const masks = Array.from({ length: maskWords(ring.panes) }, () => reader.word())
    const columns = new Map(ring.columns.map((column) => [columnKey(column), new Map<number, number>()]))
    for (let bit = 0; bit < ring.panes; bit++) {
      if ((((masks[bit >> 5] as number) >>> (bit & 31)) & 1) === 0) continue
      const age = (((top - bit) % ring.panes) + ring.panes) % ring.panes
      for (const column of ring.columns) columns.get(columnKey(column))?.set(top - age, reader.column(column))
    }
    rings.set(String(ring.unit), { top, columns })
  }
  const lists = new Map<string, { time: number; count: number; value: number }[]>()
  for (const column of layout.lists) {
    const entries = Array.from({ length: reader.word() }, () => {
      const low = reader.word()
      const high = reader.word()
      const time = (high & 0xfff) * 4_294_967_296 + (low >>> 0)
      return { time, count: high >>> 12, value: column.kind === 'count' ? 0 : reader.column(column) }
    })
    lists.set(columnKey(column), entries)
  }
  return { head, newest, seen, totals, lasts, rings, lists }
}

function decodeProfile(layout: Layout, reader: Reader): PlainProfile {
  const present = reader.word()
  const zoneSince = present & 1 ? reader.long() : undefined
  const dates: PlainProfile['dates'] = new Map()
  dateFields.forEach((field, i) => {
    if (present & (2 << i)) dates.set(field, { day: reader.word(), since: reader.long() })
  })
  let tags: PlainProfile['tags']
  if (present & 16) {
    const mask = reader.word()
    tags = { names: layout.tags.filter((_, i) => mask & (1 << i)), since: reader.long() }
  }
  const pending = new Map<string, number>()
  for (const { rule } of layout.anniversaries) {
    const day = reader.word()
    if (day !== noDay) pending.set(rule, day)
  }
  return { zoneSince, dates, tags, pending }
}

function decodeAbsences(layout: Layout, reader: Reader, record: PlainRecord): void {
  record.asked = reader.long()
  for (const key of layout.answers) {
    record.answers.set(
      key,
      Array.from({ length: reader.word() }, () => reader.long()),
    )
  }
  for (const { rule, after } of layout.absences) {
    const head = reader.word()
    const spent = head & 0x100 ? reader.long() : undefined
    const anchors = Array.from({ length: head & 0xff }, () => {
      const time = reader.long()
      return { time, id: reader.bytes(reader.word()) }
    })
    record.absences.set(rule, { after, spent, anchors })
  }
}

/** Day number that stands for none. */
export const noDay = -2_147_483_648

// ---- objects to words

/** Writes the record in a layout; what the layout doesn't know is left out. Returns the number of words. */
export function encodeRecord(layout: Layout, number: number, record: PlainRecord, words: Int32Array): number {
  words[1] = (record.zone === undefined ? 0 : record.zone + 1) | (record.inexact ? inexactFlag : 0)
  if (record.ended !== undefined) {
    words[0] = number
    words[1] |= endedFlag
    writeLong(words, 2, record.ended)
    return 4
  }
  const sections: ((writer: Writer) => void)[] = []
  let present = 0
  layout.sources.forEach((sourceLayout, bit) => {
    const source = record.sources.get(sourceLayout.type)
    if (!source) return
    present |= 1 << bit
    sections.push((writer) => encodeSource(sourceLayout, source, writer))
  })
  const { profile } = record
  if (profile) {
    present |= 1 << layout.sources.length
    sections.push((writer) => encodeProfile(layout, profile, writer))
  }
  if (layout.absences.length > 0 && (record.answers.size > 0 || record.absences.size > 0)) {
    present |= 2 << layout.sources.length
    sections.push((writer) => encodeAbsences(layout, record, writer))
  }
  const fired = [...record.fired].filter(([rule]) => layout.rules.includes(rule))
  if (fired.length > 0) {
    present |= 4 << layout.sources.length
    sections.push((writer) => {
      for (const [rule, time] of fired) writer.packed(time, layout.rules.indexOf(rule))
    })
  }
  words[0] = number | (present << 16)
  const writer = new Writer(words)
  writer.at = 2 + sections.length
  sections.forEach((write, i) => {
    const start = writer.at
    write(writer)
    words[2 + i] = writer.at - start
  })
  return writer.at
}

class Writer {
  readonly words: Int32Array
  at = 0
  constructor(words: Int32Array) {
    this.words = words
  }
  word(value: number): void {
    this.words[this.at++] = value
  }
  long(value: number): void {
    writeLong(this.words, this.at, value)
    this.at += 2
  }
  double(value: number): void {
    writeDouble(this.words, this.at, value)
    this.at += 2
  }
  column(column: Column, value: number): void {
    if (column.kind === 'count') this.word(value)
    else if (column.kind === 'int') this.long(value)
    else this.double(value)
  }
  bytes(bytes: Buffer): void {
    this.at = writeBytes(this.words, this.at, bytes, 0, bytes.length)
  }
  /** A time, and a number below 2^20 in the upper bits of its high word. */
  packed(time: number, number: number): void {
    this.long(time)
    this.words[this.at - 1] = (this.words[this.at - 1] as number) | (number << 12)
  }
}

function encodeSource(layout: SourceLayout, source: PlainSource, writer: Writer): void {
  const newest = layout.newestId ? (source.newest ?? Buffer.alloc(0)) : Buffer.alloc(0)
  writer.long(source.head)
  writer.word(newest.length | (source.seen.length << 8))
  writer.bytes(newest)
  for (const entry of source.seen) for (const word of entry) writer.word(word)
  for (const column of layout.totals) writer.column(column, source.totals.get(columnKey(column)) ?? 0)
  for (const key of layout.lasts) {
    const last = source.lasts.get(key)
    writer.word(last ? last.id.length + 1 : 0)
    if (!last) continue
    writer.long(last.time)
    writer.double(last.value)
    writer.bytes(last.id)
  }
  for (const ring of layout.rings) encodeRing(ring.panes, ring.columns, source.rings.get(String(ring.unit)), writer)
  for (const column of layout.lists) {
    const entries = source.lists.get(columnKey(column)) ?? []
    writer.word(entries.length)
    for (const { time, count, value } of entries) {
      writer.packed(time, count)
      if (column.kind !== 'count') writer.column(column, value)
    }
  }
}

function encodeRing(panes: number, columns: readonly Column[], ring: PlainRing | undefined, writer: Writer): void {
  const top = ring?.top ?? 0
  const masks = new Int32Array(maskWords(panes))
  for (const values of ring?.columns.values() ?? []) {
    for (const pane of values.keys()) {
      const bit = ((pane % panes) + panes) % panes
      if (pane > top - panes) masks[bit >> 5] = (masks[bit >> 5] as number) | (1 << (bit & 31))
    }
  }
  writer.word(top)
  for (const mask of masks) writer.word(mask)
  for (let bit = 0; bit < panes; bit++) {
    if ((((masks[bit >> 5] as number) >>> (bit & 31)) & 1) === 0) continue
    const pane = top - ((((top - bit) % panes) + panes) % panes)
    for (const column of columns) writer.column(column, ring?.columns.get(columnKey(column))?.get(pane) ?? 0)
  }
}

function encodeProfile(layout: Layout, profile: PlainProfile, writer: Writer): void {
  const presentAt = writer.at
  let present = 0
  writer.word(0)
  if (profile.zoneSince !== undefined) {
    present |= 1
    writer.long(profile.zoneSince)
  }
  dateFields.forEach((field, i) => {
    const date = profile.dates.get(field)
    if (!date) return
    present |= 2 << i
    writer.word(date.day)
    writer.long(date.since)
  })
  if (profile.tags) {
    present |= 16
    let mask = 0
    layout.tags.forEach((tag, i) => {
      if (profile.tags?.names.includes(tag)) mask |= 1 << i
    })
    writer.word(mask)
    writer.long(profile.tags.since)
  }
  for (const { rule } of layout.anniversaries) writer.word(profile.pending.get(rule) ?? noDay)
  writer.words[presentAt] = present
}

function encodeAbsences(layout: Layout, record: PlainRecord, writer: Writer): void {
  writer.long(record.asked)
  for (const key of layout.answers) {
    const times = record.answers.get(key) ?? []
    writer.word(times.length)
    for (const time of times) writer.long(time)
  }
  for (const { rule, after } of layout.absences) {
    const absence = record.absences.get(rule)
    if (!absence || absence.after !== after) {
      writer.word(0)
      continue
    }
    writer.word(absence.anchors.length | (absence.spent === undefined ? 0 : 0x100))
    if (absence.spent !== undefined) writer.long(absence.spent)
    for (const { time, id } of absence.anchors) {
      writer.long(time)
      writer.word(id.length)
      writer.bytes(id)
    }
  }
}

export function bitCount(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555)
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Words that `encodeRecord` may need at most. */
export function boundOf(layout: Layout, record: PlainRecord): number {
  let words =
    64 +
    2 * layout.rules.length +
    200 * layout.answers.length +
    400 * layout.absences.length +
    layout.anniversaries.length
  for (const source of layout.sources) {
    words += 200 + 40 * source.lasts.length
    for (const column of source.totals) words += widthOf(column)
    for (const ring of source.rings) words += 4 + ring.panes * ring.columns.length * 2
    words += source.lists.length * (1 + 4 * 256)
  }
  return words + (record.profile ? 64 : 0)
}
