import { CodedError } from '../domain/errors.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { RecordView } from '../flow/event-log.ts'
import type { Context, KeyColumn } from '../flow/processor.ts'
import type { StateWrites } from '../flow/state-store.ts'
import type { Codec } from '../records/codec.ts'
import type { Activation } from '../rules/activation.ts'
import { hash64, hashes } from '../rules/engine/event-hash.ts'
import { registerOf } from '../rules/engine/event-registers.ts'
import type { Lane } from '../rules/engine/lane.ts'
import type { Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes, type Topic, topics } from '../topology.ts'
import { createCounters } from './counters.ts'
import type { DetectProcessor, DetectSettings } from './detect-settings.ts'
import { type Explanation, explainRecord, patternProgress } from './explain-record.ts'
import { type Insight, insightOf } from './insight.ts'
import { Judgement } from './judgement.ts'
import { emitLate } from './late-events.ts'
import { applyProfile } from './profile-changes.ts'
import type { RecordSlab } from './record-slab.ts'
import type { ResidentRecords } from './resident-records.ts'
import { RulesetSwitch } from './ruleset-switch.ts'

/** Grace of a type where nothing is said. */
const defaultGrace = 600_000
const profileTopic = eventTypes.indexOf('profile')

/**
 * `record` is the hot path: about a microsecond, no await, no closure and no object for an event that fires nothing. An
 * event is read into registers by generated code; generated code changes its subscriber's tracks and looks at the rules that
 * read what changed. What is rare (profiles, timers, migration, a moment) works on objects.
 */
export class Detection implements DetectProcessor {
  readonly counters = createCounters()
  readonly writes: StateWrites

  private readonly codec: Codec
  private readonly graces: readonly number[]
  private readonly turn: RulesetSwitch
  private readonly slab: RecordSlab
  private readonly records: ResidentRecords
  private readonly judgement: Judgement

  constructor(settings: DetectSettings) {
    this.codec = settings.codec
    this.graces = eventTypes.map((type) => settings.grace?.[type] ?? defaultGrace)
    this.judgement = new Judgement(settings, this.graces, this.counters)
    this.records = this.judgement.records
    this.turn = new RulesetSwitch(
      settings,
      (ruleset, activation) => this.useRuleset(ruleset, activation),
      () => this.records.isFollowed(),
    )
    this.slab = this.records.slab
    this.writes = this.slab.writes
  }

  get evaluations(): number {
    return this.judgement.evaluations
  }

  useRuleset(ruleset: Ruleset, activation?: Activation): void {
    this.records.useRuleset(ruleset, activation)
  }
  prepare(ruleset: Ruleset, activation: Activation): Generator<void, void> {
    return this.records.prepare(ruleset, activation)
  }
  scheduleChanged(): void {
    this.turn.recheck()
  }
  get note(): string {
    return this.records.layouts.note
  }
  restore(note: string): void {
    this.records.restore(note)
  }
  get schemas(): readonly number[] {
    return this.records.layouts.schemas
  }

  get sweep(): number {
    return this.records.needsSweep ? this.records.turn : 0
  }
  swept(sweep: number): void {
    this.records.swept(sweep)
  }
  get renewal(): number {
    return this.records.needsRenewal ? this.records.turn : 0
  }
  isOutdated(value: Buffer): boolean {
    return this.slab.isOutdated(value)
  }
  renewed(renewal: number): void {
    this.records.renewed(renewal)
  }

  // ---- residence

  isResident(key: Buffer, start: number, end: number): boolean {
    return this.slab.find(key, start, end)
  }

  expect(keys: KeyColumn, from: number, to: number): void {
    this.slab.expect(keys, from, to)
  }

  admit(key: string, value: Buffer | null): void {
    this.records.admit(key, value)
  }
  settled(): void {
    this.slab.settled()
  }
  get memoryBytes(): number {
    return this.slab.memoryBytes
  }
  evict(bytes: number): void {
    this.slab.evict(bytes)
  }

  // ---- events

