import { eventTypes, type Topic } from '../topology.ts'
import { AdoptedLetters } from './adopted-letters.ts'
import { DeadLetters } from './dead-letters.ts'
import type { EffectAnswer } from './effects.ts'
import type { RecordView } from './event-log.ts'
import { FailingTimers, type StoredFailures } from './failing-timers.ts'
import { FeedDelay } from './feed-delay.ts'
import { Group } from './group.ts'
import { Lanes } from './lanes.ts'
import type { Stand, Turn } from './places.ts'
import type { Context } from './processor.ts'
import { type HandledReruns, Reruns, readRerun } from './reruns.ts'
import type { Scheduler } from './scheduler.ts'
import type { ShardParts } from './shard-parts.ts'
import type { Stage } from './stage.ts'
import { Timers } from './timers.ts'

/** Milliseconds of work after which others get a turn: other shards, HTTP, the log's connections. */
const turnMs = 10
/** It is looked at the clock so seldom. */
const recordsPerLook = 32
/** The processor is told of so many keys at once: as many as fit in the caches with their states. */
const keysExpected = 128

/**
 * Hands records, due timers and results of effects to the processor, moves the shard's clock, and gathers in a group what
 * comes of them. Never async: whatever has to be loaded or learnt is there before.
 */
export class Handling<Effect, EffectResult> implements Context<Effect> {
  readonly #parts: ShardParts<Effect, EffectResult>
  readonly #scheduler: Scheduler
  readonly #isEvent: readonly boolean[]
  /** Place of km.reruns among the topics; -1: it isn't read. */
  readonly #rerunTopic: number
  readonly #deadLetters: DeadLetters
  /** By topic, how long the last record that was handled took to come onto the log, in milliseconds; NaN before the first. */
  readonly delays: Float64Array
  readonly timers: Timers
  readonly feedDelay: FeedDelay
  readonly reruns: Reruns
  readonly lanes: Lanes<Effect>
  readonly failing: FailingTimers
  readonly letters = new AdoptedLetters()
  group: Group<Effect>
  clock: number
  head: number
  appendedAt = 0
  isRerun = false
  readonly knownSince: number | undefined
  /** Greatest time of a record: what is stored. The wall clock is asked again after a restart. */
  recordClock: number
  /** Of the record at which others got a turn: not all is fired yet that is due by its time. */
  #owesTimers = false
  /** So many timers may fire before whoever is due next has to be loaded, and the group may have to be committed. */
  mayFire = Number.POSITIVE_INFINITY
  /** What waits for something outside is to be looked at: at the beginning it may have changed while nobody had the shard. */
  isRecalled = true

  /** `from`: what the store has of the shard's clocks, and of what it met before. `onTurn`: see `Lanes`. */
  constructor(
    parts: ShardParts<Effect, EffectResult>,
    from: {
      readonly clock: number
      readonly head: number
      readonly knownSince: number | undefined
      readonly reruns?: HandledReruns | undefined
      readonly failing?: StoredFailures | undefined
    },
    onTurn: () => void,
  ) {
    const { node, store, settings } = parts
    this.#parts = parts
    this.#scheduler = parts.scheduler
    this.#isEvent = node.reads.map(({ schema }) => (eventTypes as readonly string[]).includes(schema))
    this.#rerunTopic = node.reads.findIndex(({ schema }) => schema === 'rerun')
    this.delays = new Float64Array(node.reads.length).fill(Number.NaN)
    this.reruns = new Reruns(from.reruns)
    this.lanes = new Lanes(parts.places, onTurn)
    this.#deadLetters = new DeadLetters(parts, this)
    this.timers = new Timers(store.stored.timers, settings.timerSlotMs)
    this.feedDelay = new FeedDelay(parts.clock, parts.graceMs ?? [], settings.feedPauseMs, parts.scheduler)
    this.group = new Group(node.reads.length)
    this.clock = from.clock
    this.recordClock = from.clock
    this.head = from.head
    this.knownSince = from.knownSince
    this.failing = new FailingTimers(from.failing)
    for (const [key, since] of this.failing) this.timers.arm(key, since)
    this.#tellFailing()
  }

