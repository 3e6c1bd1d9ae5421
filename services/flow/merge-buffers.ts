/**
 * Memory of all merges of a service in this process: what was read from the log and is not yet handled. Each topic of each
 * shard may hold an equal share, whatever the number of shards that the process was given, and what one fetch brings more.
 */
export class MergeBuffers {
  readonly #bytesMax: number
  #topics = 0
  /** Bytes that wait now. */
  bytes = 0

  /** `bytesMax`: for all of them together. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes that may wait of one topic of a shard, before it is paused. */
  get share(): number {
    return this.#bytesMax / Math.max(1, this.#topics)
  }

  /** A shard's topics begin to be read. */
  open(topics: number): void {
    this.#topics += topics
  }

  /** They end, with so many bytes still waiting. */
  close(topics: number, bytes: number): void {
    this.#topics -= topics
    this.bytes -= bytes
  }
}