  record(topic: number, record: RecordView, context: Context): void {
    const bytes = record.value
    const { judgement, counters } = this
    counters.events[topic] = (counters.events[topic] as number) + 1
    const time = judgement.read(topic, bytes, record.valueStart, record.valueEnd)
    // A local date of 1969 would be a negative pane.
    if (time < dayMs) throw new CodedError('KM_RECORD_OUT_OF_RANGE', `event_time ${time} lies before 1970-01-02`)
    const clock = time > context.head ? time : context.head
    // Read anew: under another ruleset the event's fields stand elsewhere.
    if (clock >= this.turn.at && this.turn.follow(clock)) {
      judgement.read(topic, bytes, record.valueStart, record.valueEnd)
    }
    const { loaded } = this.records
    const { registers } = loaded.compiled
    const grace = this.graces[topic] as number
    if (context.head - time > grace && context.isRerun !== true) {
      const type = eventTypes[topic] as EventType
      counters.late[type]++
      emitLate(this.codec, type, record, registers, context)
      return
    }
    // What an earlier version still has to decide may be over others.
    if (!loaded.isUsedByTopic[topic] && time >= this.records.seams.until) return
    this.records.take(record.key, record.keyStart, record.keyEnd)
    judgement.context = context
    judgement.time = time
    judgement.valueStart = record.valueStart
    judgement.valueEnd = record.valueEnd
    this.slab.prune = clock - grace
    judgement.event.take(registers, topic, bytes, clock - loaded.compiled.grace)
    this.slab.open()
    try {
      this.apply(topic, context)
    } catch (error) {
      judgement.undo()
      throw error
    }
  }

  private apply(topic: number, context: Context): void {
    const { slab, judgement } = this
    const { event, time } = judgement
    this.ready(time, context)
    const endedAt = slab.endedAt
    if (endedAt >= 0) {
      if (time <= endedAt) {
        this.counters.ended++
        return
      }
      slab.begin(time)
      judgement.awaits = true
    }
    if (!this.takeEvent(topic)) {
      this.counters.duplicates++
      return
    }
    slab.seenAt(time)
    judgement.profile = undefined
    if (topic === profileTopic && this.takeProfile(context)) return
    if (time < this.records.seams.until) judgement.tellRemnant(topic, context, () => this.takeEvent(topic))
    judgement.useRecord()
    judgement.readLocals(topic)
    judgement.runLane(this.records.loaded.compiled.lanes[0] as Lane, event.type)
    if (this.records.loaded.isSettledByTopic[topic]) judgement.hold(context)
    if (judgement.awaits || this.records.tracks.created) judgement.awaitCalendar(time, context)
    slab.put()
    if (judgement.moments.length > 0) judgement.moments.flush(slab.keyText(), context)
  }

  /** The current record begins, or is rewritten, in today's layout. */
  private ready(time: number, context: Context): void {
    if (this.slab.length === 0) {
      this.slab.begin(time)
      this.judgement.awaits = true
    } else if (this.records.isOutdated) this.migrate(context)
  }

  /** What is new by the calendar waits from the change on: nothing of before it is made up for. */
  private migrate(context: Context): void {
    this.judgement.remnants.migrate(Math.max(context.head, context.clock))
    if (this.slab.endedAt < 0 && Number.isFinite(context.clock)) this.judgement.awaitCalendar(undefined, context)
    this.judgement.armNext(context)
  }

  private takeEvent(topic: number): boolean {
    const { registers } = this.records.loaded.compiled
    const { event } = this.judgement
    const { bytes, idStart, idEnd } = event
    hash64(
      bytes,
      (registers[registerOf.sourceStart] as number) | 0,
      (registers[registerOf.sourceEnd] as number) | 0,
      idStart,
      idEnd,
    )
    const { slab } = this
    const keepId = this.records.loaded.keepsIdByTopic[topic] as boolean
    const h1 = hashes[0] as number
    const h2 = hashes[1] as number
    if (!slab.takeEvent(event, h1, h2, keepId)) return false
    this.counters.seenOverflows = slab.seenOverflows
    return true
  }

  /** A profile event, before its tracks. True: it ended the identity. */
  private takeProfile(context: Context): boolean {
    const { slab, records, judgement } = this
    const event = this.codec.decode('profile', judgement.event.bytes, judgement.valueStart, judgement.valueEnd)
    if (event.status === 'deactivated') {
      slab.end(event.event_time)
      slab.put()
      context.arm(slab.keyText(), records.forgottenAt(event.event_time))
      judgement.awaits = false
      return true
    }
    const changed = applyProfile(slab, records.profile, event, records.zones, records.calendars)
    if (changed.size > 0) {
      judgement.calendar.changed(changed)
      judgement.awaits = true
    }
    judgement.profile = event
    return false
  }

  // ---- timers

