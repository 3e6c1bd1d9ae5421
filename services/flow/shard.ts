import { topics } from '../topology.ts'
import { Bell } from './bell.ts'
import { contentOf } from './commit-content.ts'
import { type CommitContent, type Committer, committerOf } from './committer.ts'
import { fireSome } from './due-timers.ts'
import { Effects } from './effects.ts'
import type { TopicDelay } from './feed-delay.ts'
import { Handling } from './handling.ts'
import { HeadCheck } from './head-check.ts'
import { logGap } from './log-gap.ts'
import { LogKnowledge } from './log-knowledge.ts'
import { Merge } from './merge.ts'
import { type CommitMark, decodeProgress, noteOf, type Progress } from './progress.ts'
import { createRelay, type Relay } from './relay.ts'
import { Residents } from './residents.ts'
import { aborted, type ShardParts } from './shard-parts.ts'
import { Stage } from './stage.ts'
import { Sweeps } from './sweeps.ts'
import { takeOver } from './take-over.ts'
import { takeTurns } from './take-turns.ts'

/** Age at which the group of a shard that is behind is committed. Milliseconds. */
const behindGroupMs = 500

/**
 * Where a shard is in its life, which only goes forward:
 *
 *   starting     restores its state and brings it together with the log; takes nothing
 *   running      takes records, and commits
 *   finishing    takes nothing more; what it has taken is committed, its outputs and effects leave
 *   ended        touches nothing any more
 */
type ShardState = 'starting' | 'running' | 'finishing' | 'ended'

/**
 * One shard of one service at work: merges the shard's topics by time, hands each record to the processor, and commits
 * by groups. Per group, one atomic commit holds the changed states, positions, timers and outputs; outputs go to the log
 * after it, and effects after those. The path of a record awaits nothing and makes no object: what is awaited (missing
 * states, unknown schemas, commits) is awaited per stage.
 */
export class Shard<Effect, EffectResult> {
  readonly #parts: ShardParts<Effect, EffectResult>
  readonly #heads: HeadCheck
  readonly #stage: Stage
  readonly #residents: Residents
  readonly #handling: Handling<Effect, EffectResult>
  readonly #sweeps: Sweeps<Effect, EffectResult>
  readonly #effects: Effects<Effect, EffectResult>
  readonly #bell: Bell
  readonly #progress: Progress
  readonly #merge: Merge
  readonly #knowledge: LogKnowledge
  readonly #relay: Relay
  readonly #committer: Committer<Effect>
  /** While it takes over: by output topic, up to where outputs were adopted. */
  readonly #adopted = new Map<string, number>()
  /** Records of the stage that were handled. */
  #handled = 0
  /** Of `Scheduler.now`. */
  #committedAt = 0
  #state: ShardState = 'starting'
  /** Since when it has taken over and takes records, by `Scheduler.now`, whatever became of it; undefined: it hasn't yet. */
  runningSince: number | undefined

