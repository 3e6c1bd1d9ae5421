import type { ShardId } from '../domain/ids.ts'
import type { ServiceNode } from '../topology.ts'
import { abortable } from './abortable.ts'
import { Bell } from './bell.ts'
import type { Clock } from './clock.ts'
import type { EventLog } from './event-log.ts'
import type { FlowObserver } from './observer.ts'
import { decodeProgress } from './progress.ts'
import type { Scheduler } from './scheduler.ts'
import type { FlowSettings } from './settings.ts'
import type { StateStore } from './state-store.ts'
import { Upstream } from './upstream.ts'

export interface UpstreamWatchParts {
  readonly node: ServiceNode
  readonly upstream: ServiceNode
  readonly log: EventLog
  readonly store: StateStore
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly settings: FlowSettings
  readonly observer: FlowObserver
}

/** So many looks in a row may fail, or take as long, before it is no longer known that upstream keeps up. */
const looksMissed = 10
/** An upstream at work commits as often as this many times within what counts as silence. */
const commitsMissed = 3

/**
 * Looks every `upstreamMs` at how far the log goes and how far the service upstream has come, for all shards that this process
 * has: one question to the log, and a short one to the store for each shard. What can't be asked is asked again next time.
 */
export class UpstreamWatch {
  readonly #parts: UpstreamWatchParts
  readonly #shards = new Map<ShardId, Upstream>()
  readonly #life = new AbortController()
  readonly #bell: Bell
  readonly #ended: Promise<void>

  constructor(parts: UpstreamWatchParts) {
    this.#parts = parts
    this.#bell = new Bell(parts.scheduler)
    this.#ended = this.#run()
  }

  /** A shard begins, and has heard nothing yet. */
  begin(shard: ShardId): Upstream {
    const { node, upstream, settings, scheduler } = this.#parts
    const place = node.reads.findIndex((topic) => upstream.writes.includes(topic))
    const known = new Upstream({
      topic: node.reads[place]?.name ?? '',
      place,
      nearMs: looksMissed * settings.upstreamMs,
      silentMs: commitsMissed * Math.max(settings.proofMs, settings.idleMs),
      scheduler,
    })
    this.#shards.set(shard, known)
    this.#bell.ring()
    return known
  }

  end(shard: ShardId): void {
    this.#shards.delete(shard)
  }

  async stop(): Promise<void> {
    this.#life.abort()
    this.#bell.ring()
    await this.#ended
  }

  async #run(): Promise<void> {
    while (!this.#life.signal.aborted) {
      this.#bell.listen()
      await this.#look()
      await this.#bell.wait(this.#parts.settings.upstreamMs)
    }
  }

  async #look(): Promise<void> {
    const { upstream, log, clock, scheduler } = this.#parts
    const [first] = this.#shards.keys()
    if (first === undefined) return
    // Before the question: whatever lay on the log then is in the answer.
    const at = clock.now()
    const seenAt = scheduler.now()
    const topics = upstream.reads.map(({ name }) => name)
    try {
      const ends = await log.ends(topics, this.#life.signal)
      await Promise.all(
        [...this.#shards].map(async ([shard, known]) => {
          const own = { at, seenAt, topics, ends: ends.map((byShard) => byShard[shard] ?? 0) }
          await this.#progressOf(shard).then(
            (progress) => known.looked(own, progress),
            (error: unknown) => this.#retrying(shard, error),
          )
        }),
      )
    } catch (error) {
      this.#retrying(first, error)
    }
  }

  async #progressOf(shard: ShardId) {
    const { store, upstream } = this.#parts
    // Who stops doesn't wait for a store that is away.
    const text = await abortable(store.progress(upstream.name, shard), this.#life.signal)
    return decodeProgress(text ?? '')
  }

  #retrying(shard: ShardId, error: unknown): void {
    if (!this.#life.signal.aborted) this.#parts.observer.retrying(shard, error)
  }
}
