import { CodedError } from '../domain/errors.ts'
import { dayMs, isoDate, type TimeZone } from '../domain/time-zones.ts'
import type { RecordView } from '../flow/event-log.ts'
import type { Context } from '../flow/processor.ts'
import type { StateWrites } from '../flow/state-store.ts'
import type { Codec } from '../records/codec.ts'
import type { Profile } from '../records/types.ts'
import type { Activation } from '../rules/activation.ts'
import { civilFields } from '../rules/engine/civil-fields.ts'
import { hash64, hashes } from '../rules/engine/event-hash.ts'
import { registerOf } from '../rules/engine/event-registers.ts'
import type { Lane } from '../rules/engine/lane.ts'
import type { PatternBook, PatternFiring, PatternHost } from '../rules/engine/patterns/pattern-book.ts'
import { sections } from '../rules/engine/plain-record.ts'
import type { RuleHost } from '../rules/engine/rule-host.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes, type Topic, topics } from '../topology.ts'
import { CalendarWatch, type TimerDue } from './calendar-watch.ts'
import { createCounters } from './counters.ts'
import type { DetectProcessor, DetectSettings } from './detect-settings.ts'
import { CurrentEvent } from './event-in-hand.ts'
import type { EventReader } from './event-readers.ts'
import { type Explanation, explainRecord } from './explain-record.ts'
import { Firing } from './firing.ts'
import { type Insight, insightOf } from './insight.ts'
import { emitLate } from './late-events.ts'
import { MomentQueue } from './moment-queue.ts'
import { doNotDisturbOf, intervalOfDate } from './moments.ts'
import { applyProfile, feedProfile } from './profile-changes.ts'
import type { RecordSlab } from './record-slab.ts'
import { ResidentRecords } from './resident-records.ts'
import { RulesetSwitch } from './ruleset-switch.ts'
import { SettledLane } from './settled-lane.ts'

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
  private readonly graces: readonly number[]
  private readonly turn: RulesetSwitch
  private readonly slab: RecordSlab
  private readonly records: ResidentRecords
  private readonly moments: MomentQueue
  private readonly firing: Firing
  private readonly calendar: CalendarWatch
  private readonly settledLane: SettledLane
  private readonly event = new CurrentEvent()

  // The event in hand.
  private valueStart = 0
  private valueEnd = 0
  /** Nothing of its type that is older can arrive any more. */
  private prune = 0
  private profile: Profile | undefined
  private context: Context | undefined
  /** Lane whose patterns are in the book; -1: none are. */
  private bookLane = -1
  private lane = 0
  /** The record in hand has something new to wait for by the calendar. */
  private awaits = false

  constructor(settings: DetectSettings) {
    this.codec = settings.codec
    this.graces = eventTypes.map((type) => settings.grace?.[type] ?? defaultGrace)
    this.records = new ResidentRecords(settings, this.graces, { event: this.event, host: this }, this.counters)
    this.turn = new RulesetSwitch(settings, (ruleset, activation) => this.useRuleset(ruleset, activation))
    this.slab = this.records.slab
    this.writes = this.slab.writes
    this.zone = this.records.zones.zone(-1)
    this.moments = new MomentQueue(this.codec, this.counters)
    this.firing = new Firing(this.records, this.moments, this.counters)
    this.calendar = new CalendarWatch(this.records, this.counters)
    this.settledLane = new SettledLane(this.codec, this.records)
  }

  useRuleset(ruleset: Ruleset, activation?: Activation): void {
    this.records.useRuleset(ruleset, activation)
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
    return this.records.needsSweep ? this.slab.number + 1 : 0
  }
  swept(sweep: number): void {
    this.records.swept(sweep - 1)
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
    const bytes = record.value
    this.counters.events[type]++
    const time = this.read(topic, bytes, record.valueStart, record.valueEnd)
    // A local date of 1969 would be a negative pane.
    if (time < dayMs) throw new CodedError('KM_RECORD_OUT_OF_RANGE', `event_time ${time} lies before 1970-01-02`)
    const clock = time > context.head ? time : context.head
    // Read anew: under another ruleset the event's fields stand elsewhere.
    if (clock >= this.turn.at && this.turn.follow(clock)) this.read(topic, bytes, record.valueStart, record.valueEnd)
    const { loaded } = this.records
    const { registers } = loaded.compiled
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
    this.prune = clock - grace
    this.event.take(registers, topic, bytes, clock - loaded.compiled.grace)
    this.slab.open()
    try {
      this.apply(topic, context)
    } catch (error) {
      this.undo()
      throw error
    }
  }

  /** Reads an event into the registers; returns its time. */
  private read(topic: number, bytes: Buffer, start: number, end: number): number {
    const { readerByTopic, compiled } = this.records.loaded
    ;(readerByTopic[topic] as EventReader).read(bytes, start, end)
    return compiled.registers[registerOf.eventTime] as number
  }

  /** Nothing of the event in hand remains. */
  private undo(): void {
    this.moments.clear()
    this.bookLane = -1
    this.awaits = false
    this.records.tracks.created = false
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
      this.awaits = true
    }
    if (!this.takeEvent(topic)) {
      this.counters.duplicates++
      return
    }
    slab.seenAt(time)
    this.profile = undefined
    if (topic === profileTopic && this.takeProfile(context)) return
    this.useRecord()
    this.readLocals(topic)
    this.runLane(this.records.loaded.compiled.lanes[0] as Lane, event.type)
    if (this.records.loaded.isSettledByTopic[topic]) this.hold(context)
    if (this.awaits || this.records.tracks.created) this.awaitCalendar(time, context)
    slab.put()
    if (this.moments.length > 0) this.moments.flush(slab.keyText(), context)
  }

  /** The current record begins, or is rewritten, in today's layout. */
  private ready(time: number, context: Context): void {
    if (this.slab.length === 0) {
      this.slab.begin(time)
      this.awaits = true
    } else if (this.records.isOutdated) this.migrate(context)
  }

  /** What is new by the calendar waits from now on: nothing of before the change is made up for. */
  private migrate(context: Context): void {
    this.records.migrate()
    if (this.slab.endedAt < 0 && Number.isFinite(context.clock)) this.awaitCalendar(context.clock, context)
    this.armNext(context)
  }

  private takeEvent(topic: number): boolean {
    const { registers } = this.records.loaded.compiled
    const { bytes, idStart, idEnd } = this.event
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
    if (!slab.takeEvent(topic, this.time, h1, h2, bytes, idStart, idEnd, keepId, this.prune)) return false
    this.counters.seenOverflows = slab.seenOverflows
    return true
  }

  /** What tracks and conditions ask of the record in hand. */
  private useRecord(): void {
    this.zone = this.records.zone()
    this.billingDay = this.slab.billingDay
    this.since = this.slab.since
  }

  /** Fields that depend on where the subscriber is. */
  private readLocals(topic: number): void {
    const { localsByTopic, compiled } = this.records.loaded
    const locals = localsByTopic[topic] as LoadedLocals
    for (let i = 0; i < locals.length; i++) {
      const { name, at } = locals[i] as LoadedLocals[number]
      compiled.registers[at] = civilFields[name](this, this.time)
    }
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
      slab.put()
      context.arm(slab.keyText(), records.forgottenAt(event.event_time))
      return true
    }
    const changed = applyProfile(slab, records.profile, event, records.zones, records.calendars)
    if (changed.size > 0) {
      this.calendar.changed(changed)
      this.awaits = true
    }
    this.profile = event
    return false
  }

  // ---- what generated code asks (RuleHost)

  inexact(): void {
    this.counters.inexact++
    this.slab.markInexact()
  }

  workday(day: number): number {
    const isWorkday = this.calendar.calendar?.isWorkingDay(day)
    return typeof isWorkday === 'boolean' ? Number(isWorkday) : Number.NaN
  }

  headOf(type: number): number {
    return this.slab.headOf(type)
  }

  fire(index: number, at: number): void {
    // First what most often says no: a condition stays true for long.
    if (!this.firing.mayFire(index, at)) return
    const context = this.context as Context
    // Latency is measured of what is judged at once.
    const appendedAt = this.lane === 0 ? context.appendedAt : null
    this.firing.fire(index, at, at, () => this.occurrenceOf(index), appendedAt, context)
  }

  private occurrenceOf(index: number): string {
    const { settle, trigger } = this.records.loaded.rules[index] as Rule
    return settle ? this.event.id : this.records.newestOf(trigger.kind === 'condition' ? trigger.on : [])
  }

  edge(index: number, at: number, condition: number, rearm: number): void {
    if (this.firing.crosses(index, condition, rearm)) this.fire(index, at)
  }

  interval(index: number, phase: number): void {
    const { trigger } = this.records.loaded.rules[index] as Rule
    if (trigger.kind !== 'interval') return
    const type = eventTypes[this.event.type] as EventType
    const event = this.codec.decode(type, this.event.bytes, this.valueStart, this.valueEnd)
    const occurrence = phase === 0 ? event.event_id : `${event.event_id}:closed`
    const doNotDisturb = doNotDisturbOf(trigger, event, phase)
    this.firing.interval(index, this.time, occurrence, doNotDisturb, this.context as Context)
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
    // Settled events come in order.
    book.prune(lane === 0 ? context.head : this.time)
    this.bookLane = -1
    this.records.storeBook(lane)
    this.records.arm(book.nextDue() + this.graceOf(lane), context)
  }

  complete({ rule: index, at, occurrence, times }: PatternFiring): boolean {
    const context = this.context as Context
    const { trigger } = this.records.loaded.rules[index] as Rule
    const answers = trigger.kind === 'pattern' && trigger.steps.at(-1)?.kind === 'absence'
    // Of an absence, what it was that went unanswered; else where the chain began.
    const evidence = { anchor_time: (answers ? times.at(-1) : times[0]) ?? at }
    const waits = answers || this.lane === 1
    return this.firing.complete(index, at, occurrence, waits ? null : context.appendedAt, evidence, context)
  }

  // ---- settled rules

  /** How much later than its instant something of a lane is decided, beside the graces of patterns and timers. */
  private graceOf(lane: number): number {
    return lane === 0 ? 0 : this.records.loaded.compiled.settleGrace
  }

  private hold(context: Context): void {
    const fits = this.settledLane.hold(this.event, this.valueStart, this.valueEnd)
    this.records.arm(this.time + this.graceOf(1), context)
    if (fits) return
    this.counters.heldOverflows++
    this.inexact()
    this.settledLane.release(this.runHeld)
  }

  /** Everything that settled rules may see at `clock`, in the order of time. */
  private settle(clock: number): void {
    const until = clock - this.graceOf(1)
    for (;;) {
      const next = this.settledLane.first
      // An absence ends before an event of its deadline; a date counts the events of its instant.
      this.firePatterns(1, Math.min(next, until))
      for (let due = this.calendar.take(1, until, next); due; due = this.calendar.take(1, until, next)) this.onDate(due)
      if (next > until) return
      this.settledLane.release(this.runHeld)
    }
  }

  private readonly runHeld = (type: number, bytes: Buffer, length: number): void => {
    const { loaded } = this.records
    this.read(type, bytes, 0, length)
    this.event.take(loaded.compiled.registers, type, bytes, Number.NEGATIVE_INFINITY)
    this.event.horizon = this.event.time
    this.time = this.event.time
    this.valueStart = 0
    this.valueEnd = length
    this.profile = type === profileTopic ? this.codec.decode('profile', bytes, 0, length) : undefined
    this.readLocals(type)
    this.runLane(loaded.compiled.lanes[1] as Lane, type)
  }

  // ---- the calendar

  private awaitCalendar(after: number, context: Context): void {
    this.awaits = false
    this.records.tracks.created = false
    if (this.records.loaded.compiled.timers.length === 0) return
    this.calendar.await(after)
    this.records.arm(this.calendar.nextDue(this.graceOf(1)), context)
  }

  /** The rules of a calendar timer, as of its instant. */
  private onDate({ timer, at, day }: TimerDue): void {
    const context = this.context as Context
    const lane = this.records.loaded.compiled.lanes[timer.lane] as Lane
    lane.begin()
    const occurrence = () => isoDate(day)
    for (const index of timer.rules) {
      const { trigger } = this.records.loaded.rules[index] as Rule
      if (trigger.kind === 'interval') {
        this.firing.interval(index, at, occurrence(), intervalOfDate(trigger, at), context)
        continue
      }
      const asOf = this.firing.presentFor(index, at)
      lane.asOf(asOf)
      const condition = lane.condition('when', index) ?? 1
      const isEdge = trigger.kind === 'schedule' && trigger.edge !== undefined
      const rearm = lane.condition('rearm', index) ?? Number.NaN
      if (isEdge ? this.firing.crosses(index, condition, rearm) : condition === 1) {
        this.firing.fire(index, at, asOf, occurrence, null, context)
      }
    }
  }

  // ---- timers

  /** Follows the schedule of rulesets: up to a grace back, so that it isn't ahead of events that are on their way. */
  tick(context: Context): void {
    this.turn.follow(Math.max(context.head, context.clock - this.records.maxGrace))
  }

  timer(key: string, context: Context): void {
    this.tick(context)
    const bytes = Buffer.from(key)
    const { slab } = this
    if (!slab.find(bytes, 0, bytes.length)) {
      throw new CodedError('KM_STATE_NOT_RESIDENT', 'a timer of a subscriber whose state was not loaded')
    }
    if (slab.length === 0) return
    this.context = context
    slab.open()
    try {
      if (this.records.isOutdated) this.migrate(context)
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
      slab.put()
      return
    }
    this.useRecord()
    this.firePatterns(0, clock)
    for (let due = this.calendar.take(0, clock); due; due = this.calendar.take(0, clock)) this.onDate(due)
    this.settle(clock)
    this.armNext(context)
    slab.put()
    this.moments.flush(key, context)
  }

  private firePatterns(number: number, clock: number): void {
    const { slab, records } = this
    if (slab.locate(sections.patterns + number) < 0) return
    this.lane = number
    ;(records.loaded.compiled.lanes[number] as Lane).begin()
    const book = records.loadBook(number)
    book.due(clock, this)
    if (number === 0) book.prune((this.context as Context).head)
    records.storeBook(number)
  }

  /** Asks for the next timer of the record in hand. */
  private armNext(context: Context): void {
    const { endedAt } = this.slab
    const due =
      endedAt >= 0
        ? this.records.forgottenAt(endedAt)
        : Math.min(
            this.records.patternsDue(0),
            this.records.patternsDue(1) + this.graceOf(1),
            this.settledLane.first + this.graceOf(1),
            this.calendar.nextDue(this.graceOf(1)),
          )
    this.records.arm(due, context)
  }

  // ---- adoption

  adopt(topic: Topic, record: RecordView, context: Context): void {
    if (topic.name !== topics.moments.name) return
    this.turn.follow(context.head)
    const moment = this.codec.decode('moment', record.value, record.valueStart, record.valueEnd)
    const index = this.records.loaded.compiled.layout.rules.indexOf(moment.rule)
    const rule = this.records.loaded.rules[index]
    if (!rule || rule.trigger.kind === 'interval') return
    const { slab } = this
    this.records.take(record.key, record.keyStart, record.keyEnd)
    slab.open()
    this.ready(moment.at, context)
    if (moment.at <= slab.endedAt) return
    if (slab.endedAt >= 0) slab.begin(moment.at)
    if (rule.trigger.kind === 'pattern') {
      const lane = rule.settle ? 1 : 0
      this.records.loadBook(lane).adopt(index, moment.at)
      this.records.storeBook(lane)
    } else if (this.firing.lastFired(index) < moment.at) this.firing.setFired(index, moment.at)
    slab.put()
  }

  effectResult(): void {}

  explain(key: string, at?: number): Explanation | undefined {
    const { records } = this
    return this.look(key, at, (instant, patterns) =>
      explainRecord(records.plain(), records.loaded, this.zone.name, instant, patterns),
    )
  }

  insight(key: string, at: number, windows: ReadonlySet<string>): Insight | undefined {
    const { records, codec } = this
    return this.look(key, at, (instant, patterns) =>
      insightOf({ records, codec, place: this, at: instant, patterns, windows }),
    )
  }

  /** Nothing is changed: a record of an earlier layout is looked at as it would become. */
  private look<T>(key: string, at: number | undefined, tell: (at: number, patterns: PatternsSeen) => T): T | undefined {
    const bytes = Buffer.from(key)
    const { slab, records } = this
    if (!slab.find(bytes, 0, bytes.length) || slab.length === 0) return undefined
    slab.open()
    const { migrations } = this.counters
    try {
      if (records.isOutdated) records.migrate()
      this.useRecord()
      const instant = at ?? Math.max(...[...records.plain().sources.values()].map(({ head }) => head))
      return tell(instant, this.progress(instant))
    } finally {
      this.counters.migrations = migrations
    }
  }

  private progress(at: number): PatternsSeen {
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

type PatternsSeen = Explanation['patterns']
type LoadedLocals = ResidentRecords['loaded']['localsByTopic'][number]
