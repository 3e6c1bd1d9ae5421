import { type Column, columnKey, type Layout, type SourceLayout, widthOf } from './layout.ts'
import {
  dateFields,
  endedFlag,
  inexactFlag,
  maskWords,
  noDay,
  type PlainProfile,
  type PlainRecord,
  type PlainRing,
  type PlainSource,
} from './plain-record.ts'
import { writeBytes, writeDouble, writeLong } from './words.ts'

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
