import type { TimeZone } from '../domain/time-zones.ts'
import type { Context } from '../flow/processor.ts'
import type { Codec } from '../records/codec.ts'
import type { Profile } from '../records/types.ts'
import { civilFields } from '../rules/engine/civil-fields.ts'
import { registerOf } from '../rules/engine/event-registers.ts'
import type { Lane } from '../rules/engine/lane.ts'
import type { PatternBook, PatternFiring, PatternHost } from '../rules/engine/patterns/pattern-book.ts'
import { sections } from '../rules/engine/plain-record.ts'
import type { RuleHost } from '../rules/engine/rule-host.ts'
import { type EdgePlace, setLatches } from '../rules/engine/rule-states.ts'
import type { Block } from '../rules/engine/tracks/track.ts'
import type { Rule } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { CalendarWatch } from './calendar-watch.ts'
import type { DetectCounters } from './counters.ts'
import type { DetectSettings } from './detect-settings.ts'
import { CurrentEvent } from './event-in-hand.ts'
import type { EventReader } from './event-readers.ts'
import { Firing } from './firing.ts'
import { instantOf, timeOf } from './instants.ts'
import { judgeDate } from './judge-date.ts'
import { MomentQueue } from './moment-queue.ts'
import { doNotDisturbOf } from './moments.ts'
import { feedProfile } from './profile-changes.ts'
import { Remnants } from './remnants.ts'
import { ResidentRecords } from './resident-records.ts'
import { isWithin } from './rule-spans.ts'
import { SettledLane } from './settled-lane.ts'

const profileTopic = eventTypes.indexOf('profile')
const two32 = 4_294_967_296

/**
 * What an event or a timer means for the rules, of the record in hand: tracks, conditions, patterns, dates, and events that
 * wait for the grace. `Detection` takes the record in hand and puts it back.
 */
export class Judgement implements RuleHost, PatternHost {
  // What generated code and tracks see of the record and event in hand (see RuleHost).
  zone: TimeZone
  billingDay = 1
  since = 0
  time = 0
  evaluations = 0

  readonly records: ResidentRecords
  readonly moments: MomentQueue
  readonly firing: Firing
  readonly calendar: CalendarWatch
  readonly remnants: Remnants
  readonly event = new CurrentEvent()
  /** Of what is done now. */
  context: Context | undefined
  /** Where the event in hand lies in its bytes. */
  valueStart = 0
  valueEnd = 0
  /** The event in hand, if it is of a profile. */
  profile: Profile | undefined
  /** The record in hand has something new to wait for by the calendar. */
  awaits = false
  private readonly codec: Codec
  private readonly counters: DetectCounters
  private readonly settledLane: SettledLane
  /** Lane whose patterns are in the book; -1: none are. */
  private bookLane = -1
  private lane = 0
  isBefore = false

  constructor(settings: DetectSettings, graces: readonly number[], counters: DetectCounters) {
    this.codec = settings.codec
    this.counters = counters
    this.records = new ResidentRecords(settings, graces, { event: this.event, host: this }, counters)
    this.zone = this.records.zones.zone(-1)
    this.moments = new MomentQueue(this.codec, counters)
    this.firing = new Firing(this.records, this.moments, counters)
    this.calendar = new CalendarWatch(this.records, counters)
    this.settledLane = new SettledLane(this.codec, this.records)
    this.remnants = new Remnants(this.records, this.calendar, this.firing, this.moments, counters)
  }

  // ---- the record and the event in hand

  /** What tracks and conditions ask of the record in hand. */
  useRecord(): void {
    this.zone = this.records.zone()
    this.billingDay = this.records.slab.billingDay
    this.since = this.records.slab.since
  }

  /** Fields that depend on where the subscriber is. */
  readLocals(topic: number): void {
    const { localsByTopic, compiled } = this.records.loaded
    const locals = localsByTopic[topic] as (typeof localsByTopic)[number]
    for (let i = 0; i < locals.length; i++) {
      const { name, at } = locals[i] as (typeof locals)[number]
      compiled.registers[at] = civilFields[name](this, this.time)
    }
  }

  /** The event in hand goes through the tracks and patterns of a lane, and through its conditions unless `judges` is false. */
  runLane(lane: Lane, topic: number, judges = true): void {
    const program = lane.programs[topic]
    if (program === undefined) return
    this.lane = lane.number
    lane.begin()
    if (judges) this.lookBefore(lane, topic)
    if (this.profile !== undefined) {
      feedProfile(lane, program, this.profile, this.records.tracks, this.event, this)
    }
    program.apply()
    if (program.hasMatches) {
      program.match()
      if (this.bookLane >= 0) this.closeBook()
    }
    if (judges) lane.judge()
    else lane.clear()
  }

