import { CodedError, isCoded } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { Codec } from '../records/codec.ts'
import type { ServiceNode } from '../topology.ts'
import type { Clock } from './clock.ts'
import type { EventLog, Membership, ShardFeed } from './event-log.ts'
import type { TopicDelay } from './feed-delay.ts'
import { MergeBuffers } from './merge-buffers.ts'
import type { FlowObserver } from './observer.ts'
import type { Places } from './places.ts'
import type { Processor } from './processor.ts'
import { nodeScheduler, type Scheduler } from './scheduler.ts'
import type { FlowSettings } from './settings.ts'
import { Shard } from './shard.ts'
import { aborted } from './shard-parts.ts'
import type { StateStore } from './state-store.ts'
import { UpstreamWatch } from './upstream-watch.ts'

export interface ServiceParts<P extends Processor<Effect, EffectResult>, Effect, EffectResult> {
  readonly node: ServiceNode
  readonly log: EventLog
  readonly store: StateStore
  readonly codec: Codec
  readonly clock: Clock
  /** Default: Node's timers. */
  readonly scheduler?: Scheduler | undefined
  readonly settings: FlowSettings
  readonly observer: FlowObserver
  /** The service whose outputs this one waits for, as policy rests on them: each shard is told how far it has heard of it. */
  readonly upstream?: ServiceNode
  /** See `ShardParts`. */
  readonly graceMs?: readonly number[]
  readonly createProcessor: (shard: ShardId) => P
  readonly runEffect?: (effect: Effect) => Promise<EffectResult>
  /** See `ShardParts`. */
  readonly places?: Places<Effect>
  /** See `ShardParts`. */
  readonly recallMs?: number
  /** The membership failed for good: the process should end. */
  readonly onFailed: (error: unknown) => void
}

/** A service at work on the shards that it was given. */
export interface RunningService<P> {
  /** Every shard that this process has: what it does, and where it is in its inputs. */
  shards(): readonly ShardReport[]
  /** Bytes that were read from the log and are not yet handled, in all shards of this process. */
  waitingBytes(): number
  /** Processors of the shards that run. */
  processors(): readonly P[]
  /** Everything that the log had was handled, and its outputs are on the log. */
  isIdle(): boolean
  /** Something outside has changed that states may wait for: whoever has a deadline within `recallMs` is looked at now. */
  recall(): void
  /** Hands the shards over in order. Waits at most `millis` for what is under way outside. */
  stop(millis?: number): Promise<void>
}

export interface ShardReport {
  readonly shard: ShardId
  readonly state: 'starting' | 'running' | 'waiting'
  /** Why it waits. */
  readonly fault: CodedError | undefined
  /** By topic of the service, in order. */
  readonly positions: readonly number[]
  /** Greatest event time seen; -Infinity before the first. */
  readonly head: number
  /** By topic; empty before it works. */
  readonly delays: readonly TopicDelay[]
  /** How far behind is what it has heard of the service upstream, in real milliseconds; undefined: nobody is upstream. */
  readonly unheardMs: number | undefined
}

const firstWaitMs = 100
const longestWaitMs = 5_000
/** What another version of the program, or of the state, must cure needn't be looked for so often. */
const longestIdleMs = 30_000
/** A shard that has worked for so long is over what stopped it. */
const steadyMs = 10_000
const handOverMs = 5_000

/** Joins the service's group and runs a shard for each that it is given; a shard that fails is claimed and begun anew. */
export async function startService<P extends Processor<Effect, EffectResult>, Effect = never, EffectResult = never>(
  parts: ServiceParts<P, Effect, EffectResult>,
): Promise<RunningService<P>> {
  const owned = new Map<ShardId, OwnedShard<P, Effect, EffectResult>>()
  const buffers = new MergeBuffers(parts.settings.queueBytes)
  const { upstream, scheduler = nodeScheduler } = parts
  // By event time alone (simulate) there is no time of day that what was heard could be behind.
  const hasWallClock = parts.clock.now() > Number.NEGATIVE_INFINITY
  const watch = upstream && hasWallClock ? new UpstreamWatch({ ...parts, upstream, scheduler }) : undefined
  let patience = handOverMs
  const membership: Membership = await parts.log.join({
    group: parts.node.name,
    topics: parts.node.reads.map(({ name }) => name),
    assigned(shard, feed) {
      owned.set(shard, new OwnedShard(parts, shard, feed, buffers, watch))
    },
    async revoked(shard) {
      const gone = owned.get(shard)
      owned.delete(shard)
      await gone?.release(patience)
    },
    failed: parts.onFailed,
  })
  return {
    shards: () => [...owned.values()].map((shard) => shard.report()),
    waitingBytes: () => buffers.bytes,
    processors: () => [...owned.values()].flatMap(({ processor }) => (processor ? [processor] : [])),
    isIdle: () => [...owned.values()].every((shard) => shard.isIdle()),
    recall() {
      for (const shard of owned.values()) shard.recall()
    },
    async stop(millis = handOverMs) {
      patience = millis
      await membership.leave()
      await watch?.stop()
    },
  }
}

