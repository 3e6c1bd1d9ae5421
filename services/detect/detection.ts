import { CodedError } from '../domain/errors.ts'
import { dayMs, type TimeZone } from '../domain/time-zones.ts'
import type { RecordView } from '../flow/event-log.ts'
import type { Context } from '../flow/processor.ts'
import type { StateWrites } from '../flow/state-store.ts'
import type { Codec } from '../records/codec.ts'
import type { DoNotDisturb } from '../records/types.ts'
import type { RuleHost, TypeProgram } from '../rules/engine/compile-rules.ts'
import { registerOf } from '../rules/engine/event-registers.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes, type Topic, topics } from '../topology.ts'
import { createCounters } from './counters.ts'
import type { DetectProcessor, DetectSettings } from './detect-settings.ts'
import type { EventReader } from './event-readers.ts'
import { type Explanation, explainRecord } from './explain-record.ts'
import { emitLate } from './late-events.ts'
import { evidenceOf, MomentQueue } from './moment-queue.ts'
import { doNotDisturbOf } from './moments.ts'
import { applyProfile, nextAnniversaryDue, takeDueAnniversaries } from './profile-changes.ts'
import type { RecordSlab } from './record-slab.ts'
import { ResidentRecords } from './resident-records.ts'
import { RulesetSwitch } from './ruleset-switch.ts'

/** Grace of a type where nothing is said. */
const defaultGrace = 600_000
const profileTopic = eventTypes.indexOf('profile')

/**
 * `record` is the hot path: about a microsecond, no await, no closure and no object for an event that fires nothing. An
 * event is read into registers by generated code; generated code changes its subscriber's record and evaluates the rules
 * on its type. What is rare (profiles, timers, migration, a moment) works on objects.
 */
export class Detection implements DetectProcessor, RuleHost {
  readonly counters = createCounters()
  readonly writes: StateWrites
  // What generated code sees of the event in hand (see RuleHost).
  zone: TimeZone
  head = -1
  merged = false

  private readonly codec: Codec
  private readonly graces: readonly number[]
  private readonly turn: RulesetSwitch
  private readonly slab: RecordSlab
  private readonly records: ResidentRecords
  private readonly moments: MomentQueue

  // The event in hand.
  private bytes: Buffer = Buffer.alloc(0)
  private valueStart = 0
  private valueEnd = 0
  private topic = 0
  private context: Context | undefined
  private bookOpen = false

  constructor(settings: DetectSettings) {
    this.codec = settings.codec
    this.graces = eventTypes.map((type) => settings.grace?.[type] ?? defaultGrace)
    this.records = new ResidentRecords(settings, this.graces, this, this.counters)
    this.turn = new RulesetSwitch(settings, (ruleset) => this.useRuleset(ruleset))
    this.slab = this.records.slab
    this.writes = this.slab.writes
    this.zone = this.records.zones.zone(-1)
    this.moments = new MomentQueue(this.codec, this.counters)
  }

  useRuleset(ruleset: Ruleset): void {
    this.records.useRuleset(ruleset)
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
    const { registers } = this.records.loaded.compiled
    const bytes = record.value
    this.counters.events[type]++
    ;(this.records.loaded.readerByTopic[topic] as EventReader).read(bytes, record.valueStart, record.valueEnd)
    const time = registers[registerOf.eventTime] as number
    // A local date of 1969 would be a negative pane.
    if (time < dayMs) throw new CodedError('KM_RECORD_OUT_OF_RANGE', `event_time ${time} lies before 1970-01-02`)
    const clock = time > context.head ? time : context.head
    if (clock >= this.turn.at && this.turn.follow(clock)) {
      // Read anew: under another ruleset the event's fields stand elsewhere.
      ;(this.records.loaded.readerByTopic[topic] as EventReader).read(bytes, record.valueStart, record.valueEnd)
    }
    const grace = this.graces[topic] as number
    if (context.head - time > grace) {
      this.counters.late[type]++
      emitLate(this.codec, type, record, this.records.loaded.compiled.registers, context)
      return
    }
    const program = this.records.loaded.programByTopic[topic]
    if (program === undefined) return
    this.records.take(record.key, record.keyStart, record.keyEnd)
    this.context = context
    this.bytes = bytes
    this.valueStart = record.valueStart
    this.valueEnd = record.valueEnd
    this.topic = topic
    this.slab.save()
    try {
      this.apply(program, time, clock - grace)
    } catch (error) {
      this.undo()
      throw error
    }
  }

