import type { Progress } from './progress.ts'
import type { Scheduler } from './scheduler.ts'

/** A look at the log, before one at the service upstream. */
export interface LogLook {
  /** Time of day. */
  readonly at: number
  /** Of `Scheduler.now`. */
  readonly seenAt: number
  /** Topics that the service upstream reads. */
  readonly topics: readonly string[]
  /** By topic, the position behind the newest record. */
  readonly ends: readonly number[]
}

export interface UpstreamOptions {
  /** The topic through which the shard hears of what was handled upstream, and its place among those that the shard reads. */
  readonly topic: string
  readonly place: number
  /** What was heard through no more real milliseconds ago is as good as now: longer than the looks take that show it. */
  readonly nearMs: number
  /** Upstream that has committed nothing for longer (real milliseconds) has no owner: what it should fire isn't fired. */
  readonly silentMs: number
  readonly scheduler: Pick<Scheduler, 'now'>
}

/** A look that waits until upstream has come to where the log was. */
interface Waiting extends LogLook {
  /** The commit with which it had. */
  commit: number | undefined
}

/** So many looks wait; behind an upstream that is far away only the first of them and the last matter. */
const waitingMost = 16

/**
 * How far a shard has heard of what lies on the log for the service upstream of it: decide knows of a complaint only once detect
 * has read it, has put out what comes of it, and decide has handled that. So of each look at the log it is waited until
 *
 *   1. the positions that upstream has committed are where the log was,
 *   2. all outputs through that commit are on the log,
 *   3. this shard has handled its own topic up to behind them.
 *
 * Nothing is taken for granted: an upstream without an owner, one whose state went back, or a store that can't be asked
 * leave what was heard where it was.
 */
export class Upstream {
  readonly #options: UpstreamOptions
  #waiting: Waiting[] = []
  /** Its outputs are on the log up to here: it waits for this shard. */
  #next: (LogLook & { readonly position: number }) | undefined
  /** Behind what this shard has handled of the topic; an idle one says it once. */
  #handled = 0
  #heardAt = Number.NEGATIVE_INFINITY
  /** Of `Scheduler.now`; before anything was heard, the beginning. */
  #heardSeenAt: number
  #owner: string | undefined
  #commit = 0
  #committedAt: number

  constructor(options: UpstreamOptions) {
    this.#options = options
    this.#committedAt = options.scheduler.now()
    this.#heardSeenAt = this.#committedAt
  }

  /** See `At.heard`. */
  get heard(): number {
    return this.#isNear ? Number.POSITIVE_INFINITY : this.#heardAt
  }

  /** Real milliseconds since the look at the log that is the last to be heard through; 0 while upstream keeps up. */
  get behindMs(): number {
    return this.#isNear ? 0 : this.#options.scheduler.now() - this.#heardSeenAt
  }

  get #isNear(): boolean {
    const { scheduler, nearMs } = this.#options
    return Number.isFinite(this.#heardAt) && scheduler.now() - this.#heardSeenAt <= nearMs
  }

  /** The log was looked at, and then what upstream has committed for the shard. */
  looked(look: LogLook, progress: Progress): void {
    const { scheduler, silentMs, topic } = this.#options
    // Stored before there were marks: what its outbox still holds can't be told.
    const { owner, number, relayed } = progress.commit ?? { owner: '', number: 0, relayed: 0 }
    if (owner !== this.#owner) for (const waiting of this.#waiting) waiting.commit = undefined
    if (owner !== this.#owner || number !== this.#commit) this.#committedAt = scheduler.now()
    this.#owner = owner
    this.#commit = number
    if (this.#waiting.length === waitingMost) this.#waiting.pop()
    this.#waiting.push({ ...look, commit: undefined })
    for (const waiting of this.#waiting) {
      if (waiting.ends.some((end, i) => (progress.positions[waiting.topics[i] as string] ?? 0) < end)) {
        waiting.commit = undefined
      } else waiting.commit ??= number
    }
    if (this.#next || (progress.commit && scheduler.now() - this.#committedAt > silentMs)) return
    const last = this.#waiting.findLastIndex(({ commit }) => commit !== undefined && commit <= relayed)
    const done = this.#waiting[last]
    if (!done) return
    this.#next = { ...done, position: progress.ends[topic] ?? 0 }
    this.#waiting = this.#waiting.slice(last + 1)
    this.#hear()
  }

  /** By topic that the shard reads, behind what it has handled. Hot: called between stages. */
  handled(positions: readonly number[]): void {
    this.#handled = positions[this.#options.place] ?? 0
    if (this.#next) this.#hear()
  }

  #hear(): void {
    const next = this.#next
    if (!next || this.#handled < next.position) return
    this.#heardAt = next.at
    this.#heardSeenAt = next.seenAt
    this.#next = undefined
  }
}
