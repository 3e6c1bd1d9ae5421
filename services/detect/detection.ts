import { CodedError } from '../domain/errors.ts'
import { dayMs, type TimeZone } from '../domain/time-zones.ts'
import type { RecordView } from '../flow/event-log.ts'
import type { Context } from '../flow/processor.ts'
import type { StateWrites } from '../flow/state-store.ts'
import type { Codec } from '../records/codec.ts'
import type { DoNotDisturb, Profile } from '../records/types.ts'
import { civilFields } from '../rules/engine/civil-fields.ts'
import { hash64, hashes } from '../rules/engine/event-hash.ts'
import { registerOf } from '../rules/engine/event-registers.ts'
import type { Lane } from '../rules/engine/lane.ts'
import type { PatternBook, PatternFiring, PatternHost } from '../rules/engine/patterns/pattern-book.ts'
import { sections } from '../rules/engine/plain-record.ts'
import type { RuleHost } from '../rules/engine/rule-host.ts'
import { setState, stateOf } from '../rules/engine/rule-states.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes, type Topic, topics } from '../topology.ts'
import { createCounters } from './counters.ts'
import type { DetectProcessor, DetectSettings } from './detect-settings.ts'
import { CurrentEvent } from './event-in-hand.ts'
import type { EventReader } from './event-readers.ts'
import { type Explanation, explainRecord } from './explain-record.ts'
import { emitLate } from './late-events.ts'
import type { RulesetTimes } from './loaded-ruleset.ts'
import { evidenceOf, MomentQueue, segmentsOf } from './moment-queue.ts'
import { doNotDisturbOf } from './moments.ts'
import { applyProfile, feedProfile } from './profile-changes.ts'
import type { RecordSlab } from './record-slab.ts'
import { ResidentRecords } from './resident-records.ts'

/** Grace of a type where nothing is said. */
const defaultGrace = 600_000
const profileTopic = eventTypes.indexOf('profile')
const two32 = 4_294_967_296

/**
 * `record` is the hot path: about a microsecond, no await, no closure and no object for an event that fires nothing. An
 * event is read into registers by generated code; generated code changes its subscriber's tracks and looks at the rules that
 * read what changed. What is rare (profiles, timers, migration, a moment) works on objects.
 */
export class Detection implements DetectProcessor, RuleHost, PatternHost {
  readonly counters = createCounters()
  readonly writes: StateWrites
  // What generated code and tracks see of the record and event in hand (see RuleHost).
  zone: TimeZone
  billingDay = 1
  since = 0
  time = 0
  evaluations = 0

  private readonly codec: Codec
  private readonly workdayOf: DetectSettings['workday']
  private readonly graces: readonly number[]
  private readonly slab: RecordSlab
  private readonly records: ResidentRecords
  private readonly moments: MomentQueue
  private readonly event = new CurrentEvent()

  // The event in hand.
  private valueStart = 0
  private valueEnd = 0
  private profile: Profile | undefined
  private context: Context | undefined
  /** Lane whose patterns are in the book; -1: none are. */
  private bookLane = -1
  private lane = 0

  constructor(settings: DetectSettings) {
    this.codec = settings.codec
    this.workdayOf = settings.workday
    this.graces = eventTypes.map((type) => settings.grace?.[type] ?? defaultGrace)
    this.records = new ResidentRecords(settings, this.graces, { event: this.event, host: this }, this.counters)
    this.slab = this.records.slab
    this.writes = this.slab.writes
    this.zone = this.records.zones.zone(-1)
    this.moments = new MomentQueue(this.codec, this.counters)
  }

  useRuleset(ruleset: Ruleset, times: RulesetTimes = {}): void {
    this.records.useRuleset(ruleset, times)
  }
  get note(): string {
    return this.records.layouts.note
  }
  restore(note: string): void {
    this.records.restore(note)
  }

  // ---- residence

