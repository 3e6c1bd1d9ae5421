import { CodedError } from '../domain/errors.ts'
import type { RecordCursor } from '../rules/engine/compile-rules.ts'
import type { Layout } from '../rules/engine/layout.ts'
import { endedFlag, inexactFlag } from '../rules/engine/plain-record.ts'
import { bitCount, readBytes, readLong, writeLong } from '../rules/engine/words.ts'
import { Slab } from './slab.ts'

const two32 = 4_294_967_296

/** A slab whose values are records of a layout (see `plain-record.ts` for the format): sections of the current one. */
export class RecordSlab extends Slab implements RecordCursor {
  /** Words of the section that `locate` found last. */
  sectionLength = 0
  /** Where its length is kept, relative to the value; also where the length of a new one belongs. */
  private lengthAt = 0
  private sources = 0
  /** Number of the layout in use. */
  number = 0

  useLayout(layout: Layout, number: number): void {
    this.sources = layout.sources.length
    this.number = number
  }

  get profileBit(): number {
    return this.sources
  }
  get absencesBit(): number {
    return this.sources + 1
  }

  /** Number of the layout that the current record was written in. */
  get layoutNumber(): number {
    return (this.words[this.value] as number) & 0xffff
  }

  /** The current record becomes a subscriber of whom nothing is known yet. */
  begin(): void {
    this.resize(0, 2 - this.length)
    this.words[this.value] = this.number
    this.words[this.value + 1] = 0
  }

  /** The current record becomes these words. */
  become(words: Int32Array, length: number): void {
    this.resize(0, length - this.length)
    for (let i = 0; i < length; i++) this.words[this.value + i] = words[i] as number
  }

  // ---- sections

  locate(bit: number): number {
    const { words, value } = this
    const present = (words[value] as number) >>> 16
    const below = bitCount(present & ((1 << bit) - 1))
    this.lengthAt = 2 + below
    if ((present & (1 << bit)) === 0) return -1
    let at = 2 + bitCount(present)
    for (let i = 0; i < below; i++) at += words[value + 2 + i] as number
    this.sectionLength = words[value + this.lengthAt] as number
    return at
  }

  replace(bit: number, source: Int32Array, length: number): void {
    const at = this.makeRoom(bit, length)
    const { words } = this
    for (let i = 0, to = this.value + at; i < length; i++, to++) words[to] = source[i] as number
  }

  /** Gives the section a length, whatever becomes of its words; returns where it begins. */
  makeRoom(bit: number, length: number): number {
    let at = this.locate(bit)
    if (at >= 0) {
      if (length !== this.sectionLength) {
        this.resize(at, length - this.sectionLength)
        this.words[this.value + this.lengthAt] = length
      }
      return at
    }
    at = 2 + bitCount((this.words[this.value] as number) >>> 16)
    for (let i = 2; i < this.lengthAt; i++) at += this.words[this.value + i] as number
    this.resize(at, length + 1)
    const { words, value, lengthAt } = this
    words.copyWithin(value + lengthAt + 1, value + lengthAt, value + at)
    words[value] = (words[value] as number) | (1 << (bit + 16))
    words[value + lengthAt] = length
    return at + 1
  }

  drop(bit: number): void {
    const at = this.locate(bit)
    if (at < 0) return
    const { lengthAt } = this
    this.resize(at, -this.sectionLength)
    this.resize(lengthAt, -1)
    this.words[this.value] = (this.words[this.value] as number) & ~(1 << (bit + 16))
  }

  // ---- single fields

  /** Greatest event time of a source; -1 if it has none. */
  headOf(bit: number): number {
    const at = this.locate(bit)
    if (at < 0) return -1
    const p = this.value + at
    return readLong(this.words, p)
  }

  /** Id of the newest event of a source that keeps it. */
  newestIdOf(bit: number): string {
    const p = this.value + this.locate(bit)
    return readBytes(this.words, p + 3, (this.words[p + 2] as number) & 0xff).toString()
  }

  /** Time of the last firing of a rule; -1: it never fired. */
  lastFired(rule: number): number {
    const at = this.locate(this.sources + 2)
    if (at < 0) return -1
    const { words } = this
    for (let p = this.value + at, end = p + this.sectionLength; p < end; p += 2) {
      const high = words[p + 1] as number
      if (high >>> 12 === rule) return (high & 0xfff) * two32 + ((words[p] as number) >>> 0)
    }
    return -1
  }

  setFired(rule: number, time: number): void {
    const bit = this.sources + 2
    const at = this.locate(bit)
    const used = at < 0 ? 0 : this.sectionLength
    let offset = 0
    if (at >= 0) {
      while (offset < used && (this.words[this.value + at + offset + 1] as number) >>> 12 !== rule) offset += 2
    }
    // Room is made at the front of the section, so what is there is not lost.
    const start = offset < used ? at : this.makeRoom(bit, used + 2)
    const p = this.value + start + (offset < used ? offset : 0)
    writeLong(this.words, p, time)
    this.words[p + 1] = (this.words[p + 1] as number) | (rule << 12)
  }

  /** Whether the profile has the tag of this number. */
  hasTag(tag: number): boolean {
    const at = this.locate(this.sources)
    if (at < 0) return false
    const p = this.value + at
    const present = this.words[p] as number
    if ((present & 16) === 0) return false
    const tags = p + 1 + (present & 1 ? 2 : 0) + 3 * bitCount(present & 14)
    return ((this.words[tags] as number) & (1 << tag)) !== 0
  }

  get hasProfile(): boolean {
    return this.locate(this.sources) >= 0
  }

  get zoneNumber(): number {
    return ((this.words[this.value + 1] as number) & 0xffff) - 1
  }

  /** When the identity ended; -1: it hasn't. */
  get endedAt(): number {
    const flags = this.words[this.value + 1] as number
    return (flags & endedFlag) === 0 ? -1 : readLong(this.words, this.value + 2)
  }

  markInexact(): void {
    const at = this.value + 1
    this.words[at] = (this.words[at] as number) | inexactFlag
  }

  /** Checked when bytes come from the store: a record that can't be of a known layout is not guessed at. */
  checkLoaded(layouts: number): void {
    if (this.length >= 2 && this.layoutNumber < layouts) return
    throw new CodedError(
      'KM_STATE_LAYOUT',
      `a stored record names layout ${this.layoutNumber}, of which only ${layouts} are known; restore the store from one snapshot`,
    )
  }
}
