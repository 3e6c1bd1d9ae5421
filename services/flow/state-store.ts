import type { ShardId } from '../domain/ids.ts'

/**
 * Port: the durable, fenced view of each shard's state. Adapters: `adapters/embedded` (SQLite) and `adapters/redis`
 * (single node and Cluster). A shard has one owner; the state in memory is the owner's, this is what survives it.
 */
export interface StateStore {
  /**
   * Takes a shard of a service under a new epoch (time and random, never used twice): every commit under an earlier
   * epoch is refused from now on. When the signal is aborted, this and whatever is asked of the claimed shard ends at once
   * with KM_SHARD_ABORTED, done or not.
   * @throws CodedError KM_STORE_UNAVAILABLE (canRetry), KM_STORE_UNSAFE (an eviction policy or no append-only file),
   *   KM_SHARD_ABORTED
   */
  claim(service: string, shard: ShardId, signal?: AbortSignal): Promise<ShardStore>
  /**
   * Looks at one state without owning its shard, from any process: what the last commits left, so a little behind the owner.
   * All of it is of the same commit. undefined: nothing was ever committed.
   */
  peek(service: string, shard: ShardId, key: string): Promise<PeekedState | undefined>
  /** The progress alone, as `peek` finds it; undefined: nothing was ever committed. */
  progress(service: string, shard: ShardId): Promise<string | undefined>
  /**
   * All states of a shard without owning it, some at a time: each as one of the last commits left it, not all of the same one.
   * Nothing where nothing was ever committed.
   */
  scan(service: string, shard: ShardId): AsyncIterable<readonly (readonly [key: string, value: Buffer])[]>
  /** A small map with expiry, outside the shards, for edges (an SMSC's message id → command). */
  index(name: string): ExpiringIndex
  close(): Promise<void>
}

/** What `peek` found. */
export interface PeekedState {
  /** As given to the last commit. */
  readonly progress: string
  /** As given to the last commit that had one. */
  readonly note: string
  readonly value: Buffer | null
}

/** What a claim found. */
export interface StoredShard {
  /** Number of the last commit; 0: the shard has no genesis record, nothing was ever committed. */
  readonly sequence: number
  /** As given to the last commit; '' before the first. */
  readonly progress: string
  /** As given to the last commit that had one; '' before that, and in a store that was written before there were notes. */
  readonly note: string
  readonly timers: readonly TimerEntry[]
  /** Committed outputs that are not known to be on the log, oldest first. */
  readonly outbox: readonly OutboxRow[]
}

export interface TimerEntry {
  /** Start of the coarse slot, milliseconds since 1970: not later than the deadline that it finds. */
  readonly slot: number
  readonly key: string
}

export interface OutboxRow {
  /** Number of the commit that wrote it. */
  readonly sequence: number
  readonly bytes: Buffer
}

export interface ShardStore {
  readonly epoch: string
  readonly stored: StoredShard

  /** Values of the keys, in their order; null where there is none. */
  load(keys: readonly string[]): Promise<readonly (Buffer | null)[]>

  /**
   * One atomic act: checks epoch and previous sequence, then writes all of the group. Resolves when it is done (with
   * Redis replicas: acknowledged by them). Settles ambiguous replies by itself, by reading epoch and sequence back.
   * `group.writes` is read before this returns its promise: the caller may change the records afterwards.
   * At most two commits may be under way; they are applied in order.
   * @throws CodedError KM_SHARD_FENCED another owner has the shard; stop.
   * @throws CodedError KM_STATE_ROLLED_BACK the store went back behind this owner; claim again, reload and replay.
   * @throws CodedError KM_STORE_UNAVAILABLE not known whether it was done; claim again.
   * @throws CodedError KM_SHARD_ABORTED given up: not known whether it was done.
   */
  commit(group: CommitGroup): Promise<void>

  /** All keys and values, for restoring in bulk. */
  scan(): AsyncIterable<readonly (readonly [key: string, value: Buffer])[]>
}

export interface CommitGroup {
  /** Number of this commit: the one before it plus one. */
  readonly sequence: number
  /** Opaque to the store: input and output positions, clocks. */
  readonly progress: string
  /** Opaque to the store, and large: how the states are to be read. null: as before. */
  readonly note: string | null
  readonly writes: StateWrites
  /** Encoded outputs; null for none. */
  readonly outbox: Uint8Array | null
  /** Outbox rows up to this commit number are on the log and are dropped. */
  readonly trimThrough: number
  readonly timersAdded: readonly TimerEntry[]
  /** Applied before `timersAdded`: an entry in both stays. */
  readonly timersRemoved: readonly TimerEntry[]
}

/** Changed states, copied by the adapter straight to where they go. A value of length 0 removes the key. */
export interface StateWrites {
  readonly count: number
  /** Bytes of them, roughly: undefined where that isn't known before they are copied. */
  readonly bytes?: number
  /** Those from `from` up to, not including, `to` are read next: time to have them at hand. */
  expect?(from: number, to: number): void
  keyLength(i: number): number
  /** Writes the key's UTF-8 bytes into `target` at `at`; returns the end. */
  copyKey(i: number, target: Buffer, at: number): number
  valueLength(i: number): number
  copyValue(i: number, target: Buffer, at: number): number
}

export const noWrites: StateWrites = {
  count: 0,
  keyLength: () => 0,
  copyKey: (_, __, at) => at,
  valueLength: () => 0,
  copyValue: (_, __, at) => at,
}

export interface ExpiringIndex {
  put(key: string, value: string, lifetimeMs: number): Promise<void>
  /** Stores unless there is a value; returns the value that is there afterwards. */
  putIfAbsent(key: string, value: string, lifetimeMs: number): Promise<string>
  get(key: string): Promise<string | null>
  remove(key: string): Promise<void>
}
