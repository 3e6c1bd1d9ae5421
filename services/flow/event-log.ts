import type { ShardId } from '../domain/ids.ts'

/**
 * Port: the log of all topics. Adapters: `adapters/embedded` (SQLite) and `adapters/kafka`.
 * Positions are per topic and shard, increase by record, and may have gaps (compaction).
 */
export interface EventLog {
  /** Number of shards of every topic; fixed when the system was created. */
  readonly shards: number

  /**
   * Appends records, each to the shard of its key. Resolves when all are durable (acks=all, fsync), with the position
   * behind the last record by topic and shard. Order is kept among records of one topic and shard, also across calls
   * (calls are sent one after the other).
   * @throws CodedError KM_LOG_UNAVAILABLE (canRetry): not known to be durable; a retry may double records.
   */
  append(records: readonly AppendRecord[]): Promise<readonly AppendedTo[]>

  /**
   * The position behind the newest record, by topic (in the order asked) and shard.
   * @throws what the signal was aborted with, at once
   */
  ends(topics: readonly string[], signal?: AbortSignal): Promise<readonly (readonly number[])[]>

  /**
   * The position of the oldest kept record, or the end where none is kept, by topic (in the order asked) and shard. Above 0,
   * retention has dropped what was before it.
   * @throws what the signal was aborted with, at once
   */
  begins(topics: readonly string[], signal?: AbortSignal): Promise<readonly (readonly number[])[]>

  /**
   * Records of one topic and shard from position `from` up to, not including, `to`, in batches.
   * @throws what the signal was aborted with, at once
   */
  read(topic: string, shard: ShardId, from: number, to: number, signal?: AbortSignal): AsyncIterable<RecordBatch>

  /** Shares the shards of the topics (co-partitioned: a shard of all topics goes to one member) among a group. */
  join(options: JoinOptions): Promise<Membership>

  close(): Promise<void>
}

export interface AppendRecord {
  readonly topic: string
  /** Subscriber id; decides the shard (see `shardOf`). */
  readonly key: string
  readonly value: Uint8Array
}

export interface AppendedTo {
  readonly topic: string
  readonly shard: ShardId
  /** Behind the last record of this append. */
  readonly end: number
}

/** One record, as a view that its owner moves on: nothing of it may be kept but its buffers. */
export interface RecordView {
  readonly position: number
  /** When the log took the record; milliseconds since 1970. */
  readonly appendedAt: number
  readonly key: Buffer
  readonly keyStart: number
  readonly keyEnd: number
  /** Empty (start = end) for a tombstone. */
  readonly value: Buffer
  readonly valueStart: number
  readonly valueEnd: number
}

/**
 * Some records of one topic and shard, read in order through a cursor, so that the hot path makes no object per record.
 * Before the first `next()` the cursor's fields have no meaning.
 */
export interface RecordBatch extends RecordView {
  readonly count: number
  /** Position from which to go on behind this batch. */
  readonly nextPosition: number
  /** Bytes of keys and values, for bounding memory. */
  readonly bytes: number
  /** Bytes of memory that the batch holds, where that is known without a pass over its records; default: `bytes`. */
  readonly heldBytes?: number
  /** The batch reached the end of the topic as it was when it was read. */
  readonly atEnd: boolean

  /** Moves to the next record; false behind the last. */
  next(): boolean
}

export interface JoinOptions {
  /** Consumer group: the service's name. */
  readonly group: string
  /** Names, in the order in which `RecordSink.push` numbers them. */
  readonly topics: readonly string[]
  /**
   * This member has the shard now. Called once for each shard it gets; a shard that it keeps over a rebalance stays
   * started and is not announced again. Nothing is delivered before `feed.start`.
   */
  assigned(shard: ShardId, feed: ShardFeed): void
  /** The shard is gone (rebalance or `leave`); the member's claim on the state is fenced by the next owner. Awaited. */
  revoked(shard: ShardId): Promise<void>
  /** The membership itself failed for good; the process should end and be restarted. */
  failed(error: Error): void
}

/** What a member controls of one shard's topics. */
export interface ShardFeed {
  /**
   * Delivers from the given positions, one per topic. What is below the oldest kept record is gone: see `RecordSink.dropped`.
   * Called again (after the state went back), it starts anew there, and the earlier sink gets nothing more.
   */
  start(positions: readonly number[], sink: RecordSink): void
  /** No more batches of the topic until `resume`; those under way may still arrive. */
  pause(topic: number): void
  resume(topic: number): void
  /** Tells the log how far the shard has come; for lag graphs only. */
  progress(positions: readonly number[]): void
}

export interface RecordSink {
  /**
   * Batches of one topic arrive in order, without gaps or repeats. A topic that has nothing from the start position on
   * delivers an empty batch (count 0, atEnd) at once, so that the merge doesn't wait for it. Never throws.
   */
  push(topic: number, batch: RecordBatch): void

  /**
   * Retention has dropped the records of a topic from position `from` up to, not including, `to` before they were delivered.
   * Nothing more of the topic comes until the feed starts anew. A sink without this goes on at `to`. Never throws.
   */
  dropped?(topic: number, from: number, to: number): void
}

export interface Membership {
  /** Shards held now. */
  shards(): readonly ShardId[]
  /** Revokes all shards in order and leaves the group. */
  leave(): Promise<void>
}
