import type { Topic } from '../topology.ts'
import type { RecordView } from './event-log.ts'
import type { Stand } from './places.ts'
import type { StateWrites } from './state-store.ts'

/**
 * What a shard runs: it keeps the states of the shard's subscribers in memory and changes them record by record.
 * Two kinds: documents around a `Step` (`documents.ts`) and detect's flat records. One instance a shard; never async.
 */
export interface Processor<Effect = never, EffectResult = never> {
  /** The state of this key is in memory (also: known to be absent from the store). */
  isResident(key: Buffer, start: number, end: number): boolean
  /** Takes a state from the store into memory; null: there is none. */
  admit(key: string, value: Buffer | null): void

  /** The keys from `from` up to, not including, `to` come next: time to have their states at hand. Promises nothing. */
  expect?(keys: KeyColumn, from: number, to: number): void

  /**
   * Handles a record. Its subscriber is resident, its key equals its subscriber_id, its time was
   * read, and `context.clock` has been moved to it.
   * @throws CodedError: the state is as before the record, which becomes a dead letter.
   */
  record(topic: number, record: RecordView, context: Context<Effect>): void
  /** The clock has reached the due time that the processor asked for. The subscriber is resident. */
  timer(key: string, context: Context<Effect>): void
  /** An output of this service found on the log behind the stored position (see DESIGN, adoption). Idempotent. */
  adopt(topic: Topic, record: RecordView, context: Context<Effect>): void
  effectResult(key: string, result: EffectResult, context: Context<Effect>): void
  /** It is the subscriber's turn where it stands in line for a place outside. The subscriber is resident. */
  place?(key: string, stand: Stand, context: Context<Effect>): void

  /** What changed since `settled`: each subscriber once. */
  readonly writes: StateWrites
  /** The writes were copied into a commit. */
  settled(): void

  /** Bytes held, and dropping of states that are not among the writes, longest unused first, until at most `bytes` are held. */
  readonly memoryBytes: number
  evict(bytes: number): void

  /**
   * What the states need to be read (layouts of records, schemas), stored with a commit whenever it has changed and handed
   * back by `restore`; '' for nothing. Asked for at every commit: the same string as long as nothing changes.
   */
  readonly note: string
  restore(note: string): void

  /**
   * By lane, how many of what the states hold wait for it (see `Step.waiting`), as of all that was handled; stored with the
   * shard's progress and handed back by `restoreWaiting`, as nobody reads all states to count. Missing: nothing does.
   */
  readonly waiting?: Readonly<Record<string, number>>
  restoreWaiting?(waiting: Readonly<Record<string, number>>): void
  /** The clock has followed the wall clock, though nothing came. */
  tick?(context: Context<Effect>): void

  /**
   * Number of a look at every subscriber that is wanted (as what they wait for has changed), `timer` for each; 0 or missing:
   * none. It is told by `swept` when all that were there have been looked at; until then it stays wanted, over restarts too.
   */
  readonly sweep?: number
  swept?(sweep: number): void

  /**
   * Number of a renewal that is wanted: states may be stored in a form which is to be forgotten. `timer` is called, in the
   * background, for each of which `isOutdated`; 0 or missing: none is wanted. It is told by `renewed` when none is left.
   */
  readonly renewal?: number
  isOutdated?(value: Buffer): boolean
  renewed?(renewal: number): void

  /** Ids of the schemas under which the states hold inputs, which are read again later; after `restore`. */
  readonly schemas?: readonly number[]
}

/** Keys in a row, of which one is in hand after `select`. */
export interface KeyColumn {
  select(i: number): void
  readonly key: Buffer
  readonly keyStart: number
  readonly keyEnd: number
}

/** What a processor may reach while it handles something. The runtime reuses one object. */
export interface Context<Effect = never> {
  /** Shard clock: greatest event time seen, the wall clock once caught up, or the due time of the timer that runs. */
  readonly clock: number
  /** max(clock, wall clock): policy is judged on it. */
  readonly now: number
  /** Greatest event time seen on the shard, before this record; lateness is judged by it. -Infinity at first. */
  readonly head: number
  /** See `At`. */
  readonly knownSince?: number | undefined
  /** See `At`. */
  readonly heard?: number | undefined
  /** When the log took the record in hand. */
  readonly appendedAt: number
  /** The record in hand is a dead letter's, which is handled once more: never too late (see `Reruns`). */
  readonly isRerun?: boolean
  /** Puts a record (wire format) into the outbox. */
  emit(topic: Topic, key: string, value: Buffer): void
  /** Asks for `timer(key)` once the clock reaches `due`. The earliest per key counts; asking again is cheap. */
  arm(key: string, due: number): void
  /** Runs an effect after the commit and after the outputs are on the log. */
  effect(key: string, effect: Effect): void
  /** See `LaneLoad`. */
  room?(lane: string): number
  isClosed?(lane: string): boolean
  /** Where the subscriber stood in line for a place outside before, and stands now. */
  stand?(key: string, before: readonly Stand[], now: readonly Stand[]): void
}
