import type { Clock } from './clock.ts'
import { nodeScheduler, type Scheduler } from './scheduler.ts'

/** Milliseconds and milliseconds since 1970; NaN where there is nothing. */
export interface TopicDelay {
  /** From the time of the last record that was handled to its arrival on the log. */
  readonly feedMs: number
  /** When the log took the oldest record that waits in the shard. */
  readonly waitingSince: number
}

/**
 * How far the wall clock may take the clock of a shard that has read everything. A feed whose newest event came later than
 * the grace of its type (mediation that catches up, an import of history) is behind: what happened since is still to come,
 * and while the feed goes on the wall clock counts only less that delay, or absences would fire in every pause of the
 * producer. Once nothing has come for `pauseMs` (real milliseconds) the feed is taken to be silent, and time goes on.
 */
export class FeedDelay {
  readonly #clock: Clock
  /** By topic; empty: the clock waits for no feed. Milliseconds. */
  readonly #graceMs: readonly number[]
  readonly #pauseMs: number
  readonly #scheduler: Pick<Scheduler, 'now'>
  #delay = 0
  #measuredAt = Number.NEGATIVE_INFINITY
  #topic = 0
  #time = Number.NEGATIVE_INFINITY
  #appendedAt = Number.NEGATIVE_INFINITY
  #isNew = false

  constructor(
    clock: Clock,
    graceMs: readonly number[],
    pauseMs: number,
    scheduler: Pick<Scheduler, 'now'> = nodeScheduler,
  ) {
    this.#clock = clock
    this.#graceMs = graceMs
    this.#pauseMs = pauseMs
    this.#scheduler = scheduler
  }

  /** The newest event of the shard was handled: its time, and when the log took it. Hot. */
  newest(topic: number, time: number, appendedAt: number): void {
    this.#topic = topic
    this.#time = time
    this.#appendedAt = appendedAt
    this.#isNew = true
  }

  /** By how much the feed was behind when its newest event came; 0: not beyond the grace. Milliseconds. */
  get delay(): number {
    if (this.#isNew) this.#measure()
    return this.#delay
  }

  /** Another process has measured it: the feed is waited for anew. */
  restore(delay: number): void {
    this.#delay = delay
    this.#measuredAt = this.#scheduler.now()
  }

  /** Time to which the clock may go by itself now. */
  get reach(): number {
    return this.#clock.caughtUpTo() - (this.#pauseLeft > 0 ? this.#delay : 0)
  }

  /** Real milliseconds after which it is worth asking whether `reach` has come to `time`. */
  millisUntil(time: number): number {
    const left = this.#pauseLeft
    if (left <= 0 || this.#delay === 0) return this.#clock.millisUntil(time)
    return Math.min(this.#clock.millisUntil(time + this.#delay), Math.max(left, this.#clock.millisUntil(time)))
  }

  /** Real milliseconds for which the feed is still waited for. */
  get #pauseLeft(): number {
    return this.delay === 0 ? 0 : this.#measuredAt + this.#pauseMs - this.#scheduler.now()
  }

  #measure(): void {
    this.#isNew = false
    this.#measuredAt = this.#scheduler.now()
    // The clock of a demonstration may be behind that of Kafka's brokers.
    const now = this.#clock.now()
    const delay = (this.#appendedAt > 0 ? Math.min(this.#appendedAt, now) : now) - this.#time
    this.#delay = delay > (this.#graceMs[this.#topic] ?? Number.POSITIVE_INFINITY) ? delay : 0
  }
}