  /** Nothing of the event in hand remains. */
  private undo(): void {
    this.slab.restore()
    this.moments.clear()
    this.bookOpen = false
    this.merged = false
  }

  private apply(program: TypeProgram, time: number, prune: number): void {
    const { slab } = this
    const context = this.context as Context
    this.records.ready(context)
    const endedAt = slab.endedAt
    if (endedAt >= 0) {
      if (time <= endedAt) {
        this.counters.ended++
        return
      }
      slab.begin()
    }
    this.zone = this.records.zone()
    if (!program.update(this.bytes, prune)) {
      this.counters.duplicates++
      return
    }
    if (this.merged) this.mark()
    if (this.topic === profileTopic && this.profile(time, context)) return
    if (program.hasRules) program.evaluate()
    if (this.bookOpen) this.closeBook(context)
    slab.touch()
    if (this.moments.length > 0) this.moments.flush(slab.keyText(), context)
  }

  private mark(): void {
    this.merged = false
    this.counters.inexact++
    this.slab.markInexact()
  }

  /** A profile event, behind its own section. True: it ended the identity. */
  private profile(time: number, context: Context): boolean {
    const event = this.codec.decode('profile', this.bytes, this.valueStart, this.valueEnd)
    const record = this.records.plain()
    if (event.status === 'deactivated') {
      record.ended = time
      this.records.rewrite(record)
      this.slab.touch()
      context.arm(this.slab.keyText(), this.records.forgottenAt(time))
      return true
    }
    const { layout, anniversaries } = this.records.loaded
    applyProfile(record, event, layout.tags, anniversaries, this.records.zones)
    this.records.rewrite(record)
    this.zone = this.records.zone()
    const due = nextAnniversaryDue(record, anniversaries, this.records.zones)
    if (due < Number.POSITIVE_INFINITY) context.arm(this.slab.keyText(), due)
    return false
  }

  // ---- what generated code asks (RuleHost)

  seenOverflow(): void {
    this.counters.seenOverflows++
  }

  fire(index: number, at: number): void {
    if (!this.mayFire(index, at)) return
    const tag = this.records.loaded.tagOfRule[index] as number
    if (tag >= 0 && (!this.slab.hasProfile || this.slab.hasTag(tag))) return
    const rule = this.records.loaded.rules[index] as Rule
    const on = rule.trigger.kind === 'condition' ? rule.trigger.on : []
    this.emit(rule, index, at, this.records.newestOf(on), (this.context as Context).appendedAt, undefined, null)
  }

  interval(index: number, phase: number): void {
    const rule = this.records.loaded.rules[index] as Rule
    const { trigger } = rule
    if (trigger.kind !== 'interval') return
    const event = this.codec.decode(eventTypes[this.topic] as EventType, this.bytes, this.valueStart, this.valueEnd)
    const at = event.event_time
    const doNotDisturb = doNotDisturbOf(trigger, event, phase === 0 ? 'open' : 'closed')
    const occurrence = phase === 0 ? event.event_id : `${event.event_id}:closed`
    this.emit(rule, -1, at, occurrence, (this.context as Context).appendedAt, undefined, doNotDisturb)
  }

  answer(track: number): void {
    this.openBook()
    this.records.loaded.book.answer(track, this.records.loaded.compiled.registers[registerOf.eventTime] as number)
  }

  anchor(absence: number): void {
    this.openBook()
    const { book, compiled } = this.records.loaded
    const { registers } = compiled
    const start = registers[registerOf.eventIdStart] as number
    const end = registers[registerOf.eventIdEnd] as number
    book.anchor(absence, registers[registerOf.eventTime] as number, this.topic, this.bytes, start, end)
  }

  // ---- firing

  /** At most one moment an instant, and none within `once` of the last; what fired is not taken back. */
  private mayFire(index: number, at: number): boolean {
    const last = this.slab.lastFired(index)
    if (last < 0) return true
    const { once } = this.records.loaded.rules[index] as Rule
    return once !== 'lifetime' && at > last && at - last >= once
  }

  private emit(
    rule: Rule,
    index: number,
    at: number,
    occurrence: string,
    triggeredAt: number | null,
    anchor: number | undefined,
    doNotDisturb: DoNotDisturb | null,
  ): void {
    const context = this.context as Context
    if (index >= 0) this.slab.setFired(index, at)
    if (context.now >= at + rule.expires) {
      this.counters.momentsExpired++
      return
    }
    const evidence = evidenceOf(rule, this.records.loaded.compiled, at)
    if (anchor !== undefined) evidence.anchor_time = anchor
    const subscriber = this.slab.keyText()
    const known = triggeredAt !== null && Number.isFinite(triggeredAt) ? triggeredAt : null
    this.moments.add(rule, { subscriber, at, occurrence, triggeredAt: known, evidence, doNotDisturb }, context)
  }

