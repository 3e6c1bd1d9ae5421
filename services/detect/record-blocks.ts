import { CodedError } from '../domain/errors.ts'
import { sections } from '../rules/engine/plain-record.ts'
import type { TrackCursor } from '../rules/engine/rule-host.ts'
import type { Block } from '../rules/engine/tracks/track.ts'
import type { RecordSlab } from './record-slab.ts'

const blockWordsMost = 0xffff

/** Mostly a few words: the way into native code costs more. */
function clear(words: Int32Array, at: number, count: number): void {
  for (let i = at; i < at + count; i++) words[i] = 0
}

/**
 * Blocks of tracks in the record in hand, ascending by number, each behind a word that says number | length << 16. One
 * object stands for the block that was found last; what lies before it isn't searched again.
 */
export class TrackBlocks implements TrackCursor, Block {
  words: Int32Array = new Int32Array(0)
  at = -1
  length = 0
  /** A block came to be since this was last set to false. */
  created = false
  private readonly slab: RecordSlab
  /** Number of the block in hand. */
  private track = -1
  /** Where it begins or belongs, in `words`; all blocks before it have lower numbers. */
  private place = 0
  private start = 0
  private end = 0
  /** Where the length of the section of tracks is kept. */
  private lengthAt = 0
  private moves = -1

  constructor(slab: RecordSlab) {
    this.slab = slab
  }

  find(track: number): Block {
    if (this.moves !== this.slab.moves) this.locate()
    else if (track === this.track) return this
    else if (track < this.track) this.place = this.start
    const { words, end } = this
    let p = this.place
    let head = 0
    while (p < end) {
      head = words[p] as number
      if ((head & 0xffff) >= track) break
      p += 1 + (head >>> 16)
    }
    this.track = track
    this.place = p
    if (p < end && (head & 0xffff) === track) {
      this.at = p + 1
      this.length = head >>> 16
    } else {
      this.at = -1
      this.length = 0
    }
    return this
  }

  private locate(): void {
    const { slab } = this
    const at = slab.locate(sections.tracks)
    this.words = slab.words
    this.lengthAt = slab.lengthAt
    this.start = at < 0 ? 0 : slab.value + at
    this.end = at < 0 ? 0 : this.start + slab.sectionLength
    this.place = this.start
    this.moves = slab.moves
  }

  resize(offset: number, d: number): void {
    if (d === 0) return
    const length = this.length + d
    if (length > blockWordsMost) throw new CodedError('KM_STATE_TOO_LARGE', 'a track of a record is full')
    const before = this.place - this.start
    if (this.at < 0) {
      this.created = true
      this.resizeTracks(before, d + 1)
    } else if (length === 0) this.resizeTracks(before, d - 1)
    else this.resizeTracks(before + 1 + offset, d)
    this.place = this.start + before
    if (length === 0) {
      this.at = -1
      this.length = 0
      return
    }
    const { words } = this
    words[this.place] = this.track | (length << 16)
    this.at = this.place + 1
    this.length = length
    clear(words, this.at + offset, d)
  }

  /** Inserts or removes words in the section of tracks. */
  private resizeTracks(offset: number, d: number): void {
    const { slab } = this
    if (this.end - this.start + d === 0 || this.end === this.start) {
      slab.resizeSection(sections.tracks, offset, d)
      this.locate()
      return
    }
    // Nothing else has moved: the section is where it was.
    slab.resizeLocated(this.lengthAt, this.start - slab.value, offset, d)
    this.words = slab.words
    this.end += d
    this.moves = slab.moves
  }
}

/** A section of the record in hand as one block. */
export class SectionBlock implements Block {
  private readonly slab: RecordSlab
  private readonly bit: number
  private moves = -1
  private place = -1
  private held = 0

  constructor(slab: RecordSlab, bit: number) {
    this.slab = slab
    this.bit = bit
  }

  get words(): Int32Array {
    return this.slab.words
  }
  get at(): number {
    if (this.moves !== this.slab.moves) this.locate()
    return this.place
  }
  get length(): number {
    if (this.moves !== this.slab.moves) this.locate()
    return this.held
  }

  private locate(): void {
    const { slab } = this
    const at = slab.locate(this.bit)
    this.place = at < 0 ? -1 : slab.value + at
    this.held = at < 0 ? 0 : slab.sectionLength
    this.moves = slab.moves
  }

  resize(offset: number, d: number): void {
    if (d === 0) return
    const start = this.slab.resizeSection(this.bit, offset, d)
    clear(this.words, this.slab.value + start + offset, d)
  }
}