/** A shard from assignment to revocation, over as many beginnings as it takes. */
class OwnedShard<P extends Processor<Effect, EffectResult>, Effect, EffectResult> {
  readonly #parts: ServiceParts<P, Effect, EffectResult>
  readonly #shard: ShardId
  readonly #feed: ShardFeed
  readonly #buffers: MergeBuffers
  readonly #watch: UpstreamWatch | undefined
  readonly #scheduler: Scheduler
  readonly #released = new AbortController()
  /** Of the present beginning: what it waits for outside ends with it. */
  #life = new AbortController()
  readonly #ended: Promise<void>
  #running: Shard<Effect, EffectResult> | undefined
  #fault: CodedError | undefined
  processor: P | undefined

  constructor(
    parts: ServiceParts<P, Effect, EffectResult>,
    shard: ShardId,
    feed: ShardFeed,
    buffers: MergeBuffers,
    watch: UpstreamWatch | undefined,
  ) {
    this.#parts = parts
    this.#shard = shard
    this.#feed = feed
    this.#buffers = buffers
    this.#watch = watch
    this.#scheduler = parts.scheduler ?? nodeScheduler
    this.#ended = this.#supervise()
  }

  report(): ShardReport {
    // While it only tries again, what stopped it still does.
    const fault = this.#isSteady ? undefined : this.#fault
    const state = fault ? 'waiting' : this.#running?.runningSince === undefined ? 'starting' : 'running'
    const { positions = [], head = Number.NEGATIVE_INFINITY, unheardMs } = this.#running ?? {}
    const delays = this.#running?.delays() ?? []
    return { shard: this.#shard, state, fault, positions, head, delays, unheardMs }
  }

  isIdle(): boolean {
    return this.#running?.isIdle === true
  }

  /** It works, and not only until it comes to what has stopped it before. */
  get #isSteady(): boolean {
    const since = this.#running?.runningSince
    return since !== undefined && (this.isIdle() || this.#scheduler.now() - since >= steadyMs)
  }

  /** One that begins later looks by itself. */
  recall(): void {
    this.#running?.recall()
  }

  async release(patienceMs: number): Promise<void> {
    this.#released.abort()
    // What isn't claimed yet has nothing that would have to be handed over.
    if (this.#running) this.#running.stop()
    else this.#life.abort(aborted())
    const cancel = this.#scheduler.after(patienceMs, () => this.#running?.abort())
    await this.#ended
    cancel()
  }

  async #supervise(): Promise<void> {
    let wait = firstWaitMs
    while (!this.#released.signal.aborted) {
      try {
        await this.#runOnce()
        return
      } catch (error) {
        if (this.#released.signal.aborted && isCoded(error, 'KM_SHARD_ABORTED')) return
        const { node, observer } = this.#parts
        const before = this.#isSteady ? undefined : this.#fault
        this.#fault = located(error, node.name, this.#shard)
        if (this.#fault.code !== before?.code) wait = firstWaitMs
        observer.failed(this.#shard, this.#fault, this.#fault.message === before?.message)
      } finally {
        this.#watch?.end(this.#shard)
        this.#running = undefined
        this.processor = undefined
      }
      // Another owner has it: a rebalance is on its way, so there is no hurry to take it back.
      if (isCoded(this.#fault, 'KM_SHARD_FENCED')) wait = longestWaitMs
      await this.#scheduler.wait(wait, this.#released.signal)
      wait = Math.min(2 * wait, isCuredHere(this.#fault) ? longestWaitMs : longestIdleMs)
    }
  }

  async #runOnce(): Promise<void> {
    const { node, store, createProcessor } = this.#parts
    this.#life = new AbortController()
    const claimed = await store.claim(node.name, this.#shard, this.#life.signal)
    if (this.#released.signal.aborted) return
    this.processor = createProcessor(this.#shard)
    this.#running = new Shard<Effect, EffectResult>({
      ...this.#parts,
      scheduler: this.#scheduler,
      shard: this.#shard,
      store: claimed,
      feed: this.#feed,
      buffers: this.#buffers,
      upstream: this.#watch?.begin(this.#shard),
      processor: this.processor,
      life: this.#life,
    })
    await this.#running.run()
  }
}

/** By time, or by `keymoment restore`. */
const isCuredHere = (fault: CodedError | undefined): boolean => fault?.canRetry === true || curedHere.has(fault?.code)
const curedHere = new Set<string | undefined>([
  'KM_SHARD_FENCED',
  'KM_STATE_ROLLED_BACK',
  'KM_STATE_MISSING',
  'KM_LOG_GAP',
])

function located(error: unknown, service: string, shard: ShardId): CodedError {
  const place = `${service}, shard ${shard}`
  if (!(error instanceof CodedError)) return new CodedError('KM_SHARD_FAILED', `${place}: ${error}`, { cause: error })
  const { code, message, canRetry } = error
  return new CodedError(code, `${place}: ${message}`, { canRetry, cause: error })
}