  /** An edge is over where time made it so before the event came. */
  private lookBefore(lane: Lane, topic: number): void {
    this.isBefore = true
    if (lane.beforeEvent(topic)) lane.begin()
    this.isBefore = false
  }

  /** Reads an event into the registers; returns its time. */
  read(topic: number, bytes: Buffer, start: number, end: number): number {
    const { readerByTopic, compiled } = this.records.loaded
    ;(readerByTopic[topic] as EventReader).read(bytes, start, end)
    return compiled.registers[registerOf.eventTime] as number
  }

  /** Nothing of the event in hand remains. */
  undo(): void {
    this.moments.clear()
    this.bookLane = -1
    this.isBefore = false
    this.awaits = false
    this.records.tracks.created = false
    for (const lane of this.records.loaded.compiled.lanes) lane.clear()
  }

  // ---- what generated code asks (RuleHost)

  inexact(): void {
    this.counters.inexact++
    this.records.slab.markInexact()
  }

  workday(day: number): number {
    const isWorkday = this.calendar.calendar?.isWorkingDay(day)
    return typeof isWorkday === 'boolean' ? Number(isWorkday) : Number.NaN
  }

  headOf(type: number): number {
    return this.records.slab.headOf(type)
  }

  get states(): Block {
    return this.records.states
  }

  get edgeWords(): number {
    return this.records.loaded.edgeWords
  }

  setLatches(word: number, mask: number, bits: number): void {
    const { lateEdges, lastEdgeFrom } = this.records.loaded
    let own = mask
    for (let i = 0; this.time < lastEdgeFrom && i < lateEdges.length; i++) {
      const { place, from } = lateEdges[i] as (typeof lateEdges)[number]
      if (place.word === word && this.time < from) own &= ~(3 << place.shift)
    }
    setLatches(this.states, this.edgeWords, word, own, bits & own)
  }

  isOpenAgain(index: number, last: number, asOf: number): boolean {
    return this.firing.fired.isOpenAgain(index, last, timeOf(this.records.loaded, index, this.event, asOf))
  }

  edgePlaceOf(index: number): EdgePlace {
    return this.records.loaded.edgePlaces[this.records.loaded.edgeOfRule[index] as number] as EdgePlace
  }

  mayFire(index: number, asOf: number): boolean {
    return this.firing.fired.mayFire(index, timeOf(this.records.loaded, index, this.event, asOf))
  }

  fire(index: number, asOf: number): void {
    const { loaded } = this.records
    const at = timeOf(loaded, index, this.event, asOf)
    // First what most often says no: a condition stays true for long.
    if (!isWithin(loaded.spans.events, index, at) || !this.firing.fired.mayFire(index, at)) return
    const context = this.context as Context
    // Latency is measured of what is judged at once.
    const appendedAt = this.lane === 0 ? context.appendedAt : null
    this.firing.fire(index, instantOf(this.records, index, this.event, asOf), appendedAt, context)
  }

  edge(index: number, asOf: number, condition: number, rearm: number): void {
    // An edge goes on whichever version is to tell that it was crossed.
    if (timeOf(this.records.loaded, index, this.event, asOf) < (this.records.loaded.edgeFrom[index] as number)) return
    if (this.isBefore) this.firing.falls(index, condition, rearm)
    else if (this.firing.crosses(index, condition, rearm)) this.fire(index, asOf)
  }

  interval(index: number, phase: number): void {
    const { trigger } = this.records.loaded.rules[index] as Rule
    if (trigger.kind !== 'interval' || !isWithin(this.records.loaded.spans.events, index, this.time)) return
    const type = eventTypes[this.event.type] as EventType
    const event = this.codec.decode(type, this.event.bytes, this.valueStart, this.valueEnd)
    const occurrence = phase === 0 ? event.event_id : `${event.event_id}:closed`
    const doNotDisturb = doNotDisturbOf(trigger, event, phase)
    this.firing.interval(index, this.time, occurrence, doNotDisturb, this.context as Context)
  }

  ended(index: number): void {
    this.firing.ended(index, this.event, this.context as Context)
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
    const { rules, spans } = this.records.loaded
    const { trigger } = rules[index] as Rule
    const answers = trigger.kind === 'pattern' && trigger.steps.at(-1)?.kind === 'absence'
    if (!isWithin(answers ? spans.deadlines : spans.events, index, at)) return false
    // Of an absence, what it was that went unanswered; else where the chain began.
    const evidence = { anchor_time: (answers ? times.at(-1) : times[0]) ?? at }
    const context = this.context as Context
    const appendedAt = answers || this.lane === 1 ? null : context.appendedAt
    return this.firing.complete(index, at, occurrence, appendedAt, evidence, context)
  }