  /** Follows the schedule of rulesets: up to a grace back, so that it isn't ahead of events that are on their way. */
  tick(context: Context): void {
    this.turn.follow(Math.max(context.head, context.clock - this.records.maxGrace))
    this.records.seams.tick(context.clock)
  }

  timer(key: string, context: Context): void {
    this.tick(context)
    const bytes = Buffer.from(key)
    const { slab } = this
    if (!slab.find(bytes, 0, bytes.length)) {
      throw new CodedError('KM_STATE_NOT_RESIDENT', 'a timer of a subscriber whose state was not loaded')
    }
    if (slab.length === 0) return
    this.judgement.context = context
    slab.open()
    const { isOutdated } = this.records
    try {
      if (isOutdated) this.migrate(context)
      this.due(key, context)
    } catch (error) {
      this.judgement.undo()
      if (isOutdated) this.records.failedToRenew()
      throw error
    }
  }

  private due(key: string, context: Context): void {
    const { slab, judgement } = this
    const { clock } = context
    const endedAt = slab.endedAt
    if (endedAt >= 0) {
      // Nothing of the ended identity can arrive any more: the key goes too.
      if (clock >= this.records.forgottenAt(endedAt)) slab.resize(0, -slab.length)
      else context.arm(key, this.records.forgottenAt(endedAt))
      slab.put()
      return
    }
    judgement.due(clock)
    judgement.armNext(context)
    slab.put()
    judgement.moments.flush(key, context)
  }

  // ---- adoption

  adopt(topic: Topic, record: RecordView, context: Context): void {
    if (topic.name !== topics.moments.name) return
    this.turn.follow(context.head)
    const moment = this.codec.decode('moment', record.value, record.valueStart, record.valueEnd)
    const index = this.records.loaded.compiled.layout.rules.indexOf(moment.rule)
    const rule = this.records.loaded.rules[index]
    if (rule?.trigger.kind === 'interval' || moment.kind === 'do-not-disturb') return
    const isEnd = moment.reason_ended_at != null
    if (isEnd && !rule?.until) return
    const { slab } = this
    const { firing } = this.judgement
    this.records.take(record.key, record.keyStart, record.keyEnd)
    slab.open()
    this.ready(moment.at, context)
    if (moment.at <= slab.endedAt) return
    if (slab.endedAt >= 0) slab.begin(moment.at)
    if (isEnd) {
      firing.told.end(index, moment.at)
      slab.put()
      return
    }
    if (rule?.until) firing.told.begin(index, moment.at)
    // It comes with a version that the shard has yet to go over to, or was withdrawn: how long it holds back isn't known here.
    if (!rule) this.records.putAway(moment.rule, moment.at, 'lifetime')
    else if (rule.trigger.kind === 'pattern') {
      const lane = rule.settle ? 1 : 0
      this.records.loadBook(lane).adopt(index, moment.at, moment.occurrence)
      this.records.storeBook(lane)
    } else firing.fired.adopt(index, moment.at, context.head)
    if (this.judgement.awaits) this.judgement.awaitCalendar(moment.at, context)
    slab.put()
  }

  effectResult(): void {}

  explain(key: string, at?: number): Explanation | undefined {
    const { records, judgement } = this
    return this.look(key, at, (instant, patterns) =>
      explainRecord(records.plain(), records.loaded, judgement.zone.name, instant, patterns),
    )
  }

  insight(key: string, at: number, windows: ReadonlySet<string>): Insight | undefined {
    const { records, codec, judgement } = this
    return this.look(key, at, (instant, patterns) =>
      insightOf({ records, codec, place: judgement, at: instant, patterns, windows }),
    )
  }

  /** Nothing is changed: a record of an earlier layout is looked at as it would become. */
  private look<T>(key: string, at: number | undefined, tell: (at: number, patterns: PatternsSeen) => T): T | undefined {
    const bytes = Buffer.from(key)
    const { slab, records, judgement } = this
    if (!slab.find(bytes, 0, bytes.length) || slab.length === 0) return undefined
    slab.open()
    const { migrations } = this.counters
    try {
      if (records.isOutdated) records.migrate(Number.NEGATIVE_INFINITY)
      judgement.useRecord()
      const instant = at ?? Math.max(...[...records.plain().sources.values()].map(({ head }) => head))
      return tell(instant, patternProgress(records, instant))
    } finally {
      this.counters.migrations = migrations
    }
  }
}

type PatternsSeen = Explanation['patterns']
