import type { ShardId } from '../domain/ids.ts'
import type { Bell } from './bell.ts'
import type { Effects, KeyedEffect } from './effects.ts'
import type { AppendRecord } from './event-log.ts'
import type { Group } from './group.ts'
import type { FlowObserver } from './observer.ts'
import { encodeOutbox } from './outbox.ts'
import type { CommitMark } from './progress.ts'
import type { Relay } from './relay.ts'
import type { Scheduler } from './scheduler.ts'
import type { ShardParts } from './shard-parts.ts'
import type { ShardStore, StateWrites, TimerEntry } from './state-store.ts'

export interface CommitterParts<Effect> {
  readonly shard: ShardId
  readonly store: ShardStore
  readonly relay: Relay
  readonly observer: FlowObserver
  readonly scheduler: Pick<Scheduler, 'now'>
  /** Commits that may be under way at once. */
  readonly inFlightMax: number
  /** A group is durable; its outputs are about to leave. */
  readonly onCommitted: (positions: readonly number[]) => void
  /** Its outputs are on the log: its effects may run. */
  readonly onRelayed: (effects: readonly KeyedEffect<Effect>[]) => void
  /** Something ended: whoever waits should look again. */
  readonly onEnd: () => void
}

/** What of the shard goes into a commit with the group. */
export interface CommitContent {
  readonly writes: StateWrites
  readonly progress: string
  /** The processor's; it goes along only when it has changed. */
  readonly note: string
  readonly positions: readonly number[]
  readonly timers: { readonly added: readonly TimerEntry[]; readonly removed: readonly TimerEntry[] }
}

/**
 * Commits the groups of a shard one behind the other, some at a time, and lets their outputs leave afterwards: first the
 * commit, then its outputs to the log, then its effects. The first failure ends it.
 */
export class Committer<Effect> {
  readonly #parts: CommitterParts<Effect>
  /** Number of the last commit that was begun. */
  sequence: number
  #inFlight = 0
  #last: Promise<void> = Promise.resolve()
  /** Last commit with outputs, and up to which rows the store has let go. */
  #outboxThrough: number
  #trimmed = 0
  /** What the store has, once the commits under way are done. */
  #note: string
  failure: unknown

  constructor(parts: CommitterParts<Effect>) {
    this.#parts = parts
    this.sequence = parts.store.stored.sequence
    this.#outboxThrough = this.sequence
    this.#note = parts.store.stored.note
  }

  /** Another commit could begin at once. */
  get hasRoom(): boolean {
    return this.#inFlight < this.#parts.inFlightMax
  }

  /** Commits, or outputs on their way to the log. */
  get isBusy(): boolean {
    return this.#inFlight > 0 || this.#parts.relay.waiting > 0
  }

  /** All outputs are on the log, and the store still keeps some: an empty commit would let go of them. */
  get canTrim(): boolean {
    const { relayedThrough } = this.#parts.relay
    return !this.isBusy && relayedThrough >= this.#outboxThrough && this.#trimmed < this.#outboxThrough
  }

  /**
   * Begins to commit a group, once fewer than the allowed number are under way. The content's states are copied before
   * it resolves. @throws the first failure
   */
  async commit(group: Group<Effect>, content: (mark: CommitMark) => CommitContent): Promise<void> {
    const { store, relay, scheduler } = this.#parts
    while (!this.hasRoom) await this.#last
    if (this.failure) throw this.failure
    const sequence = this.sequence + 1
    const mark = this.#mark(group.outputs.length > 0)
    const { writes, progress, note, positions, timers } = content(mark)
    const outbox = encodeOutbox(group.outputs)
    const trimThrough = relay.relayedThrough
    const begun = scheduler.now()
    const states = writes.count
    const stored = store.commit({
      sequence,
      progress,
      note: note === this.#note ? null : note,
      writes,
      outbox,
      trimThrough,
      timersAdded: timers.added,
      timersRemoved: timers.removed,
    })
    this.sequence = sequence
    this.#note = note
    this.#trimmed = trimThrough
    if (outbox) this.#outboxThrough = sequence
    this.#inFlight++
    this.#last = this.#settle(this.#last, stored, () => {
      const { shard, observer, onCommitted } = this.#parts
      observer.committed(shard, { records: group.records, states, millis: scheduler.now() - begun })
      onCommitted(positions)
      void this.#leave(sequence, group.outputs, group.effects)
    })
  }

  /** Commits states alone, while nothing is under way: the outbox stays as it is, and nothing leaves. */
  async save(content: (mark: CommitMark) => CommitContent): Promise<void> {
    const sequence = this.sequence + 1
    const { writes, progress, note, timers } = content(this.#mark(false))
    await this.#parts.store.commit({
      sequence,
      progress,
      note: note === this.#note ? null : note,
      writes,
      outbox: null,
      trimThrough: 0,
      timersAdded: timers.added,
      timersRemoved: timers.removed,
    })
    this.sequence = sequence
    this.#note = note
  }

  /** Of the commit that is about to begin. */
  #mark(hasOutputs: boolean): CommitMark {
    const { store, relay } = this.#parts
    const number = this.sequence + 1
    const nothingWaits = !hasOutputs && relay.relayedThrough >= this.#outboxThrough
    return { owner: store.epoch, number, relayed: nothingWaits ? number : relay.relayedThrough }
  }

  /** Resolves when no commit is under way. @throws the first failure */
  async settled(): Promise<void> {
    await this.#last
    if (this.failure) throw this.failure
  }

  async #settle(before: Promise<void>, stored: Promise<void>, onDurable: () => void): Promise<void> {
    // It may fail before its turn comes.
    stored.catch(() => undefined)
    try {
      await before
      await stored
      // Behind a failure the outbox keeps what is durable, for the next beginning: nothing overtakes what failed.
      if (!this.failure) onDurable()
    } catch (error) {
      this.failure ??= error
    } finally {
      this.#inFlight--
      this.#parts.onEnd()
    }
  }

  async #leave(
    sequence: number,
    outputs: readonly AppendRecord[],
    effects: readonly KeyedEffect<Effect>[],
  ): Promise<void> {
    const { relay, onRelayed, onEnd } = this.#parts
    try {
      if (await relay.send(sequence, outputs)) onRelayed(effects)
    } catch (error) {
      this.failure ??= error
    }
    onEnd()
  }
}

/** The committer of a shard at work. */
export function committerOf<Effect, EffectResult>(
  { shard, store, feed, settings, observer, scheduler }: ShardParts<Effect, EffectResult>,
  relay: Relay,
  effects: Effects<Effect, EffectResult>,
  bell: Bell,
): Committer<Effect> {
  return new Committer({
    shard,
    store,
    relay,
    observer,
    scheduler,
    inFlightMax: settings.commitsInFlight,
    onCommitted: (positions) => feed.progress(positions),
    onRelayed: (done) => effects.begin(done),
    onEnd: () => bell.ring(),
  })
}
