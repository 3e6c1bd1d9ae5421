import { type Column, columnKey, type Layout, type SourceLayout } from './layout.ts'
import {
  dateFields,
  emptyRecord,
  endedFlag,
  inexactFlag,
  maskWords,
  noDay,
  type PlainLast,
  type PlainProfile,
  type PlainRecord,
  type PlainRing,
  type PlainSource,
} from './plain-record.ts'
import { bitCount, readBytes, readDouble, readLong, wordsFor } from './words.ts'

/** The record that the words of a value hold. */
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
