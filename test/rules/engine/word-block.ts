import type { Block } from '../../../services/rules/engine/tracks/track.ts'

/** A block in memory of its own, which moves whenever its length changes, as one in a record may. */
export class WordBlock implements Block {
  words = new Int32Array(0)
  at = -1
  length = 0

  resize(offset: number, d: number): void {
    const length = this.length + d
    const at = length === 0 ? -1 : (this.at + 7) % 5
    const words = new Int32Array(Math.max(0, at) + length).fill(-1)
    for (let i = 0; i < length; i++) {
      const from = i < offset ? i : i < offset + d ? -1 : i - d
      words[at + i] = from < 0 ? 0 : (this.words[this.at + from] as number)
    }
    this.words = words
    this.at = at
    this.length = length
  }
}
