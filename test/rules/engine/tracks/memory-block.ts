import { expect } from 'vitest'
import type { Block } from '../../../../services/rules/engine/tracks/track.ts'

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
    expect(d, 'a resize that changes nothing').not.toBe(0)
    expect(offset).toBeGreaterThanOrEqual(0)
    expect(offset - Math.min(0, d)).toBeLessThanOrEqual(this.length)
    const own = this.content()
    const rest = own.subarray(d < 0 ? offset - d : offset)
    this.become([...own.subarray(0, offset), ...new Int32Array(Math.max(0, d)), ...rest])
  }

  content(): Int32Array {
    return this.at < 0 ? new Int32Array(0) : this.words.slice(this.at, this.at + this.length)
  }

  become(own: Iterable<number>): void {
    const words = [...own]
    expect(words.length, 'words of the block').toBeLessThanOrEqual(this.most)
    const before = (this.moves++ * 7) % 13
    // What stays behind in the old place is not to be read again.
    this.words.fill(-559_038_737)
    this.words = Int32Array.from([...new Array(before).fill(1_431_655_765), ...words, ...new Array(5).fill(-1)])
    this.length = words.length
    this.at = words.length === 0 ? -1 : before
  }

  /** Words of others are as they were. */
  checkNeighbours(): void {
    if (this.at < 0) return
    expect(this.words.subarray(0, this.at).every((word) => word === 1_431_655_765)).toBe(true)
    expect(this.words.subarray(this.at + this.length).every((word) => word === -1)).toBe(true)
  }
}