  isResident(key: Buffer, start: number, end: number): boolean {
    return this.slab.find(key, start, end)
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
    const type = eventTypes[topic] as EventType
    const { loaded } = this.records
    const { registers } = loaded.compiled
    const bytes = record.value
    this.counters.events[type]++
    ;(loaded.readerByTopic[topic] as EventReader).read(bytes, record.valueStart, record.valueEnd)
    const time = registers[registerOf.eventTime] as number
    // A local date of 1969 would be a negative pane.
    if (time < dayMs) throw new CodedError('KM_RECORD_OUT_OF_RANGE', `event_time ${time} lies before 1970-01-02`)
    const grace = this.graces[topic] as number
    if (context.head - time > grace) {
      this.counters.late[type]++
      emitLate(this.codec, type, record, registers, context)
      return
    }
    if (!loaded.isUsedByTopic[topic]) return
    this.records.take(record.key, record.keyStart, record.keyEnd)
    this.context = context
    this.time = time
    this.valueStart = record.valueStart
    this.valueEnd = record.valueEnd
    this.event.take(registers, topic, bytes, (time > context.head ? time : context.head) - grace)
    this.slab.save()
    try {
      this.apply(topic, context)
    } catch (error) {
      this.undo()
      throw error
    }
  }

  /** Nothing of the event in hand remains. */
  private undo(): void {
    this.slab.restore()
    this.moments.clear()
    this.bookLane = -1
    for (const lane of this.records.loaded.compiled.lanes) lane.clear()
  }

  private apply(topic: number, context: Context): void {
    const { slab, event, time } = this
    this.ready(time, context)
    const endedAt = slab.endedAt
    if (endedAt >= 0) {
      if (time <= endedAt) {
        this.counters.ended++
        return
      }
      slab.begin(time)
    }
    if (!this.takeEvent(topic)) {
      this.counters.duplicates++
      return
    }
    slab.seenAt(time)
    this.profile = undefined
    if (topic === profileTopic && this.takeProfile(context)) return
    this.useRecord()
    const locals = this.records.loaded.localsByTopic[topic] as LoadedLocals
    if (locals.length > 0) this.readLocals(locals)
    const { lanes } = this.records.loaded.compiled
    this.runLane(lanes[0] as Lane, event.type)
    slab.touch()
    if (this.moments.length > 0) this.moments.flush(slab.keyText(), context)
  }

  /** The current record begins, or is rewritten, in today's layout. */
  private ready(time: number, context: Context): void {
    if (this.slab.length === 0) this.slab.begin(time)
    else if (this.records.isOutdated) this.migrate(context)
  }

  private migrate(context: Context): void {
    this.records.migrate()
    this.slab.touch()
    this.armNext(context)
  }

  private takeEvent(topic: number): boolean {
    const { registers } = this.records.loaded.compiled
    const { bytes, idStart, idEnd, horizon } = this.event
    hash64(
      bytes,
      registers[registerOf.sourceStart] as number,
      registers[registerOf.sourceEnd] as number,
      idStart,
      idEnd,
    )
    const { slab } = this
    const keepId = this.records.loaded.keepsIdByTopic[topic] as boolean
    const [h1, h2] = [hashes[0] as number, hashes[1] as number]
    if (!slab.takeEvent(topic, this.time, h1, h2, bytes, idStart, idEnd, keepId, horizon)) return false
    this.counters.seenOverflows = slab.seenOverflows
    return true
  }

  /** What tracks and conditions ask of the record in hand. */
  private useRecord(): void {
    this.zone = this.records.zone()
    this.billingDay = this.slab.billingDay
    this.since = this.slab.since
  }

  private readLocals(locals: LoadedLocals): void {
    const { registers } = this.records.loaded.compiled
    for (const { name, at } of locals) registers[at] = civilFields[name](this, this.time)
  }

  /** The event in hand goes through the tracks, patterns and conditions of a lane. */
  private runLane(lane: Lane, topic: number): void {
    const program = lane.programs[topic]
    if (program === undefined) return
    this.lane = lane.number
    lane.begin()
    if (this.profile !== undefined) {
      feedProfile(lane, program, this.profile, this.records.tracks, this.event, this)
    }
    program.apply()
    if (program.hasMatches) {
      program.match()
      if (this.bookLane >= 0) this.closeBook()
    }
    lane.judge(program)
  }

  /** A profile event, before its tracks. True: it ended the identity. */
  private takeProfile(context: Context): boolean {
    const { slab, records } = this
    const event = this.codec.decode('profile', this.event.bytes, this.valueStart, this.valueEnd)
    if (event.status === 'deactivated') {
      slab.end(event.event_time)
      slab.touch()
      context.arm(slab.keyText(), records.forgottenAt(event.event_time))
      return true
    }
    applyProfile(slab, records.profile, event, records.zones, records.calendars)
    this.profile = event
    return false
  }

  // ---- what generated code asks (RuleHost)

  inexact(): void {
    this.counters.inexact++
    this.slab.markInexact()
  }