  /** @throws CodedError KM_STATE_UNREADABLE */
  constructor(parts: ShardParts<Effect, EffectResult>) {
    this.#parts = parts
    const { node, shard, log, store, codec, processor, settings, observer } = parts
    this.#bell = new Bell(parts.scheduler)
    this.#progress = decodeProgress(store.stored.progress)
    const { clock, head, positions, reruns, failing, genesis } = this.#progress
    const from = {
      clock: clock ?? Number.NEGATIVE_INFINITY,
      head: head ?? Number.NEGATIVE_INFINITY,
      knownSince: genesis?.knownSince ?? undefined,
      reruns,
      failing,
    }
    const ring = () => this.#bell.ring()
    this.#handling = new Handling(parts, from, ring)
    this.#effects = new Effects(parts.runEffect, ring, (error) => observer.retrying(shard, error), this.#handling.lanes)
    this.#heads = new HeadCheck(node.reads, codec, shard, log.shards, settings.futureToleranceMs, node.name)
    this.#stage = new Stage(settings.stageRecords)
    this.#residents = new Residents(store, processor)
    this.#sweeps = new Sweeps(parts, this.#handling, this.#residents, ring)
    this.#merge = new Merge(
      node.reads.map(({ name }) => positions[name] ?? 0),
      this.#heads,
      parts.feed,
      settings.queueRecords,
      parts.buffers,
    )
    this.#knowledge = new LogKnowledge(parts)
    this.#relay = createRelay(parts, { relayedThrough: 0, ends: new Map() })
    this.#committer = committerOf(parts, this.#relay, this.#effects, this.#bell)
  }

  /** Positions from which a restart would go on, by topic in the service's order. */
  get positions(): readonly number[] {
    return this.#merge.positions
  }

  /** By topic, how late the last record came onto the log, and how long the oldest that waits has waited since. */
  delays(): readonly TopicDelay[] {
    return this.#parts.node.reads.map((_, topic) => ({
      feedMs: this.#handling.delays[topic] as number,
      waitingSince: this.#merge.oldest(topic),
    }))
  }

  /** Greatest event time seen; -Infinity before the first. */
  get head(): number {
    return this.#handling.head
  }

  /** How far behind is what it has heard of upstream (see `Upstream.behindMs`); undefined: nobody is. */
  get unheardMs(): number | undefined {
    return this.#parts.upstream?.behindMs
  }

  /** Everything that the log had was handled, and its outputs are on the log. */
  get isIdle(): boolean {
    const busy = this.#committer.isBusy || this.#effects.isBusy
    const due = this.#handling.timers.nextDue <= this.#parts.clock.caughtUpTo()
    const waits = this.#state === 'running' && this.#merge.caughtUp
    return waits && !this.#handling.isDirty && !busy && !due && !this.#sweeps.isLooking
  }

  /**
   * Works until `stop`. Rejects when the shard can't go on: KM_SHARD_FENCED (another owner), KM_STATE_ROLLED_BACK and
   * KM_STORE_UNAVAILABLE (claim and start again), KM_STATE_MISSING, KM_LOG_GAP (somebody must decide), KM_SHARD_ABORTED.
   */
  async run(): Promise<void> {
    try {
      await this.#start()
      while (this.#state === 'running') {
        const handled = await this.#cycle()
        if (handled === 0) await this.#idle()
        else await this.#parts.scheduler.turn()
      }
      await this.#finish()
      this.#parts.observer.stopped(this.#parts.shard, undefined)
    } catch (error) {
      this.#parts.observer.stopped(this.#parts.shard, error)
      throw error
    } finally {
      this.#state = 'ended'
      this.#parts.life.abort(aborted())
      this.#merge.close()
      this.#handling.lanes.close()
      // Whoever claims the shard next reads the log to its end: an append of ours must not come behind that.
      await this.#relay.ended()
    }
  }

  /**
   * Takes nothing more, commits what it has, lets outputs and effects finish; `run` resolves then. A shard that is still
   * starting has taken nothing, and gives up at once.
   */
  stop(): void {
    if (this.#state === 'starting') this.abort()
    else if (this.#state === 'running') this.#state = 'finishing'
    this.#handling.lanes.leave()
    this.#bell.ring()
  }

  /** Something outside has changed that states may wait for (see `ShardParts.recallMs`). */
  recall(): void {
    this.#handling.isRecalled = true
    this.#bell.ring()
  }

  /** Gives up waiting for anything outside. What isn't committed is done again by the next owner. */
  abort(): void {
    this.#parts.life.abort(aborted())
    this.#committer.failure ??= aborted()
    this.#bell.ring()
  }

  async #start(): Promise<void> {
    const { node, shard, store, feed, processor, observer, life, scheduler } = this.#parts
    const started = scheduler.now()
    const { sequence } = store.stored
    processor.restore(noteOf(store.stored, this.#progress))
    processor.restoreWaiting?.(this.#progress.waiting ?? {})
    this.#handling.feedDelay.restore(this.#progress.feedDelay ?? 0)
    this.#heads.expect(processor.schemas ?? [])
    // Of a shard that begins anew the store has one commit, and no state.
    this.#residents.areComplete = sequence === 0 || (sequence === 1 && this.#progress.genesis !== undefined)
    const { adopted, relayed } = await takeOver(this.#parts, {
      progress: this.#progress,
      positions: this.#merge.positions,
      context: this.#handling,
      residents: this.#residents,
      relay: this.#relay,
      reached: this.#adopted,
      save: () => this.#saveAdopted(),
    })
    await this.#adoptLetters()
    await this.#settle()
    life.signal.throwIfAborted()
    feed.start(this.#merge.positions, {
      push: (topic, batch) => {
        if (this.#state === 'ended') return
        this.#merge.push(topic, batch)
        this.#bell.ring()
      },
      dropped: (topic, from, to) => {
        this.#merge.drop(topic, { topic: node.reads[topic]?.name as string, from, to })
        this.#bell.ring()
      },
    })
    this.#state = 'running'
    this.#committedAt = scheduler.now()
    this.runningSince = scheduler.now()
    const millis = this.runningSince - started
    observer.started(shard, { fresh: sequence === 0, adopted, relayed, millis, genesis: this.#progress.genesis })
  }

  async #adoptLetters(): Promise<void> {
    const { letters, ends } = this.#progress
    const { name } = topics.deadLetters
    const to = this.#relay.ends.get(name) ?? 0
    const from = letters ?? ends[name] ?? (this.#parts.store.stored.sequence === 0 ? 0 : to)
    await this.#handling.letters.read(this.#parts, { from, to }, this.#merge.positions)
  }

  /** One round: results of effects, a stage of records, due timers, and a commit when it is time. */
  async #cycle(): Promise<number> {
    if (this.#committer.failure) throw this.#committer.failure
    this.#bell.listen()
    if (this.#merge.gap) await this.#finish()
    if (this.#merge.gap) throw logGap([this.#merge.gap])
    // Between stages: what the merge gave out is handled.
    this.#parts.upstream?.handled(this.#merge.positions)
    await this.#learnSchemas()
    await this.#takeResults()
    if (this.#mayTakeMore) await takeTurns(this.#handling, this.#residents)
    this.#handling.lookAgain()
    let handled = this.#mayTakeMore ? await this.#takeStage() : 0
    if (handled === 0) handled = await this.#followClock()
    const swept = this.#mayTakeMore ? await this.#sweeps.some(() => this.#settle()) : 0
    if (this.#handling.isDirty && this.#isTimeToCommit()) await this.#commit()
    return handled + swept
  }

  /**
   * A group which puts something out goes at once, unless commits are under way already. While a whole stage and more is
   * waiting, nobody misses some milliseconds, and larger groups cost less.
   */
  #isTimeToCommit(): boolean {
    const { groupMs } = this.#parts.settings
    const { group } = this.#handling
    if (this.#handling.isFull) return true
    const isBehind = this.#merge.waiting >= this.#stage.size
    if (!isBehind && group.isAwaited && this.#committer.hasRoom) return true
    return this.#parts.scheduler.now() - group.startedAt >= (isBehind ? Math.max(groupMs, behindGroupMs) : groupMs)
  }

  get #mayTakeMore(): boolean {
    const { groupsUnrelayed, effectsInFlight } = this.#parts.settings
    return this.#relay.waiting < groupsUnrelayed && this.#effects.inFlight < effectsInFlight
  }

  async #takeStage(): Promise<number> {
    const stage = this.#stage
    stage.fillFrom(this.#merge, this.#heads.faults)
    if (stage.count === 0) return 0
    const handling = this.#handling
    handling.touch()
    const { stageRecords } = this.#parts.settings
    for (this.#handled = 0; this.#handled < stage.count; ) {
      await this.#residents.forStage(stage, this.#handled, handling.timers, handling.clock, stageRecords)
      handling.mayFire = stageRecords
      while (handling.mayFire > 0 && !handling.isFull) {
        this.#handled = handling.stage(stage, this.#handled)
        if (this.#handled === stage.count) break
        await this.#parts.scheduler.turn()
      }
      // So many timers came due before a record that its stage has to be committed in parts.
      if (this.#handled < stage.count && handling.isFull) await this.#commit()
    }
    return stage.count
  }

  /**
   * Once everything is read, the clock follows the wall clock, so that what is due comes without an event (`FeedDelay`).
   * Says how much was done if there is more, else 0.
   */
  async #followClock(): Promise<number> {
    if (!this.#merge.caughtUp) return 0
    const handling = this.#handling
    const until = handling.feedDelay.reach
    if (until <= handling.clock) return 0
    if (!(await this.#knowledge.reaches(this.#parts.clock.caughtUpTo(), this.#merge.positions))) return 0
    // While the log was asked, something may have come.
    if (!this.#merge.caughtUp) return 0
    if (handling.timers.nextDue <= until) {
      handling.beginGroup()
      const { scheduler, settings } = this.#parts
      const most = settings.stageRecords
      if (!(await fireSome(handling, this.#residents, scheduler, { until, most }))) return most
    }
    handling.clock = until
    this.#parts.processor.tick?.(handling)
    return 0
  }

  async #takeResults(): Promise<void> {
    if (this.#effects.waiting === 0) return
    // What was due before comes first; a shard that ends fires nothing more.
    if (this.#state === 'running' && (await this.#followClock()) > 0) return
    const results = this.#effects.take()
    this.#handling.touch()
    await this.#residents.forKeys(results.map(({ key }) => key))
    this.#handling.results(results, this.#committer.sequence)
  }

  async #learnSchemas(): Promise<void> {
    const { observer, shard } = this.#parts
    if (this.#heads.unlearnt.size === 0) return
    await this.#heads.learn().catch((error: unknown) => observer.retrying(shard, error))
    this.#merge.retryHeads()
  }

  async #commit(): Promise<void> {
    const { processor, settings, scheduler } = this.#parts
    this.#committedAt = scheduler.now()
    await this.#committer.commit(this.#handling.group, this.#content)
    processor.settled()
    this.#handling.nextGroup()
    if (processor.memoryBytes > settings.memoryBytes) {
      // What is evicted comes back from the store: it must be there.
      await this.#committer.settled()
      this.#evict()
    }
  }

  /** What is in memory is in the store. */
  async #settle(): Promise<void> {
    await this.#commit()
    await this.#committer.settled()
  }

  async #saveAdopted(): Promise<void> {
    const { processor, settings } = this.#parts
    await this.#committer.save(this.#content)
    processor.settled()
    if (processor.memoryBytes > settings.memoryBytes) this.#evict()
  }

  #evict(): void {
    const { processor, settings } = this.#parts
    processor.evict(0.9 * settings.memoryBytes)
    this.#residents.areComplete = false
  }

  readonly #content = (mark: CommitMark): CommitContent =>
    contentOf(mark, this.#parts, {
      positions: this.#stage.positionsAt(this.#handled, this.#merge.positions),
      ends: this.#relay.ends,
      adopted: this.#adopted,
      handling: this.#handling,
      genesis: this.#progress.genesis,
    })

  /** Nothing was committed for so long that the store might have been emptied behind our back. */
  get #isUnproven(): boolean {
    return this.#parts.scheduler.now() - this.#committedAt >= this.#parts.settings.proofMs
  }

  /** Waits for something to do; when there is nothing, lets go of outbox rows that are on the log. */
  async #idle(): Promise<void> {
    const { settings, scheduler } = this.#parts
    const { timers, group, feedDelay, isDirty } = this.#handling
    if (!isDirty && (this.#committer.canTrim || this.#isUnproven)) return this.#commit()
    const sweepWait = this.#mayTakeMore ? Math.max(1, this.#sweeps.wait) : Number.POSITIVE_INFINITY
    let wait = Math.min(this.#heads.unlearnt.size > 0 ? 100 : settings.idleMs, sweepWait)
    if (isDirty) wait = Math.max(1, settings.groupMs - (scheduler.now() - group.startedAt))
    else if (this.#merge.caughtUp && timers.size > 0) {
      wait = Math.min(wait, Math.max(1, this.#knowledge.wait, feedDelay.millisUntil(timers.nextDue)))
    }
    await this.#bell.wait(wait)
    // What one producer wrote to several topics at once arrives within milliseconds: let it come before it is merged.
    if (this.#merge.waiting > 0) await scheduler.wait(settings.gatherMs)
  }

  /** Orderly end: what was taken is committed, its outputs are on the log, its effects have answered. */
  async #finish(): Promise<void> {
    for (;;) {
      if (this.#committer.failure) throw this.#committer.failure
      this.#bell.listen()
      await this.#takeResults()
      if (this.#handling.isDirty) await this.#commit()
      if (!this.#committer.isBusy && !this.#effects.isBusy && !this.#handling.isDirty) return
      await this.#bell.wait(100)
    }
  }
}
