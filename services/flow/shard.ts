import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { CodedError } from '../domain/errors.ts'
import { eventTypes, type Topic } from '../topology.ts'
import { Bell } from './bell.ts'
import { type CommitContent, type Committer, committerOf } from './committer.ts'
import { DeadLetters } from './dead-letters.ts'
import { Effects } from './effects.ts'
import { FeedDelay } from './feed-delay.ts'
import { Group } from './group.ts'
import { HeadCheck } from './head-check.ts'
import { Merge } from './merge.ts'
import type { Context } from './processor.ts'
import { decodeProgress, encodeProgress } from './progress.ts'
import { createRelay, type Relay } from './relay.ts'
import { Residents } from './residents.ts'
import type { ShardParts } from './shard-parts.ts'
import { Stage } from './stage.ts'
import { Sweep } from './sweep.ts'
import { takeOver } from './take-over.ts'
import { Timers } from './timers.ts'

/** Age at which the group of a shard that is behind is committed. Milliseconds. */
const behindGroupMs = 500

/** After so long a timer that failed is tried again. */
const timerRetryMs = 600_000

/**
 * One shard of one service at work: merges the shard's topics by time, hands each record to the processor, and commits
 * by groups. Per group, one atomic commit holds the changed states, positions, timers and outputs; outputs go to the log
 * after it, and effects after those. The path of a record awaits nothing and makes no object: what is awaited (missing
 * states, unknown schemas, commits) is awaited per stage.
 */
export class Shard<Effect, EffectResult> implements Context<Effect> {
  readonly #parts: ShardParts<Effect, EffectResult>
  readonly #heads: HeadCheck
  readonly #stage: Stage
  readonly #abort = new AbortController()
  readonly #isEvent: readonly boolean[]
  readonly #residents: Residents
  readonly #deadLetters: DeadLetters
  readonly #sweep: Sweep
  readonly #feedDelay: FeedDelay
  #merge: Merge
  #timers: Timers
  #relay: Relay

  readonly #effects: Effects<Effect, EffectResult>
  #committer: Committer<Effect>
  #group: Group<Effect>
  #stopping = false
  readonly #bell = new Bell()

  /** Greatest time of a record: what is stored. The wall clock is asked again after a restart. */
  #recordClock = Number.NEGATIVE_INFINITY
  clock = Number.NEGATIVE_INFINITY
  head = Number.NEGATIVE_INFINITY
  appendedAt = 0

