import { topics } from '../topology.ts'
import type { ShardParts } from './shard-parts.ts'

/** Records that are known; those beyond are handled as if they had never failed. */
const knownMost = 100_000

/**
 * Records that are dead letters by what is on the log, though the state went back to before them. They stay dead letters: a
 * version that has mended the fault would handle them in their place now, and once more where somebody has them re-run.
 */
export class AdoptedLetters {
  readonly #positions = new Map<number, Set<number>>()
  readonly #last = new Map<number, number>()
  #from: number | undefined
  size = 0

  /** Position of the first letter on its topic, for who takes over next. `positions`: behind what was read, by topic. */
  storedFrom(positions: readonly number[]): number | undefined {
    for (const [topic, known] of this.#positions) {
      // What retention has dropped doesn't come any more.
      if ((positions[topic] ?? 0) <= (this.#last.get(topic) ?? 0)) continue
      this.size -= known.size
      this.#positions.delete(topic)
    }
    return this.size === 0 ? undefined : this.#from
  }

  /** The record at this place is one; it comes once. */
  take(topic: number, position: number): boolean {
    const isLetter = this.#positions.get(topic)?.delete(position) === true
    if (isLetter) this.size--
    return isLetter
  }

  /**
   * Reads the letters of a shard from one position on their topic to another. Those of records in their own place lie on the
   * shard of these records. `positions`: what lies before them was handled, by topic.
   */
  async read<E, R>(
    { node, shard, log, codec, life }: ShardParts<E, R>,
    { from, to }: { readonly from: number; readonly to: number },
    positions: readonly number[],
  ): Promise<void> {
    const { name, schema } = topics.deadLetters
    if (from >= to) return
    this.#from = from
    for await (const batch of log.read(name, shard, from, to, life.signal)) {
      while (batch.next()) {
        const letter = codec.decode(schema, batch.value, batch.valueStart, batch.valueEnd)
        const isOwn = letter.service === node.name && letter.shard === shard && letter.attempt == null
        const topic = isOwn ? node.reads.findIndex((read) => read.name === letter.topic) : -1
        if (topic >= 0 && letter.position >= (positions[topic] ?? 0)) this.#add(topic, letter.position)
      }
    }
  }

  #add(topic: number, position: number): void {
    const known = this.#positions.get(topic) ?? new Set()
    if (known.has(position) || this.size >= knownMost) return
    this.#positions.set(topic, known.add(position))
    this.#last.set(topic, Math.max(position, this.#last.get(topic) ?? 0))
    this.size++
  }
}