  // What the processor may reach.

  get now(): number {
    return Math.max(this.clock, this.#parts.clock.now())
  }

  get heard(): number | undefined {
    return this.#parts.upstream?.heard
  }

  emit(topic: Topic, key: string, value: Buffer): void {
    this.group.outputs.push({ topic: topic.name, key, value })
  }

  arm(key: string, due: number): void {
    this.timers.arm(key, due)
  }

  effect(key: string, effect: Effect): void {
    this.group.effects.push({ key, effect })
    this.lanes.asked(effect)
  }

  room(lane: string): number {
    return this.lanes.room(lane)
  }

  isClosed(lane: string): boolean {
    return this.lanes.isClosed(lane)
  }

  stand(key: string, before: readonly Stand[], now: readonly Stand[]): void {
    this.lanes.stand(key, before, now)
  }

  /** The group has as much as one commit takes: in records and timers, in outputs, or in states. */
  get isFull(): boolean {
    const { settings, processor } = this.#parts
    const { count, outputs } = this.group
    if (count >= settings.groupRecords || outputs.length >= settings.groupOutputs) return true
    return (processor.writes.bytes ?? 0) >= settings.groupBytes
  }

  /** Something is to be committed. */
  get isDirty(): boolean {
    return this.group.touched || this.group.outputs.length > 0 || this.#parts.processor.writes.count > 0
  }

  /** What comes now belongs to the group: the first of it decides when the group began. */
  beginGroup(): void {
    if (!this.isDirty) this.group.startedAt = this.#scheduler.now()
  }

  /** There is something to commit, though it may be none of the states. */
  touch(): void {
    this.beginGroup()
    this.group.touched = true
  }

  /** The group was taken into a commit. */
  nextGroup(): void {
    this.group = new Group(this.#parts.node.reads.length)
  }

  /**
   * Records of a stage from `first` on, for as long as others can wait and `mayFire` lasts; tells where it is to go on,
   * `stage.count` at its end. After a change of rules each record costs several times as much as later.
   */
  stage(stage: Stage, first: number): number {
    const { group } = this
    const { processor } = this.#parts
    const end = this.#scheduler.now() + turnMs
    for (let i = first; i < stage.count; i++) {
      if ((i - first) % keysExpected === 0) processor.expect?.(stage, i, Math.min(i + keysExpected, stage.count))
      if ((i - first) % recordsPerLook === recordsPerLook - 1 && this.#scheduler.now() >= end) return i
      stage.select(i)
      const topic = stage.topics[i] as number
      const time = stage.times[i] as number
      const fault = stage.faults.size > 0 ? stage.faults.get(i) : undefined
      // A request is merged by its time, and says nothing of what has happened until then.
      if (!fault && topic !== this.#rerunTopic && (time > this.clock || this.#owesTimers)) {
        this.#owesTimers = !this.runTimers(time, end)
        if (this.#owesTimers) return i
        this.clock = time
      }
      group.records[topic] = (group.records[topic] as number) + 1
      group.count++
      const isLetter = this.letters.size > 0 && this.letters.take(topic, stage.position)
      if (fault) {
        if (!isLetter) this.#deadLetters.ofRecord(topic, stage, fault)
        continue
      }
      this.appendedAt = stage.appendedAt
      if (topic === this.#rerunTopic) {
        if (!isLetter) this.#handleAgain(stage)
        continue
      }
      if (time > this.recordClock) this.recordClock = time
      this.delays[topic] = stage.appendedAt - time
      const outputs = group.outputs.length
      const effects = group.effects.length
      try {
        if (!isLetter) processor.record(topic, stage, this)
      } catch (error) {
        this.lanes.ended(group.takeBack(outputs, effects))
        this.#deadLetters.ofRecord(topic, stage, error)
      }
      if (time > this.head && this.#isEvent[topic]) {
        this.head = time
        this.feedDelay.newest(topic, time, stage.appendedAt)
      }
    }
    return stage.count
  }

  /** A dead letter's record: as if it had come in time, once. What fails again is a letter again. */
  #handleAgain(request: RecordView): void {
    const { group } = this
    const { node, codec, processor } = this.#parts
    const { rerun, topic, view } = readRerun(codec, node.reads, request)
    if (rerun.action !== 'rerun' || rerun.service !== node.name || this.reruns.isHandled(rerun.record_id)) return
    const outputs = group.outputs.length
    const effects = group.effects.length
    this.isRerun = true
    try {
      processor.record(topic, view, this)
      this.reruns.handled(rerun.record_id, request.appendedAt)
      this.#parts.observer.reran?.(this.#parts.shard, true)
    } catch (error) {
      this.lanes.ended(group.takeBack(outputs, effects))
      this.#deadLetters.ofRerun(rerun, error)
      this.#parts.observer.reran?.(this.#parts.shard, false)
    } finally {
      this.isRerun = false
    }
  }

  /**
   * Fires what is due up to `until`, in order, the clock standing at each due time, for as long as others can wait and
   * `mayFire` lasts. False: there is more.
   */
  runTimers(until: number, end = this.#scheduler.now() + turnMs): boolean {
    const { timers, failing } = this
    for (let fired = 0; timers.nextDue <= until; fired++) {
      if (this.mayFire <= 0 || (fired > 0 && this.#scheduler.now() >= end)) return false
      this.mayFire--
      this.group.count++
      this.clock = Math.max(this.clock, timers.nextDue)
      const key = timers.take(this.clock)
      if (key === undefined) continue
      this.group.touched = true
      const heldUntil = failing.size > 0 ? failing.heldUntil(key, this.clock) : undefined
      if (heldUntil === undefined) this.#runTimer(key)
      else timers.arm(key, heldUntil)
    }
    return true
  }

  #runTimer(key: string): void {
    const { failing, timers } = this
    const failure = this.#failureOf(() => this.#parts.processor.timer(key, this))
    if (!failure) {
      if (failing.size > 0 && failing.mended(key)) this.#tellFailing()
      return
    }
    // What was due is still in the state: it is tried again, as the fault may be mended meanwhile.
    const { since, retryAt } = failing.failed(key, this.clock)
    timers.arm(key, retryAt)
    this.#deadLetters.ofKey(key, 'timer', since, failure.error)
    this.#tellFailing()
  }

  #tellFailing(): void {
    const { observer, shard } = this.#parts
    observer.failingTimers(shard, this.failing.size)
  }

  /** Results of effects. `sequence`: number of the last commit, which tells dead letters about them apart. */
  results(answers: readonly EffectAnswer<EffectResult>[], sequence: number): void {
    for (const { key, result } of answers) {
      const failure = this.#failureOf(() => this.#parts.processor.effectResult(key, result, this))
      if (failure) this.#deadLetters.ofKey(key, 'effect', sequence, failure.error)
    }
  }

  /** Those whose turn it is at the places outside. What throws leaves nothing: its own deadline tells of it. */
  turns(turns: readonly Turn[]): void {
    const { processor } = this.#parts
    for (const turn of turns) {
      this.lanes.take(turn, () => this.#failureOf(() => processor.place?.(turn.key, turn.stand, this)))
    }
  }

  /** Asks for a look at these subscribers, as if each had a timer now. */
  armNow(keys: Iterable<string>): void {
    for (const key of keys) {
      this.failing.retryNow(key)
      this.timers.arm(key, this.clock)
    }
  }

  /** See `ShardParts.recallMs`: they are looked at as others whose time has come, some at a time, in their order. */
  lookAgain(): void {
    // Before the first record nobody waits.
    if (!this.isRecalled || !Number.isFinite(this.clock)) return
    this.isRecalled = false
    const { recallMs } = this.#parts
    if (recallMs !== undefined) this.armNow(this.timers.dueKeys(this.now + recallMs, Number.POSITIVE_INFINITY))
  }

  /** Runs something of the processor's that has no record; nothing is left of what throws. */
  #failureOf(action: () => void): { readonly error: unknown } | undefined {
    const { group } = this
    const outputs = group.outputs.length
    const effects = group.effects.length
    try {
      action()
      return undefined
    } catch (error) {
      this.lanes.ended(group.takeBack(outputs, effects))
      return { error }
    }
  }
}