  constructor(parts: ShardParts<Effect, EffectResult>) {
    this.#parts = parts
    const { node, shard, log, codec, settings, observer } = parts
    this.#effects = new Effects(
      parts.runEffect,
      () => this.#bell.ring(),
      (error) => observer.retrying(shard, error),
    )
    this.#heads = new HeadCheck(node.reads, codec, shard, log.shards, settings.futureToleranceMs)
    this.#stage = new Stage(settings.stageRecords)
    this.#residents = new Residents(parts.store, parts.processor)
    this.#deadLetters = new DeadLetters(parts, this)
    this.#sweep = new Sweep(parts)
    this.#feedDelay = new FeedDelay(parts.clock, parts.graceMs ?? [], settings.feedPauseMs)
    this.#isEvent = node.reads.map(({ schema }) => (eventTypes as readonly string[]).includes(schema))
    this.#timers = new Timers([], settings.timerSlotMs)
    this.#merge = this.#newMerge(node.reads.map(() => 0))
    this.#group = new Group(node.reads.length)
    this.#relay = createRelay(parts, this.#abort.signal, { relayedThrough: 0, ends: new Map() })
    this.#committer = committerOf(this.#parts, this.#relay, this.#effects, this.#bell)
  }

  // What the processor may reach.

  get now(): number {
    return Math.max(this.clock, this.#parts.clock.now())
  }

  emit(topic: Topic, key: string, value: Buffer): void {
    this.#group.outputs.push({ topic: topic.name, key, value })
  }

  arm(key: string, due: number): void {
    this.#timers.arm(key, due)
  }

  effect(key: string, effect: Effect): void {
    this.#group.effects.push({ key, effect })
  }

  /** Positions from which a restart would go on, by topic in the service's order. */
  get positions(): readonly number[] {
    return this.#merge.positions
  }

  /** It has taken over and handles records. */
  started = false

  /** Everything that the log had was handled, and its outputs are on the log. */
  get isIdle(): boolean {
    const busy = this.#committer.isBusy || this.#effects.inFlight + this.#effects.waiting > 0
    const due = this.#timers.nextDue <= this.#parts.clock.caughtUpTo()
    return this.started && this.#merge.caughtUp && !this.#dirty && !busy && !due && !this.#sweep.isWanted
  }

  /**
   * Works until `stop`. Rejects when the shard can't go on: KM_SHARD_FENCED (another owner), KM_STATE_ROLLED_BACK and
   * KM_STORE_UNAVAILABLE (claim and start again), KM_STATE_MISSING (somebody must decide).
   */
  async run(): Promise<void> {
    try {
      await this.#start()
      while (!this.#stopping) {
        const handled = await this.#cycle()
        if (handled === 0) await this.#idle()
        else await turn()
      }
      await this.#finish()
      this.#parts.observer.stopped(this.#parts.shard, undefined)
    } catch (error) {
      this.#parts.observer.stopped(this.#parts.shard, error)
      throw error
    } finally {
      this.#abort.abort()
      // Whoever claims the shard next reads the log to its end: an append of ours must not come behind that.
      await this.#relay.ended()
    }
  }

  /** Takes nothing more, commits what it has, lets outputs and effects finish; `run` resolves then. */
  stop(): void {
    this.#stopping = true
    this.#bell.ring()
  }

  /** Gives up waiting for anything outside. What isn't committed is done again by the next owner. */
  abort(): void {
    this.#abort.abort()
    this.#committer.failure ??= new CodedError('KM_SHARD_ABORTED', 'the shard was stopped at once')
    this.stop()
  }

  async #start(): Promise<void> {
    const started = performance.now()
    const { node, shard, store, feed, processor, settings, observer } = this.#parts
    const progress = decodeProgress(store.stored.progress)
    processor.restore(progress.note)
    this.#heads.expect(processor.schemas ?? [])
    this.#timers = new Timers(store.stored.timers, settings.timerSlotMs)
    this.clock = progress.clock ?? Number.NEGATIVE_INFINITY
    this.#recordClock = this.clock
    this.head = progress.head ?? Number.NEGATIVE_INFINITY
    this.#feedDelay.restore(progress.feedDelay ?? 0)
    const { ends, adopted, relayed } = await takeOver(this.#parts, progress, this, this.#abort.signal)
    const { sequence } = store.stored
    this.#residents.areComplete = sequence === 0
    this.#relay = createRelay(this.#parts, this.#abort.signal, { relayedThrough: sequence, ends })
    this.#committer = committerOf(this.#parts, this.#relay, this.#effects, this.#bell)
    this.#merge = this.#newMerge(node.reads.map(({ name }) => progress.positions[name] ?? 0))
    await this.#commit()
    await this.#committer.settled()
    feed.start(this.#merge.positions, {
      push: (topic, batch) => {
        this.#merge.push(topic, batch)
        this.#bell.ring()
      },
    })
    this.started = true
    const millis = performance.now() - started
    observer.started(shard, { fresh: sequence === 0, adopted, relayed, millis })
    if (processor.memoryBytes > settings.memoryBytes) this.#residents.areComplete = false
  }

  /** One round: results of effects, a stage of records, due timers, and a commit when it is time. */
  async #cycle(): Promise<number> {
    if (this.#committer.failure) throw this.#committer.failure
    this.#bell.listen()
    await this.#learnSchemas()
    await this.#takeResults()
    const handled = this.#mayTakeMore ? await this.#takeStage() : 0
    if (handled === 0) await this.#followClock()
    const swept = this.#sweep.isWanted && this.#mayTakeMore && Number.isFinite(this.clock) ? await this.#sweepSome() : 0
    if (this.#dirty && this.#isTimeToCommit()) await this.#commit()
    return handled + swept
  }

  /** While a whole stage and more is waiting, nobody misses some milliseconds, and larger groups cost less. */
  #isTimeToCommit(): boolean {
    const { groupRecords, groupMs } = this.#parts.settings
    if (this.#group.count >= groupRecords) return true
    const isBehind = this.#merge.waiting >= this.#stage.size
    return performance.now() - this.#group.startedAt >= (isBehind ? Math.max(groupMs, behindGroupMs) : groupMs)
  }

  get #dirty(): boolean {
    return this.#group.touched || this.#group.outputs.length > 0 || this.#parts.processor.writes.count > 0
  }

  get #mayTakeMore(): boolean {
    const { groupsUnrelayed, effectsInFlight } = this.#parts.settings
    return this.#relay.waiting < groupsUnrelayed && this.#effects.inFlight < effectsInFlight
  }

  async #takeStage(): Promise<number> {
    const stage = this.#stage
    stage.fillFrom(this.#merge, this.#heads.faults)
    if (stage.count === 0) return 0
    this.#beginGroup()
    this.#group.touched = true
    await this.#residents.forStage(stage, this.#timers, this.clock)
    this.#handleStage()
    return stage.count
  }

  #handleStage(): void {
    const stage = this.#stage
    const group = this.#group
    const { processor } = this.#parts
    for (let i = 0; i < stage.count; i++) {
      stage.select(i)
      const topic = stage.topics[i] as number
      group.records[topic] = (group.records[topic] as number) + 1
      const fault = stage.faults.size > 0 ? stage.faults.get(i) : undefined
      if (fault) {
        this.#deadLetters.ofRecord(topic, stage, fault)
        continue
      }
      const time = stage.times[i] as number
      if (time > this.clock) {
        this.#runTimers(time)
        this.clock = time
      }
      if (time > this.#recordClock) this.#recordClock = time
      this.appendedAt = stage.appendedAt
      const outputs = group.outputs.length
      const effects = group.effects.length
      try {
        processor.record(topic, stage, this)
      } catch (error) {
        group.takeBack(outputs, effects)
        this.#deadLetters.ofRecord(topic, stage, error)
      }
      if (time > this.head && this.#isEvent[topic]) {
        this.head = time
        this.#feedDelay.newest(topic, time, stage.appendedAt)
      }
    }
    group.count += stage.count
  }

  /** Fires what is due up to `until`, in order, the clock standing at each due time. */
  #runTimers(until: number): void {
    const timers = this.#timers
    while (timers.nextDue <= until) {
      this.clock = Math.max(this.clock, timers.nextDue)
      const key = timers.take(this.clock)
      if (key === undefined) continue
      this.#group.touched = true
      const done = this.#guard(key, 'timer', () => this.#parts.processor.timer(key, this))
      // What was due is still in the state: it is tried again, as the fault may be mended meanwhile.
      if (!done) timers.arm(key, this.clock + timerRetryMs)
    }
  }

  /** Runs something of the processor's that has no record; what it throws becomes a dead letter without bytes, and it gives false. */
  #guard(key: string, what: string, action: () => void): boolean {
    const group = this.#group
    const outputs = group.outputs.length
    const effects = group.effects.length
    try {
      action()
      return true
    } catch (error) {
      group.takeBack(outputs, effects)
      this.#deadLetters.ofKey(key, what, this.#committer.sequence, error)
      return false
    }
  }

  /** Once everything is read, the clock follows the wall clock, so that what is due comes without an event (`FeedDelay`). */
  async #followClock(): Promise<void> {
    if (!this.#merge.caughtUp) return
    const until = this.#feedDelay.reach
    if (until <= this.clock) return
    if (this.#timers.nextDue <= until) {
      this.#beginGroup()
      await this.#residents.forTimers(this.#timers, until)
      this.#runTimers(until)
    }
    this.clock = until
    this.#parts.processor.tick?.(this)
  }

  /** Looks at some more subscribers, as if each had a timer now. */
  async #sweepSome(): Promise<number> {
    const keys = await this.#sweep.next(() => this.#commit().then(() => this.#committer.settled()))
    this.#beginGroup()
    for (const key of keys) this.#timers.arm(key, this.clock)
    await this.#residents.forTimers(this.#timers, this.clock)
    this.#runTimers(this.clock)
    return keys.length
  }

  async #takeResults(): Promise<void> {
    const results = this.#effects.take()
    if (results.length === 0) return
    this.#beginGroup()
    this.#group.touched = true
    await this.#residents.forKeys(results.map(({ key }) => key))
    this.clock = Math.max(this.clock, this.#merge.caughtUp ? this.#feedDelay.reach : this.clock)
    for (const { key, result } of results) {
      this.#guard(key, 'effect', () => this.#parts.processor.effectResult(key, result, this))
    }
  }

  async #learnSchemas(): Promise<void> {
    const { observer, shard } = this.#parts
    if (this.#heads.unlearnt.size === 0) return
    await this.#heads.learn().catch((error: unknown) => observer.retrying(shard, error))
    this.#merge.retryHeads()
  }

  #beginGroup(): void {
    if (!this.#dirty) this.#group.startedAt = performance.now()
  }

  async #commit(): Promise<void> {
    const { processor, settings } = this.#parts
    await this.#committer.commit(this.#group, () => this.#content())
    processor.settled()
    this.#group = new Group(this.#group.records.length)
    if (processor.memoryBytes > settings.memoryBytes) {
      // What is evicted comes back from the store: it must be there.
      await this.#committer.settled()
      processor.evict(0.9 * settings.memoryBytes)
      this.#residents.areComplete = false
    }
  }

  #content(): CommitContent {
    const { node, processor } = this.#parts
    const positions = [...this.#merge.positions]
    return {
      positions,
      progress: encodeProgress({
        positions: Object.fromEntries(node.reads.map(({ name }, i) => [name, positions[i] ?? 0])),
        ends: Object.fromEntries(this.#relay.ends),
        clock: this.#recordClock,
        head: this.head,
        feedDelay: this.#feedDelay.delay,
        note: processor.note,
      }),
      writes: processor.writes,
      timers: this.#timers.changes(),
    }
  }

  /** Waits for something to do; when there is nothing, lets go of outbox rows that are on the log. */
  async #idle(): Promise<void> {
    const { settings } = this.#parts
    if (!this.#dirty && this.#committer.canTrim) return this.#commit()
    let wait = this.#heads.unlearnt.size > 0 ? 100 : 1_000
    if (this.#dirty) wait = Math.max(1, settings.groupMs - (performance.now() - this.#group.startedAt))
    else if (this.#merge.caughtUp && this.#timers.size > 0) {
      wait = Math.min(wait, Math.max(1, this.#feedDelay.millisUntil(this.#timers.nextDue)))
    }
    await this.#bell.wait(wait)
    // What one producer wrote to several topics at once arrives within milliseconds: let it come before it is merged.
    if (this.#merge.waiting > 0) await pause(settings.gatherMs)
  }

  /** Orderly end: what was taken is committed, its outputs are on the log, its effects have answered. */
  async #finish(): Promise<void> {
    for (;;) {
      if (this.#committer.failure) throw this.#committer.failure
      this.#bell.listen()
      await this.#takeResults()
      if (this.#dirty) await this.#commit()
      const busy = this.#committer.isBusy || this.#effects.inFlight > 0
      if (!busy && !this.#dirty && this.#effects.waiting === 0) return
      if (this.#abort.signal.aborted) return
      await this.#bell.wait(100)
    }
  }

  #newMerge(positions: readonly number[]): Merge {
    const { feed, settings } = this.#parts
    return new Merge(positions, this.#heads, feed, settings.queueRecords)
  }
}