  // ---- absences and timers

  private openBook(): void {
    if (this.bookOpen) return
    this.bookOpen = true
    this.records.loadBook()
  }

  private closeBook(context: Context): void {
    this.bookOpen = false
    const { slab } = this
    const { book } = this.records.loaded
    book.prune(context.head)
    this.counters.absenceOverflows += book.overflows
    book.overflows = 0
    const due = book.nextDue()
    if (due < Number.POSITIVE_INFINITY && (book.asked === 0 || due < book.asked)) {
      book.asked = due
      context.arm(slab.keyText(), due)
    }
    this.records.storeBook()
  }

  timer(key: string, context: Context): void {
    // What it decides lies up to a grace back; and it must not go ahead of events that are on their way.
    this.turn.follow(Math.max(context.head, context.clock - this.records.maxGrace))
    const bytes = Buffer.from(key)
    const { slab } = this
    if (!slab.find(bytes, 0, bytes.length)) {
      throw new CodedError('KM_STATE_NOT_RESIDENT', 'a timer of a subscriber whose state was not loaded')
    }
    if (slab.length === 0) return
    this.context = context
    slab.save()
    try {
      this.records.ready(context)
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
    this.zone = this.records.zone()
    this.fireAbsences(clock)
    this.fireAnniversaries(clock)
    this.records.armNext(this.records.plain(), context)
    slab.touch()
    this.moments.flush(key, context)
  }

  private fireAbsences(clock: number): void {
    const { slab } = this
    const { book, absenceRules } = this.records.loaded
    if (slab.locate(slab.absencesBit) < 0) return
    this.openBook()
    this.bookOpen = false
    book.asked = 0
    for (let absence = 0; absence < absenceRules.length; absence++) {
      const index = absenceRules[absence] as number
      const rule = this.records.loaded.rules[index] as Rule
      if (rule.trigger.kind !== 'absence') continue
      while (book.dueOf(absence) <= clock) {
        const anchor = book.anchorTime(absence)
        const deadline = anchor + rule.trigger.within
        if (this.mayFire(index, deadline)) this.emit(rule, index, deadline, book.anchorId(absence), null, anchor, null)
        book.decide(absence, deadline)
      }
    }
    this.records.storeBook()
  }

  private fireAnniversaries(clock: number): void {
    const { anniversaries, layout } = this.records.loaded
    if (anniversaries.length === 0 || !this.slab.hasProfile) return
    const record = this.records.plain()
    const fired = takeDueAnniversaries(record, anniversaries, this.zone, clock)
    if (fired.length === 0) return
    this.records.rewrite(record)
    for (const { id, at, date } of fired) {
      const index = layout.rules.indexOf(id)
      if (this.mayFire(index, at))
        this.emit(this.records.loaded.rules[index] as Rule, index, at, date, null, undefined, null)
    }
  }

  // ---- adoption

  adopt(topic: Topic, record: RecordView, context: Context): void {
    if (topic.name !== topics.moments.name) return
    this.turn.follow(context.head)
    const moment = this.codec.decode('moment', record.value, record.valueStart, record.valueEnd)
    const index = this.records.loaded.layout.rules.indexOf(moment.rule)
    const rule = this.records.loaded.rules[index]
    if (!rule || rule.trigger.kind === 'interval') return
    const { slab } = this
    this.records.take(record.key, record.keyStart, record.keyEnd)
    this.records.ready(context)
    if (moment.at <= slab.endedAt) return
    if (slab.endedAt >= 0) slab.begin()
    if (slab.lastFired(index) < moment.at) slab.setFired(index, moment.at)
    if (rule.trigger.kind === 'absence') {
      this.openBook()
      this.records.loaded.book.decide(this.records.loaded.absenceRules.indexOf(index), moment.at)
      this.bookOpen = false
      this.records.storeBook()
    }
    slab.touch()
  }

  effectResult(): void {}

  explain(key: string, at?: number): Explanation | undefined {
    const bytes = Buffer.from(key)
    if (!this.slab.find(bytes, 0, bytes.length) || this.slab.length === 0) return undefined
    const record = this.records.plain()
    const zone = this.records.zones.zone(record.zone ?? -1)
    const heads = [...record.sources.values()].map(({ head }) => head)
    return explainRecord(record, this.records.loaded.ruleset, zone, at ?? Math.max(...heads))
  }
}
