import { CodedError } from '../domain/errors.ts'
import { headWords, recordFlags, typeSection } from '../rules/engine/plain-record.ts'
import { bitCount, compareBytes, readBytes, readLong, wordsFor, writeBytes, writeLong } from '../rules/engine/words.ts'
import { Slab } from './slab.ts'

/** Seen ids kept by type; what is pushed out is counted. */
const seenKept = 32
/** A seen id is 44 bits of its hash and 20 of its second. */
const secondMask = 0xfffff
const idBytesMost = 128

/** What a record takes note of: in fields, so that no number becomes an object on the way. */
interface EventTaken {
  /** Place of its type in the order of types. */
  readonly type: number
  readonly time: number
  readonly bytes: Uint8Array
  readonly idStart: number
  readonly idEnd: number
}

/** A slab whose values are records (see `plain-record.ts` for the format). */
export class RecordSlab extends Slab {
  /** Number of the layout in use. */
  number = 0
  /** Nothing older than this can arrive any more of the type that `takeEvent` is told of. */
  prune = Number.NEGATIVE_INFINITY
  /** Seen ids that were pushed out by the bound. */
  seenOverflows = 0
  /** Words of the section that `locate` found last. */
  sectionLength = 0
  /** Where its length is kept, relative to the value; also where the length of a new one belongs. */
  lengthAt = 0
  /** The type of the event that was taken last into the record in hand, and the greatest time of such; type -1: none was. */
  private takenType = -1
  private takenHead = Number.NEGATIVE_INFINITY
  private readonly scratch = new Int32Array(2 + wordsFor(idBytesMost) + 2 * (seenKept + 1))

  override open(): void {
    this.takenType = -1
    super.open()
  }

  /** Number of the layout that the current record was written in. */
  get layoutNumber(): number {
    return (this.words[this.value] as number) & 0xffff
  }

  /** Whether a value, as the store gives it, was written in another layout than that in use. */
  isOutdated(value: Buffer): boolean {
    return value.length >= 4 * headWords && value.readUInt16LE(0) !== this.number
  }

  /** The current record becomes a subscriber of whom nothing is known yet. `since`: time of the first event. */
  begin(since: number): void {
    this.takenType = -1
    this.resize(0, headWords - this.length)
    this.words[this.value] = this.number
    this.words[this.value + 1] = 0
    this.words[this.value + 2] = Math.floor(since / 1000)
  }

  /** The current record becomes these words. */
  become(words: Int32Array): void {
    const { length } = words
    this.takenType = -1
    this.resize(0, length - this.length)
    for (let i = 0; i < length; i++) this.words[this.value + i] = words[i] as number
    this.moves++
  }

  // ---- sections

  /** Where a section begins, relative to the value; -1: there is none. */
  locate(bit: number): number {
    const { words, value } = this
    const present = (words[value] as number) >>> 16
    const below = bitCount(present & ((1 << bit) - 1))
    this.lengthAt = headWords + below
    if ((present & (1 << bit)) === 0) return -1
    let at = headWords + bitCount(present)
    for (let i = 0; i < below; i++) at += (words[value + headWords + i] as number) & typeSection.lengthMask
    this.sectionLength = (words[value + this.lengthAt] as number) & typeSection.lengthMask
    return at
  }

  /**
   * Inserts (d > 0; not zeroed) or removes words at `offset` into a section; one that doesn't exist comes to be, one that
   * is left empty goes. Returns where the section begins, relative to the value; -1: it is gone.
   */
  resizeSection(bit: number, offset: number, d: number): number {
    const at = this.locate(bit)
    if (at < 0) return this.insertSection(bit, d)
    const length = this.sectionLength + d
    if (length > typeSection.lengthMask) throw new CodedError('KM_STATE_TOO_LARGE', 'a section of a record is full')
    const { lengthAt } = this
    this.resize(at + offset, d)
    if (length === 0) {
      this.resize(lengthAt, -1)
      this.words[this.value] = (this.words[this.value] as number) & ~(1 << (bit + 16))
      return -1
    }
    const place = this.value + lengthAt
    this.words[place] = ((this.words[place] as number) & ~typeSection.lengthMask) | length
    this.sectionLength = length
    return at
  }

  /**
   * The same for a section that was located and of which something stays, by where its length is kept and where it begins:
   * that doesn't change.
   */
  resizeLocated(lengthAt: number, start: number, offset: number, d: number): void {
    const length = ((this.words[this.value + lengthAt] as number) & typeSection.lengthMask) + d
    if (length > typeSection.lengthMask) throw new CodedError('KM_STATE_TOO_LARGE', 'a section of a record is full')
    this.resize(start + offset, d)
    const place = this.value + lengthAt
    this.words[place] = ((this.words[place] as number) & ~typeSection.lengthMask) | length
  }

  /** After `locate` didn't find it. */
  private insertSection(bit: number, length: number): number {
    const { lengthAt } = this
    let at = headWords + bitCount((this.words[this.value] as number) >>> 16)
    for (let i = headWords; i < lengthAt; i++) at += (this.words[this.value + i] as number) & typeSection.lengthMask
    this.resize(at, length + 1)
    const { words, value } = this
    // Some words: the way into native code costs more.
    for (let i = value + at; i > value + lengthAt; i--) words[i] = words[i - 1] as number
    words[value] = (words[value] as number) | (1 << (bit + 16))
    words[value + lengthAt] = length
    this.sectionLength = length
    return at + 1
  }

  // ---- events

