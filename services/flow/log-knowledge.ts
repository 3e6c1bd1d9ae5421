import type { ShardParts } from './shard-parts.ts'

/** A shard that was at the end of its log looks again before its clock follows the wall clock by more than this. Milliseconds. */
const unseenMost = 5_000
/** A log that can't be asked, or has more than was read, is looked at again so soon. Milliseconds. */
const againMs = 100

type Parts = Pick<ShardParts<never, never>, 'node' | 'shard' | 'log' | 'life' | 'scheduler' | 'observer'>

/**
 * Whether a shard that has read everything has read what the log has now. While it works it is told at once of what comes;
 * but a process that was stopped for a while (a suspended machine) wakes with the time of day hours further and takes its log
 * to be as it was. Deadlines would pass, and policy be judged, without what lies on the log since.
 */
export class LogKnowledge {
  readonly #parts: Parts
  #seenAt = Number.NEGATIVE_INFINITY
  #againAt = Number.NEGATIVE_INFINITY

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Real milliseconds until it is worth asking again; 0: nothing is missing. */
  get wait(): number {
    return Math.max(0, this.#againAt - this.#parts.scheduler.now())
  }

  /** `positions`: behind what was read, by topic. `wall`: the time of day to which the clock would go. */
  async reaches(wall: number, positions: readonly number[]): Promise<boolean> {
    if (wall - this.#seenAt > unseenMost && !(await this.#isRead(positions))) return false
    this.#seenAt = Math.max(this.#seenAt, wall)
    return true
  }

  async #isRead(positions: readonly number[]): Promise<boolean> {
    if (this.wait > 0) return false
    const { node, shard, log, life, scheduler, observer } = this.#parts
    try {
      const ends = await log.ends(
        node.reads.map(({ name }) => name),
        life.signal,
      )
      if (ends.every((byShard, topic) => (byShard[shard] ?? 0) <= (positions[topic] ?? 0))) return true
    } catch (error) {
      life.signal.throwIfAborted()
      observer.retrying(shard, error)
    }
    this.#againAt = scheduler.now() + againMs
    return false
  }
}