  // ---- settled rules

  /** How much later than its instant something of a lane is decided, beside the graces of patterns and timers. */
  private graceOf(lane: number): number {
    return lane === 0 ? 0 : this.records.loaded.compiled.settleGrace
  }

  /** The event in hand waits, if settled rules have anything to do with it. */
  hold(context: Context): void {
    const lane = this.records.loaded.compiled.lanes[1] as Lane
    if (lane.programs[this.event.type]?.concerns() === false) return
    this.settledLane.hold(this.event, this.valueStart, this.valueEnd)
    this.records.arm(this.time + this.graceOf(1), context)
    while (this.settledLane.isFull) {
      this.counters.heldOverflows++
      this.inexact()
      this.settledLane.release(this.runHeld)
    }
  }

  /** Everything that settled rules may see at `clock`, in the order of time. */
  private settle(clock: number): void {
    const until = clock - this.graceOf(1)
    for (;;) {
      const next = this.settledLane.first
      // An absence ends before an event of its deadline; a date counts the events of its instant.
      this.firePatterns(1, Math.min(next, until))
      for (let due = this.calendar.take(1, until, next); due; due = this.calendar.take(1, until, next))
        judgeDate(this, due)
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
    if (!this.records.tracks.created) return
    this.records.tracks.created = false
    // Settled schedules concern the record from this event on, whether another one comes or not.
    this.calendar.await(this.time, 1)
  }

  // ---- the calendar

  /** `after`: undefined where the record has gone over to other rules. */
  awaitCalendar(after: number | undefined, context: Context): void {
    this.awaits = false
    this.records.tracks.created = false
    const { compiled, activation } = this.records.loaded
    if (compiled.timers.length === 0) return
    if (after !== undefined) this.calendar.await(after)
    else this.calendar.awaitAnew(activation?.activatedAt ?? context.clock, context.clock, this.graceOf(1))
    this.records.arm(this.calendar.nextDue(this.graceOf(1)), context)
  }

  private firePatterns(number: number, clock: number): void {
    const { records } = this
    if (records.slab.locate(sections.patterns + number) < 0) return
    this.lane = number
    ;(records.loaded.compiled.lanes[number] as Lane).begin()
    const book = records.loadBook(number)
    book.due(clock, this)
    if (number === 0) book.prune((this.context as Context).head)
    records.storeBook(number)
  }

  /** Asks for the next timer of the record in hand. */
  armNext(context: Context): void {
    const { endedAt } = this.records.slab
    this.records.arm(endedAt >= 0 ? this.records.forgottenAt(endedAt) : this.nextDue(), context)
  }

  /** When the next of what the record in hand waits for may be decided. */
  private nextDue(): number {
    let due = Math.min(
      this.records.patternsDue(0),
      this.records.patternsDue(1) + this.graceOf(1),
      this.settledLane.first + this.graceOf(1),
      this.calendar.nextDue(this.graceOf(1)),
    )
    this.remnants.visit(({ until }) => {
      const own = this.nextDue()
      // What is due later is the next version's.
      if (own <= until + this.records.maxGrace) due = Math.min(due, own)
      return true
    })
    return due
  }

  /** An event of before a change: what an earlier version still has to decide is told of it first. */
  tellRemnant(topic: number, context: Context, take: () => void): void {
    const { time, remnants, event } = this
    const { bytes } = event
    remnants.begin(time)
    remnants.visit(({ until }) => {
      if (time < until) {
        this.read(topic, bytes, this.valueStart, this.valueEnd)
        event.take(this.records.loaded.compiled.registers, topic, bytes, event.horizon)
        if (this.records.seams.endsBefore(until, time)) this.tellRemnant(topic, context, take)
        take()
        this.useRecord()
        this.readLocals(topic)
        // Rules that judge at once have judged what they had to.
        this.runLane(this.records.loaded.compiled.lanes[0] as Lane, topic, false)
        if (this.records.loaded.isSettledByTopic[topic]) this.hold(context)
      }
      return true
    })
    this.read(topic, bytes, this.valueStart, this.valueEnd)
    event.take(this.records.loaded.compiled.registers, topic, bytes, event.horizon)
  }

  /** Everything of the record in hand that may be decided at `clock`; what is left of before a change first. */
  due(clock: number): void {
    this.remnants.visit(({ until }) => {
      this.due(clock)
      return clock < until + this.records.maxGrace
    })
    this.useRecord()
    this.firePatterns(0, clock)
    for (let due = this.calendar.take(0, clock); due; due = this.calendar.take(0, clock)) judgeDate(this, due)
    this.settle(clock)
  }
}
