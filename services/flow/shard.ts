import { setImmediate as turn } from 'node:timers/promises'
import { CodedError } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { Codec } from '../records/codec.ts'
import type { DeadLetter } from '../records/types.ts'
import { eventTypes, type ServiceNode, type Topic, topics } from '../topology.ts'
import { Bell } from './bell.ts'
import type { Clock } from './clock.ts'
import { deadLetter, recordless } from './dead-letter.ts'
import { Effects, type KeyedEffect } from './effects.ts'
import type { AppendRecord, EventLog, RecordView, ShardFeed } from './event-log.ts'
import { HeadCheck } from './head-check.ts'
import { Merge } from './merge.ts'
import type { FlowObserver } from './observer.ts'
import { encodeOutbox, Relay } from './outbox.ts'
import type { Context, Processor } from './processor.ts'
import { decodeProgress, encodeProgress } from './progress.ts'
import type { FlowSettings } from './settings.ts'
import { Stage } from './stage.ts'
import type { ShardStore } from './state-store.ts'
import { takeOver } from './take-over.ts'
import { Timers } from './timers.ts'

export interface ShardParts<Effect, EffectResult> {
  readonly node: ServiceNode
  readonly shard: ShardId
  readonly log: EventLog
  readonly store: ShardStore
  readonly feed: ShardFeed
  readonly codec: Codec
  readonly clock: Clock
  readonly processor: Processor<Effect, EffectResult>
  readonly settings: FlowSettings
  readonly observer: FlowObserver
  /** Runs an effect; resolves with what the step is told of it. */
  readonly runEffect?: (effect: Effect) => Promise<EffectResult>
}

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
  #merge: Merge
  #timers: Timers
  #relay: Relay

  /** All states that exist are in memory: nothing has to be looked up. */
  #complete = false
  #sequence = 0
  #trimmed = 0
  #outboxThrough = 0
  #outputs: AppendRecord[] = []
  #effects: KeyedEffect<Effect>[] = []
  readonly #running: Effects<Effect, EffectResult>
  #commitsInFlight = 0
  #lastCommit: Promise<void> = Promise.resolve()
  #groupRecords: number[]
  #inGroup = 0
  #groupStart = 0
  #changed = false
  #stopping = false
  #failure: unknown
  readonly #bell = new Bell()

  /** Greatest time of a record: what is stored. The wall clock is asked again after a restart. */
  #recordClock = Number.NEGATIVE_INFINITY
  clock = Number.NEGATIVE_INFINITY
  head = Number.NEGATIVE_INFINITY
  appendedAt = 0

  constructor(parts: ShardParts<Effect, EffectResult>) {
    this.#parts = parts
    const { node, shard, log, codec, settings, observer } = parts
    this.#running = new Effects(
      parts.runEffect,
      () => this.#bell.ring(),
      (error) => observer.retrying(shard, error),
    )
    this.#heads = new HeadCheck(node.reads, codec, shard, log.shards, settings.futureToleranceMs)
    this.#stage = new Stage(settings.stageRecords)
    this.#isEvent = node.reads.map(({ schema }) => (eventTypes as readonly string[]).includes(schema))
    this.#groupRecords = node.reads.map(() => 0)
    this.#timers = new Timers([], settings.timerSlotMs)
    this.#merge = this.#newMerge(node.reads.map(() => 0))
    this.#relay = this.#newRelay(0, new Map())
  }

  // What the processor may reach.

  get now(): number {
    return Math.max(this.clock, this.#parts.clock.now())
  }

  emit(topic: Topic, key: string, value: Buffer): void {
    this.#outputs.push({ topic: topic.name, key, value })
  }

  arm(key: string, due: number): void {
    this.#timers.arm(key, due)
  }

  effect(key: string, effect: Effect): void {
    this.#effects.push({ key, effect })
  }

  /** Positions from which a restart would go on, by topic in the service's order. */
  get positions(): readonly number[] {
    return this.#merge.positions
  }

  /** It has taken over and handles records. */
  started = false

  /** Everything that the log had was handled, and its outputs are on the log. */
  get isIdle(): boolean {
    const busy = this.#commitsInFlight + this.#relay.waiting + this.#running.inFlight + this.#running.waiting > 0
    const due = this.#timers.nextDue <= this.#parts.clock.caughtUpTo()
    return this.started && this.#merge.caughtUp && !this.#dirty && !busy && !due
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
    this.#failure ??= new CodedError('KM_SHARD_ABORTED', 'the shard was stopped at once')
    this.stop()
  }

  async #start(): Promise<void> {
    const started = performance.now()
    const { node, shard, store, feed, processor, settings, observer } = this.#parts
    const progress = decodeProgress(store.stored.progress)
    processor.restore(progress.note)
    this.#timers = new Timers(store.stored.timers, settings.timerSlotMs)
    this.clock = progress.clock ?? Number.NEGATIVE_INFINITY
    this.#recordClock = this.clock
    this.head = progress.head ?? Number.NEGATIVE_INFINITY
    const { ends, adopted, relayed } = await takeOver(this.#parts, progress, this, this.#abort.signal)
    this.#sequence = store.stored.sequence
    this.#complete = this.#sequence === 0
    this.#outboxThrough = this.#sequence
    this.#relay = this.#newRelay(this.#sequence, ends)
    this.#merge = this.#newMerge(node.reads.map(({ name }) => progress.positions[name] ?? 0))
    await this.#commit()
    await this.#lastCommit
    if (this.#failure) throw this.#failure
    feed.start(this.#merge.positions, {
      push: (topic, batch) => {
        this.#merge.push(topic, batch)
        this.#bell.ring()
      },
    })
    this.started = true
    observer.started(shard, {
      fresh: store.stored.sequence === 0,
      adopted,
      relayed,
      millis: performance.now() - started,
    })
    if (processor.memoryBytes > settings.memoryBytes) this.#complete = false
  }

  /** One round: results of effects, a stage of records, due timers, and a commit when it is time. */
  async #cycle(): Promise<number> {
    if (this.#failure) throw this.#failure
    this.#bell.listen()
    await this.#learnSchemas()
    await this.#takeResults()
    const handled = this.#mayTakeMore ? await this.#takeStage() : 0
    if (handled === 0) await this.#followClock()
    const waited = performance.now() - this.#groupStart
    const { groupRecords, groupMs } = this.#parts.settings
    if (this.#dirty && (this.#inGroup >= groupRecords || waited >= groupMs)) await this.#commit()
    return handled
  }

  get #dirty(): boolean {
    return this.#changed || this.#outputs.length > 0 || this.#parts.processor.writes.count > 0
  }

  get #mayTakeMore(): boolean {
    const { groupsUnrelayed, effectsInFlight } = this.#parts.settings
    return this.#relay.waiting < groupsUnrelayed && this.#running.inFlight < effectsInFlight
  }

  async #takeStage(): Promise<number> {
    const stage = this.#stage
    const merge = this.#merge
    stage.clear()
    while (stage.count < stage.size) {
      const topic = merge.next()
      if (topic < 0) break
      const fault = this.#heads.faults[topic]
      if (fault) stage.faults.set(stage.count, fault)
      stage.add(topic, merge.time(topic), merge.head(topic))
      merge.take(topic)
    }
    if (stage.count === 0) return 0
    this.#beginGroup()
    this.#changed = true
    if (!this.#complete) await this.#loadMissing()
    this.#handleStage()
    return stage.count
  }

  #handleStage(): void {
    const stage = this.#stage
    const { processor } = this.#parts
    for (let i = 0; i < stage.count; i++) {
      stage.select(i)
      const topic = stage.topics[i] as number
      this.#groupRecords[topic] = (this.#groupRecords[topic] as number) + 1
      const fault = stage.faults.size > 0 ? stage.faults.get(i) : undefined
      if (fault) {
        this.#deadLetter(topic, stage, fault)
        continue
      }
      const time = stage.times[i] as number
      if (time > this.clock) {
        this.#runTimers(time)
        this.clock = time
      }
      if (time > this.#recordClock) this.#recordClock = time
      this.appendedAt = stage.appendedAt
      const outputs = this.#outputs.length
      const effects = this.#effects.length
      try {
        processor.record(topic, stage, this)
      } catch (error) {
        this.#outputs.length = outputs
        this.#effects.length = effects
        this.#deadLetter(topic, stage, error)
      }
      if (time > this.head && this.#isEvent[topic]) this.head = time
    }
    this.#inGroup += stage.count
  }

  /** Fires what is due up to `until`, in order, the clock standing at each due time. */
  #runTimers(until: number): void {
    const timers = this.#timers
    while (timers.nextDue <= until) {
      this.clock = Math.max(this.clock, timers.nextDue)
      const key = timers.take(this.clock)
      if (key === undefined) continue
      this.#changed = true
      this.#guard(key, 'timer', () => this.#parts.processor.timer(key, this))
    }
  }

  /** Runs something of the processor's that has no record; what it throws becomes a dead letter without bytes. */
  #guard(key: string, what: string, action: () => void): void {
    const outputs = this.#outputs.length
    const effects = this.#effects.length
    try {
      action()
    } catch (error) {
      this.#outputs.length = outputs
      this.#effects.length = effects
      const { node, shard, observer, clock } = this.#parts
      const at = Math.max(clock.now(), this.clock, 0)
      const letter = deadLetter(node.name, what, shard, recordless(key, this.#sequence, at), error, at)
      this.#emitDeadLetter(letter)
      observer.deadLetter(shard, letter.code, letter.reason, what, undefined)
    }
  }

  /** Once everything is read, the clock follows the wall clock, so that what is due comes without an event. */
  async #followClock(): Promise<void> {
    if (!this.#merge.caughtUp) return
    const until = this.#parts.clock.caughtUpTo()
    if (until <= this.clock) return
    if (this.#timers.nextDue <= until) {
      this.#beginGroup()
      if (!this.#complete) await this.#load(this.#missingTimerKeys(until))
      this.#runTimers(until)
    }
    this.clock = until
  }

  async #takeResults(): Promise<void> {
    const results = this.#running.take()
    if (results.length === 0) return
    this.#beginGroup()
    this.#changed = true
    if (!this.#complete) {
      const keys = new Set<string>()
      for (const { key } of results) if (!this.#isResident(key)) keys.add(key)
      await this.#load(keys)
    }
    this.clock = Math.max(this.clock, this.#merge.caughtUp ? this.#parts.clock.caughtUpTo() : this.clock)
    for (const { key, result } of results) {
      this.#guard(key, 'effect', () => this.#parts.processor.effectResult(key, result, this))
    }
  }

  async #learnSchemas(): Promise<void> {
    const { unlearnt } = this.#heads
    if (unlearnt.size === 0) return
    for (const id of unlearnt) {
      try {
        await this.#parts.codec.learn(id)
        unlearnt.delete(id)
      } catch (error) {
        this.#parts.observer.retrying(this.#parts.shard, error)
        return
      }
    }
    this.#merge.retryHeads()
  }

  async #loadMissing(): Promise<void> {
    const stage = this.#stage
    const { processor } = this.#parts
    let latest = this.clock
    const keys = new Set<string>()
    for (let i = 0; i < stage.count; i++) {
      if (stage.faults.has(i)) continue
      stage.select(i)
      latest = Math.max(latest, stage.times[i] as number)
      if (!processor.isResident(stage.key, stage.keyStart, stage.keyEnd)) {
        keys.add(stage.key.toString('utf8', stage.keyStart, stage.keyEnd))
      }
    }
    for (const key of this.#missingTimerKeys(latest)) keys.add(key)
    await this.#load(keys)
  }

  #missingTimerKeys(until: number): Set<string> {
    const keys = new Set<string>()
    for (const key of this.#timers.dueKeys(until)) if (!this.#isResident(key)) keys.add(key)
    return keys
  }

  #isResident(key: string): boolean {
    const bytes = Buffer.from(key)
    return this.#parts.processor.isResident(bytes, 0, bytes.length)
  }

  async #load(keys: ReadonlySet<string>): Promise<void> {
    if (keys.size === 0) return
    const list = [...keys]
    const values = await this.#parts.store.load(list)
    for (const [i, key] of list.entries()) this.#parts.processor.admit(key, values[i] ?? null)
  }

  #beginGroup(): void {
    if (!this.#dirty) this.#groupStart = performance.now()
  }

  async #commit(): Promise<void> {
    const { store, processor, settings, shard, node, feed, observer } = this.#parts
    while (this.#commitsInFlight >= settings.commitsInFlight) await this.#lastCommit
    if (this.#failure) throw this.#failure
    const begun = performance.now()
    const sequence = this.#sequence + 1
    const outputs = this.#outputs
    const effects = this.#effects
    const records = this.#groupRecords
    const positions = [...this.#merge.positions]
    const outbox = encodeOutbox(outputs)
    const states = processor.writes.count
    const { added, removed } = this.#timers.changes()
    const trimThrough = this.#relay.relayedThrough
    const done = store.commit({
      sequence,
      progress: encodeProgress({
        positions: Object.fromEntries(node.reads.map(({ name }, i) => [name, positions[i] ?? 0])),
        ends: Object.fromEntries(this.#relay.ends),
        clock: this.#recordClock,
        head: this.head,
        note: processor.note,
      }),
      writes: processor.writes,
      outbox,
      trimThrough,
      timersAdded: added,
      timersRemoved: removed,
    })
    processor.settled()
    this.#sequence = sequence
    this.#trimmed = trimThrough
    if (outbox) this.#outboxThrough = sequence
    this.#outputs = []
    this.#effects = []
    this.#groupRecords = records.map(() => 0)
    this.#inGroup = 0
    this.#changed = false
    this.#commitsInFlight++
    const before = this.#lastCommit
    this.#lastCommit = (async () => {
      try {
        await before
        await done
        observer.committed(shard, { records, states, millis: performance.now() - begun })
        feed.progress(positions)
        void this.#leave(sequence, outputs, effects)
      } catch (error) {
        this.#failure ??= error
      } finally {
        this.#commitsInFlight--
        this.#bell.ring()
      }
    })()
    if (processor.memoryBytes > settings.memoryBytes) {
      await this.#lastCommit
      processor.evict(0.9 * settings.memoryBytes)
      this.#complete = false
    }
  }

  /** Outputs go to the log, then effects run: never before the commit that holds them. */
  async #leave(sequence: number, outputs: AppendRecord[], effects: KeyedEffect<Effect>[]): Promise<void> {
    try {
      const relayed = await this.#relay.send(sequence, outputs)
      if (relayed) this.#running.begin(effects)
    } catch (error) {
      this.#failure ??= error
    }
    this.#bell.ring()
  }

  /** Waits for something to do; when there is nothing, lets go of outbox rows that are on the log. */
  async #idle(): Promise<void> {
    const { clock, settings } = this.#parts
    const quiet = !this.#dirty && this.#commitsInFlight === 0 && this.#relay.waiting === 0
    if (quiet && this.#relay.relayedThrough >= this.#outboxThrough && this.#trimmed < this.#outboxThrough) {
      await this.#commit()
      return
    }
    let wait = this.#heads.unlearnt.size > 0 ? 100 : 1_000
    if (this.#dirty) wait = Math.max(1, settings.groupMs - (performance.now() - this.#groupStart))
    else if (this.#merge.caughtUp && this.#timers.size > 0) {
      wait = Math.min(wait, Math.max(1, clock.millisUntil(this.#timers.nextDue)))
    }
    await this.#bell.wait(wait)
  }

  /** Orderly end: what was taken is committed, its outputs are on the log, its effects have answered. */
  async #finish(): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure
      this.#bell.listen()
      await this.#takeResults()
      if (this.#dirty) await this.#commit()
      const busy = this.#commitsInFlight > 0 || this.#relay.waiting > 0 || this.#running.inFlight > 0
      if (!busy && !this.#dirty && this.#running.waiting === 0) return
      if (this.#abort.signal.aborted) return
      await this.#bell.wait(100)
    }
  }

  #deadLetter(topic: number, record: RecordView, error: unknown): void {
    const { node, shard, observer, clock } = this.#parts
    const { name } = node.reads[topic] as Topic
    const letter = deadLetter(node.name, name, shard, record, error, Math.max(clock.now(), this.clock, 0))
    this.#emitDeadLetter(letter)
    observer.deadLetter(shard, letter.code, letter.reason, name, record)
  }

  #emitDeadLetter(letter: DeadLetter): void {
    this.emit(topics.deadLetters, letter.subscriber_id, this.#parts.codec.encode(topics.deadLetters, letter))
  }

  #newMerge(positions: readonly number[]): Merge {
    const { feed, settings } = this.#parts
    return new Merge(positions, this.#heads, feed, settings.queueRecords)
  }

  #newRelay(relayedThrough: number, ends: Map<string, number>): Relay {
    const { log, node, shard, observer } = this.#parts
    return new Relay(log, shard, node.adopts, this.#abort.signal, { relayedThrough, ends }, (error) =>
      observer.retrying(shard, error),
    )
  }
}
