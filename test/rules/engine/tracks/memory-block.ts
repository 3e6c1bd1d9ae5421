import type { Block } from '../../../../services/rules/engine/tracks/track.ts'

const before = 1_431_655_765
const behind = -1
const left = -559_038_737

/** A block that moves at every change of its length: into another array, at another place, among words of others. */
export class MemoryBlock implements Block {
  words = new Int32Array(0)
  at = -1
  length = 0
  private moves = 0
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  resize(offset: number, d: number): void {
    if (d === 0 || offset < 0 || offset - Math.min(0, d) > this.length) {
      throw new RangeError(`resize(${offset}, ${d}) of ${this.length} words`)
    }
    const own = this.content()
    const next = new Int32Array(own.length + d)
    next.set(own.subarray(0, offset))
    next.set(own.subarray(d < 0 ? offset - d : offset), Math.max(offset, offset + d))
    this.become(next)
  }

  content(): Int32Array {
    return this.at < 0 ? new Int32Array(0) : this.words.slice(this.at, this.at + this.length)
  }

  become(own: Int32Array): void {
    if (own.length > this.most) throw new RangeError(`${own.length} words where ${this.most} are the most`)
    const from = (this.moves++ * 7) % 13
    // What stays behind in the old place is not to be read again.
    this.words.fill(left)
    this.words = new Int32Array(from + own.length + 5).fill(before, 0, from).fill(behind, from)
    this.words.set(own, from)
    this.length = own.length
    this.at = own.length === 0 ? -1 : from
  }

  /** Throws where words of others aren't as they were. */
  checkNeighbours(): void {
    if (this.at < 0) return
    const others = [this.words.subarray(0, this.at).every((word) => word === before)]
    others.push(this.words.subarray(this.at + this.length).every((word) => word === behind))
    if (others.includes(false)) throw new Error('words of a neighbour were changed')
  }
}

/** A block that stays where it is, for many events: words behind it move. */
export class RoomyBlock implements Block {
  readonly words: Int32Array
  at = -1
  length = 0

  constructor(most: number) {
    this.words = new Int32Array(most)
  }

  resize(offset: number, d: number): void {
    this.at = 0
    this.words.copyWithin(Math.max(offset, offset + d), d < 0 ? offset - d : offset, this.length)
    if (d > 0) this.words.fill(0, offset, offset + d)
    this.length += d
  }
}