  workday(day: number): number {
    const isWorkday = this.workdayOf?.(this.records.calendars.name(this.slab.calendarNumber), day)
    return isWorkday === undefined ? Number.NaN : isWorkday ? 1 : 0
  }

  headOf(type: number): number {
    return this.slab.headOf(type)
  }

  fire(index: number, at: number): void {
    if (!this.mayFire(index, at) || !this.allows(index, at)) return
    const rule = this.records.loaded.rules[index] as Rule
    const on = rule.trigger.kind === 'condition' ? rule.trigger.on : []
    const occurrence = rule.settle ? this.event.id : this.records.newestOf(on)
    this.setFired(index, at)
    this.emit(index, at, occurrence, (this.context as Context).appendedAt, undefined, null)
  }

  edge(_index: number, _at: number, _condition: number, _rearm: number): void {}

  interval(index: number, phase: number): void {
    const { trigger } = this.records.loaded.rules[index] as Rule
    if (trigger.kind !== 'interval') return
    const { time } = this
    const type = eventTypes[this.event.type] as EventType
    const event = this.codec.decode(type, this.event.bytes, this.valueStart, this.valueEnd)
    const doNotDisturb = doNotDisturbOf(trigger, event, phase === 0 ? 'open' : 'closed')
    const occurrence = phase === 0 ? event.event_id : `${event.event_id}:closed`
    this.emit(index, time, occurrence, (this.context as Context).appendedAt, undefined, doNotDisturb)
  }

  matched(role: number, key: number): void {
    const { time, lane, event } = this
    const high = Math.floor(key / two32)
    this.openBook(lane).mark(
      role,
      time,
      event.type,
      event.bytes,
      event.idStart,
      event.idEnd,
      (key - high * two32) | 0,
      high,
    )
  }

  // ---- firing

  private lastFired(index: number): number {
    return stateOf(this.records.states, this.records.loaded.compiled.layout.edges.length, 'fired', index)
  }

  private setFired(index: number, at: number): void {
    setState(this.records.states, this.records.loaded.compiled.layout.edges.length, 'fired', index, at)
  }

  /** At most one moment an instant, and none within `once` of the last; what fired is not taken back. */
  private mayFire(index: number, at: number): boolean {
    const last = this.lastFired(index)
    if (last < 0) return true
    const { once } = this.records.loaded.rules[index] as Rule
    return once !== 'lifetime' && at > last && at - last >= once
  }

  /** What else must hold, as of the instant. */
  private allows(index: number, at: number): boolean {
    const lane = this.records.loaded.laneOfRule[index] as Lane
    lane.asOf(at)
    const only = lane.condition('only', index)
    if (only !== undefined && only !== 1) return false
    const tag = this.records.loaded.tagOfRule[index]
    return tag === undefined || (this.slab.headOf(profileTopic) >= 0 && !lane.hasTag(tag))
  }

  private emit(
    index: number,
    at: number,
    occurrence: string,
    triggeredAt: number | null,
    times: Readonly<Record<string, number>> | undefined,
    doNotDisturb: DoNotDisturb | null,
  ): void {
    const { loaded } = this.records
    const rule = loaded.rules[index] as Rule
    const context = this.context as Context
    if (context.now >= at + rule.expires) {
      this.counters.momentsExpired++
      return
    }
    const lane = loaded.laneOfRule[index] as Lane
    lane.asOf(at)
    const evidence = { ...evidenceOf(rule, lane), ...times }
    const segments = segmentsOf(loaded.ruleset.segments, lane)
    const subscriber = this.slab.keyText()
    const known = triggeredAt !== null && Number.isFinite(triggeredAt) ? triggeredAt : null
    this.moments.add(
      rule,
      { subscriber, at, occurrence, triggeredAt: known, evidence, segments, doNotDisturb },
      context,
    )
  }

  // ---- patterns

  private openBook(lane: number): PatternBook {
    if (this.bookLane === lane) return this.records.loaded.books[lane] as PatternBook
    this.bookLane = lane
    return this.records.loadBook(lane)
  }

  private closeBook(): void {
    const lane = this.bookLane
    const context = this.context as Context
    const book = this.records.loaded.books[lane] as PatternBook
    book.completions(this)
    book.prune(context.head)
    this.bookLane = -1
    this.records.storeBook(lane)
    this.records.arm(book.nextDue(), context)
  }