  /**
   * Takes note of an event of a type: its id among those seen, and the greatest time. False, with nothing changed, for one
   * that was seen. `h1`, `h2`: hash of source and event_id; `keepId`: whether the newest event's id is kept.
   */
  takeEvent({ type, time, bytes, idStart, idEnd }: EventTaken, h1: number, h2: number, keepId: boolean): boolean {
    const at = this.locate(type)
    const { scratch, prune } = this
    const mark = (h2 & ~secondMask) | (Math.floor(time / 1000) & secondMask)
    let top = time
    let newest = keepId ? idEnd - idStart : 0
    let p = -1
    let end = -1
    let q = 2
    if (at >= 0) {
      const { words } = this
      const start = this.value + at
      const extra = words[this.value + this.lengthAt] as number
      const idBytes = (extra >>> typeSection.idShift) & 0xff
      const head = readLong(words, start)
      p = start + 2 + wordsFor(idBytes)
      end = start + this.sectionLength
      for (let i = p; i < end; i += 2) {
        if (words[i] === h1 && (((words[i + 1] as number) ^ mark) & ~secondMask) === 0) return false
      }
      if (head > time || (head === time && compareBytes(bytes, idStart, idEnd, words, start + 2, idBytes) < 0)) {
        top = head
        newest = keepId ? idBytes : 0
        for (let i = 0; i < wordsFor(newest); i++) scratch[q++] = words[start + 2 + i] as number
      }
    }
    if (top === time && q === 2 && newest > 0) q = writeBytes(scratch, 2, bytes, idStart, idEnd)
    writeLong(scratch, 0, top)
    const from = q
    // A second more, so that nothing goes too early.
    const horizon = Math.floor((top - prune) / 1000) + 1
    const second = Math.floor(top / 1000)
    for (let i = p; i < end; i += 2) {
      const high = this.words[i + 1] as number
      if (((second - high) & secondMask) > horizon) continue
      scratch[q++] = this.words[i] as number
      scratch[q++] = high
    }
    if (q - from === 2 * seenKept) {
      scratch.copyWithin(from, from + 2, q)
      q -= 2
      this.seenOverflows++
    }
    scratch[q++] = h1
    scratch[q++] = mark
    this.putSection(type, at, q)
    this.takenType = type
    this.takenHead = top
    const seen = (q - from) >> 1
    this.words[this.value + this.lengthAt] = q | (newest << typeSection.idShift) | (seen << typeSection.seenShift)
    return true
  }

  private putSection(bit: number, at: number, length: number): void {
    const start = at < 0 || length !== this.sectionLength ? this.resizeTo(bit, at, length) : at
    const { words, scratch } = this
    for (let i = 0, to = this.value + start; i < length; i++, to++) words[to] = scratch[i] as number
  }

  private resizeTo(bit: number, at: number, length: number): number {
    if (at < 0) return this.insertSection(bit, length)
    this.resize(at, length - this.sectionLength)
    return at
  }

  /** Greatest event time of a type; -1 if none came. */
  headOf(type: number): number {
    if (type === this.takenType) return this.takenHead
    const at = this.locate(type)
    return at < 0 ? -1 : readLong(this.words, this.value + at)
  }

  /** Id of the newest event of a type that keeps it. */
  newestIdOf(type: number): string {
    const at = this.locate(type)
    if (at < 0) return ''
    const bytes = ((this.words[this.value + this.lengthAt] as number) >>> typeSection.idShift) & 0xff
    return readBytes(this.words, this.value + at + 2, bytes).toString()
  }

  // ---- single fields

  /** Earliest event time, in whole seconds, as milliseconds. */
  get since(): number {
    return ((this.words[this.value + 2] as number) >>> 0) * 1000
  }

  /** An event of this time came: perhaps the earliest. */
  seenAt(time: number): void {
    if (time < this.since) this.words[this.value + 2] = Math.floor(time / 1000)
  }

  get zoneNumber(): number {
    return ((this.words[this.value + 1] as number) & 0xffff) - 1
  }

  /** 1..31; 1 where the profile doesn't say. */
  get billingDay(): number {
    return ((this.words[this.value + 1] as number) >>> recordFlags.billingDayShift) & 31 || 1
  }

  /** Number of the subscriber's calendar; -1: not known. */
  get calendarNumber(): number {
    return ((this.words[this.value + 1] as number) >>> recordFlags.calendarShift) - 1
  }

  /** Numbers of zone and calendar, -1: not known; the billing day 1..31, 0: not known. */
  setFlags(zone: number, billingDay: number, calendar: number): void {
    const at = this.value + 1
    const kept = (this.words[at] as number) & (recordFlags.ended | recordFlags.inexact)
    const place = (billingDay << recordFlags.billingDayShift) | ((calendar + 1) << recordFlags.calendarShift)
    this.words[at] = kept | (zone + 1) | place
  }

  /** The identity ends; nothing else is kept. */
  end(time: number): void {
    this.takenType = -1
    this.resize(0, headWords + 1 - this.length)
    this.words[this.value] = this.number
    this.words[this.value + 1] = recordFlags.ended
    writeLong(this.words, this.value + 2, time)
  }

  /** When the identity ended; -1: it hasn't. */
  get endedAt(): number {
    const flags = this.words[this.value + 1] as number
    return (flags & recordFlags.ended) === 0 ? -1 : readLong(this.words, this.value + 2)
  }

  markInexact(): void {
    const at = this.value + 1
    this.words[at] = (this.words[at] as number) | recordFlags.inexact
  }

  /** Checked when bytes come from the store: a record that can't be of a known layout is not guessed at. */
  checkLoaded(layouts: { has(number: number): boolean }): void {
    if (this.length >= headWords && layouts.has(this.layoutNumber)) return
    throw new CodedError(
      'KM_STATE_LAYOUT',
      `a stored record names layout ${this.layoutNumber}, which is not known; restore the store from one snapshot`,
    )
  }
}
