import { CodedError } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { Codec } from '../records/codec.ts'
import type { ServiceNode } from '../topology.ts'
import type { Clock } from './clock.ts'
import type { EventLog, ShardFeed } from './event-log.ts'
import type { MergeBuffers } from './merge-buffers.ts'
import type { FlowObserver } from './observer.ts'
import type { Places } from './places.ts'
import type { Processor } from './processor.ts'
import type { Scheduler } from './scheduler.ts'
import type { FlowSettings } from './settings.ts'
import type { ShardStore } from './state-store.ts'
import type { Upstream } from './upstream.ts'

/** What a shard is made of. */
export interface ShardParts<Effect, EffectResult> {
  readonly node: ServiceNode
  readonly shard: ShardId
  readonly log: EventLog
  readonly store: ShardStore
  readonly feed: ShardFeed
  readonly codec: Codec
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly processor: Processor<Effect, EffectResult>
  readonly settings: FlowSettings
  readonly observer: FlowObserver
  /** Of the service, shared by its shards. */
  readonly buffers: MergeBuffers
  /** By topic that is read, how late its events may be; the clock waits for a feed that is later (`FeedDelay`). */
  readonly graceMs?: readonly number[]
  /** What is known of the service whose outputs this one waits for; missing: there is none. */
  readonly upstream?: Upstream | undefined
  /** Aborted (by `aborted()`): nothing outside is waited for any more. The store was claimed with its signal. */
  readonly life: AbortController
  /** Runs an effect; resolves with what the step is told of it. */
  readonly runEffect?: (effect: Effect) => Promise<EffectResult>
  /**
   * What waits for something outside the log looks again by itself after so many milliseconds at most: whoever has a deadline
   * within them is looked at when the shard begins, and at `Shard.recall`. Missing: nothing waits so.
   */
  readonly recallMs?: number | undefined
  /** Places outside for effects; missing: there is always room. */
  readonly places?: Places<Effect> | undefined
}

export const aborted = (): CodedError => new CodedError('KM_SHARD_ABORTED', 'the shard was stopped at once')