  complete({ rule: index, at, occurrence, times }: PatternFiring): boolean {
    if (!this.allows(index, at)) return false
    const { trigger } = this.records.loaded.rules[index] as Rule
    const waits = trigger.kind === 'pattern' && trigger.steps.at(-1)?.kind === 'absence'
    const triggeredAt = waits ? null : (this.context as Context).appendedAt
    this.emit(index, at, occurrence, triggeredAt, { anchor_time: times[0] ?? at }, null)
    return true
  }

  // ---- timers

  timer(key: string, context: Context): void {
    const bytes = Buffer.from(key)
    const { slab } = this
    if (!slab.find(bytes, 0, bytes.length)) {
      throw new CodedError('KM_STATE_NOT_RESIDENT', 'a timer of a subscriber whose state was not loaded')
    }
    if (slab.length === 0) return
    this.context = context
    slab.save()
    try {
      if (this.records.isOutdated) this.records.migrate()
      this.due(key, context)
    } catch (error) {
      this.undo()
      throw error
    }
  }

  private due(key: string, context: Context): void {
    const { slab } = this
    const { clock } = context
    const endedAt = slab.endedAt
    if (endedAt >= 0) {
      // Nothing of the ended identity can arrive any more: the key goes too.
      if (clock >= this.records.forgottenAt(endedAt)) slab.resize(0, -slab.length)
      else context.arm(key, this.records.forgottenAt(endedAt))
      slab.touch()
      return
    }
    this.useRecord()
    this.firePatterns(clock)
    this.armNext(context)
    slab.touch()
    this.moments.flush(key, context)
  }

  private firePatterns(clock: number): void {
    const { slab, records } = this
    for (const lane of records.loaded.compiled.lanes) {
      if (slab.locate(sections.patterns + lane.number) < 0) continue
      lane.begin()
      const book = records.loadBook(lane.number)
      book.due(clock, this)
      records.storeBook(lane.number)
    }
  }

  /** Asks for the next timer of the record in hand. */
  private armNext(context: Context): void {
    const { endedAt } = this.slab
    this.records.arm(endedAt >= 0 ? this.records.forgottenAt(endedAt) : this.records.patternsDue(), context)
  }

  // ---- adoption

  adopt(topic: Topic, record: RecordView, context: Context): void {
    if (topic.name !== topics.moments.name) return
    const moment = this.codec.decode('moment', record.value, record.valueStart, record.valueEnd)
    const index = this.records.loaded.compiled.layout.rules.indexOf(moment.rule)
    const rule = this.records.loaded.rules[index]
    if (!rule || rule.trigger.kind === 'interval') return
    const { slab } = this
    this.records.take(record.key, record.keyStart, record.keyEnd)
    this.ready(moment.at, context)
    if (moment.at <= slab.endedAt) return
    if (slab.endedAt >= 0) slab.begin(moment.at)
    if (rule.trigger.kind === 'pattern') {
      const lane = rule.settle ? 1 : 0
      this.records.loadBook(lane).adopt(index, moment.at)
      this.records.storeBook(lane)
    } else if (this.lastFired(index) < moment.at) this.setFired(index, moment.at)
    slab.touch()
  }

  effectResult(): void {}

  /** Nothing is changed: a record of an earlier layout is looked at as it would become. */
  explain(key: string, at?: number): Explanation | undefined {
    const bytes = Buffer.from(key)
    const { slab, records } = this
    if (!slab.find(bytes, 0, bytes.length) || slab.length === 0) return undefined
    slab.save()
    const { migrations } = this.counters
    try {
      if (records.isOutdated) records.migrate()
      this.useRecord()
      const record = records.plain()
      const heads = [...record.sources.values()].map(({ head }) => head)
      const instant = at ?? Math.max(...heads)
      return explainRecord(record, records.loaded, this.zone.name, instant, this.progress(instant))
    } finally {
      this.counters.migrations = migrations
      slab.restore()
    }
  }

  private progress(at: number): Explanation['patterns'] {
    const { loaded } = this.records
    const progress: Record<string, NonNullable<ReturnType<PatternBook['progress']>>> = {}
    for (const { number, rules } of loaded.compiled.lanes) {
      if (this.slab.locate(sections.patterns + number) < 0) continue
      const book = this.records.loadBook(number)
      for (const index of rules) {
        const own = book.progress(index, at)
        if (own) progress[(loaded.rules[index] as Rule).id] = own
      }
    }
    return progress
  }
}

type LoadedLocals = ResidentRecords['loaded']['localsByTopic'][number]
