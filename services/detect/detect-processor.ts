import { CodedError } from '../domain/errors.ts'
import { deterministicId } from '../domain/ids.ts'
import { dayMs, isoDate, type TimeZone } from '../domain/time-zones.ts'
import type { RecordView } from '../flow/event-log.ts'
import type { Context, Processor } from '../flow/processor.ts'
import type { StateWrites } from '../flow/state-store.ts'
import type { Codec } from '../records/codec.ts'
import type { DoNotDisturb } from '../records/types.ts'
import { AbsenceBook } from '../rules/engine/absence-book.ts'
import { instantOn, nextAnniversary } from '../rules/engine/anniversaries.ts'
import { type CompiledRules, compileRules, type RuleHost, type TypeProgram } from '../rules/engine/compile-rules.ts'
import { registerOf } from '../rules/engine/event-registers.ts'
import { compileLayout, type Layout } from '../rules/engine/layout.ts'
import { boundOf, decodeRecord, encodeRecord, type PlainRecord } from '../rules/engine/plain-record.ts'
import { readDouble, readLong, writeDouble, writeLong } from '../rules/engine/words.ts'
import type { Factor, Rule, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes, type Topic, topics } from '../topology.ts'
import { createCounters, type DetectCounters } from './counters.ts'
import { EventReader } from './event-readers.ts'
import { type Explanation, explainRecord } from './explain-record.ts'
import { momentOf } from './moments.ts'
import { type AnniversaryRule, applyProfile, awaitAnniversaries, nextAnniversaryDue } from './profile-changes.ts'
import { RecordSlab } from './record-slab.ts'
import { ZoneTable } from './zone-table.ts'

export interface DetectSettings {
  readonly codec: Codec
  readonly ruleset: Ruleset
  /** For subscribers whose profile names none. IANA name. */
  readonly defaultTimeZone: string
  /** How late an event may be, by type, in milliseconds; 10 minutes where nothing is said. */
  readonly grace?: Readonly<Partial<Record<EventType, number>>>
  /** How far an event may be stamped ahead of its append time, in milliseconds; 5 minutes by default. */
  readonly futureTolerance?: number
  /** Slots of the index at first (a power of two). */
  readonly indexSize?: number
}

export interface DetectProcessor extends Processor {
  readonly counters: DetectCounters
  /** Switches to another ruleset, between two records. Records follow when they are touched. */
  useRuleset(ruleset: Ruleset): void
  /** What is known of a resident subscriber, as of an instant (by default: of its own newest event); undefined: nothing. */
  explain(key: string, at?: number): Explanation | undefined
}

export const defaultGrace = 600_000
export const defaultFutureTolerance = 300_000

/** Detect's engine for one shard: flat records in memory, changed in place. See `Detection` for the hot path. */
export const createDetectProcessor = (settings: DetectSettings): DetectProcessor => new Detection(settings)

const profileTopic = eventTypes.indexOf('profile')

/**
 * `record` is the hot path: about a microsecond, no await, no closure and no object for an event that fires nothing. An
 * event is read into registers by generated code; generated code changes its subscriber's record and evaluates the rules
 * on its type. What is rare (profiles, timers, migration, a moment) works on objects.
 */
class Detection implements DetectProcessor, RuleHost {
  readonly counters = createCounters()
  readonly writes: StateWrites
  // What generated code sees of the event in hand (see RuleHost).
  zone: TimeZone
  head = -1
  merged = false

  private readonly codec: Codec
  private readonly graces: readonly number[]
  private readonly maxGrace: number
  private readonly tolerance: number
  private readonly slab: RecordSlab
  private readonly zones: ZoneTable
  private layouts: { readonly text: string; readonly layout: Layout }[] = []
  private noteText: string | undefined

  private ruleset: Ruleset
  private layout: Layout
  private rules: CompiledRules
  private programs: readonly (TypeProgram | undefined)[] = []
  private readers: readonly EventReader[] = []
  private book: AbsenceBook
  private absenceRules: readonly number[] = []
  private anniversaries: readonly AnniversaryRule[] = []
  private tagOfRule: readonly number[] = []

  // The event in hand.
  private bytes: Buffer = Buffer.alloc(0)
  private valueStart = 0
  private valueEnd = 0
  private topic = 0
  private context: Context | undefined
  private bookOpen = false
  private readonly pending: Buffer[] = []
  private readonly pendingRules: Rule[] = []
  private scratch = new Int32Array(4096)

  constructor(settings: DetectSettings) {
    this.codec = settings.codec
    this.graces = eventTypes.map((type) => settings.grace?.[type] ?? defaultGrace)
    this.maxGrace = Math.max(...this.graces)
    this.tolerance = settings.futureTolerance ?? defaultFutureTolerance
    this.slab = new RecordSlab(settings.indexSize)
    this.writes = this.slab.writes
    this.zones = new ZoneTable(settings.defaultTimeZone)
    this.zone = this.zones.zone(-1)
    this.ruleset = settings.ruleset
    this.layout = compileLayout(settings.ruleset)
    this.rules = compileRules(settings.ruleset, this.layout, this.slab, this)
    this.book = new AbsenceBook(this.layout, [])
    this.useRuleset(settings.ruleset)
  }

  // ---- rulesets and layouts

  useRuleset(ruleset: Ruleset): void {
    this.ruleset = ruleset
    this.layout = compileLayout(ruleset)
    this.rules = compileRules(ruleset, this.layout, this.slab, this)
    const { programs, registers } = this.rules
    this.programs = eventTypes.map((type) => programs.get(type))
    this.readers = eventTypes.map(
      (type) => new EventReader(this.codec, type, programs.get(type)?.fields ?? [], registers),
    )
    const absences = ruleset.rules.flatMap(({ trigger }) => (trigger.kind === 'absence' ? [trigger] : []))
    this.book = new AbsenceBook(
      this.layout,
      absences.map(({ within, after, absent }) => ({
        within,
        grace: Math.max(...[...after.on, ...absent.on].map((type) => this.graceOf(type))),
      })),
    )
    this.absenceRules = this.layout.absences.map(({ rule }) => this.layout.rules.indexOf(rule))
    this.anniversaries = ruleset.rules.flatMap(({ id, trigger }) =>
      trigger.kind === 'anniversary' ? [{ id, trigger }] : [],
    )
    this.tagOfRule = ruleset.rules.map(({ trigger }) =>
      trigger.kind === 'condition' && trigger.history?.kind === 'tag'
        ? this.layout.tags.indexOf(trigger.history.tag)
        : -1,
    )
    this.slab.useLayout(this.layout, this.numberOf(this.layout))
  }

  private graceOf = (type: EventType): number => this.graces[eventTypes.indexOf(type)] as number

  private numberOf(layout: Layout): number {
    const text = JSON.stringify(layout)
    const known = this.layouts.findIndex((candidate) => candidate.text === text)
    if (known >= 0) return known
    this.noteText = undefined
    return this.layouts.push({ text, layout }) - 1
  }

  get note(): string {
    this.noteText ??= JSON.stringify({ zones: this.zones.names, layouts: this.layouts.map(({ layout }) => layout) })
    return this.noteText
  }

  restore(note: string): void {
    if (note === '') return
    const { zones, layouts }: { zones: string[]; layouts: Layout[] } = JSON.parse(note)
    this.zones.restore(zones)
    this.layouts = layouts.map((layout) => ({ text: JSON.stringify(layout), layout }))
    this.noteText = undefined
    this.slab.useLayout(this.layout, this.numberOf(this.layout))
  }

  /** The current record, written in an earlier layout, is rewritten in today's. */
  private migrate(context: Context): void {
    const { layout } = this.layouts[this.slab.layoutNumber] as { layout: Layout }
    const record = decodeRecord(layout, this.slab.words.subarray(this.slab.value, this.slab.value + this.slab.length))
    for (const [rule, absence] of record.absences) {
      if (this.layout.absences.some((own) => own.rule === rule && own.after === absence.after)) continue
      record.absences.delete(rule)
    }
    record.asked = 0
    if (Number.isFinite(context.clock)) awaitAnniversaries(record, this.anniversaries, this.zones, context.clock)
    this.rewrite(record)
    this.counters.migrations++
    this.slab.touch()
    this.armNext(record, context)
  }

  private rewrite(record: PlainRecord): void {
    const bound = boundOf(this.layout, record)
    if (this.scratch.length < bound) this.scratch = new Int32Array(bound)
    this.slab.become(this.scratch, encodeRecord(this.layout, this.slab.number, record, this.scratch))
  }

  private plain(): PlainRecord {
    return decodeRecord(this.layout, this.slab.words.subarray(this.slab.value, this.slab.value + this.slab.length))
  }

  // ---- residence

  isResident(key: Buffer, start: number, end: number): boolean {
    return this.slab.find(key, start, end)
  }

  admit(key: string, value: Buffer | null): void {
    const bytes = Buffer.from(key)
    if (this.slab.find(bytes, 0, bytes.length)) return
    this.slab.create(0)
    if (value === null) return
    this.slab.load(value)
    this.slab.checkLoaded(this.layouts.length)
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

  /** The runtime loads what it doesn't find resident, so a key that is not held is a new subscriber. */
  private take(bytes: Uint8Array, start: number, end: number): void {
    if (!this.slab.find(bytes, start, end)) this.slab.create(0)
  }

  // ---- events

  record(topic: number, record: RecordView, context: Context): void {
    const type = eventTypes[topic] as EventType
    const { registers } = this.rules
    const bytes = record.value
    this.counters.events[type]++
    ;(this.readers[topic] as EventReader).read(bytes, record.valueStart, record.valueEnd)
    const time = registers[registerOf.eventTime] as number
    if (time > context.appendedAt + this.tolerance && context.appendedAt > 0) {
      throw new CodedError(
        'KM_EVENT_FUTURE',
        `event_time is ${time - context.appendedAt} ms ahead of the append time; at most ${this.tolerance} ms are allowed: check the source's clock`,
      )
    }
    // A local date of 1969 would be a negative pane.
    if (time < dayMs) throw new CodedError('KM_RECORD_OUT_OF_RANGE', `event_time ${time} lies before 1970-01-02`)
    const grace = this.graces[topic] as number
    if (context.head - time > grace) {
      this.late(type, record, time, context)
      return
    }
    const program = this.programs[topic]
    if (program === undefined) return
    this.take(record.key, record.keyStart, record.keyEnd)
    this.context = context
    this.bytes = bytes
    this.valueStart = record.valueStart
    this.valueEnd = record.valueEnd
    this.topic = topic
    this.slab.save()
    try {
      this.apply(program, time, (time > context.head ? time : context.head) - grace)
    } catch (error) {
      this.slab.restore()
      this.pending.length = 0
      this.pendingRules.length = 0
      this.bookOpen = false
      this.merged = false
      throw error
    }
  }

  private apply(program: TypeProgram, time: number, prune: number): void {
    const { slab } = this
    const context = this.context as Context
    if (slab.length === 0) slab.begin()
    else if (slab.layoutNumber !== slab.number) this.migrate(context)
    const endedAt = slab.endedAt
    if (endedAt >= 0) {
      if (time <= endedAt) {
        this.counters.ended++
        return
      }
      slab.begin()
    }
    this.zone = this.zones.zone(slab.zoneNumber)
    if (!program.update(this.bytes, prune)) {
      this.counters.duplicates++
      return
    }
    if (this.merged) this.mark()
    if (this.topic === profileTopic && this.profile(time, context)) return
    if (program.hasRules) program.evaluate()
    if (this.bookOpen) this.closeBook(context)
    slab.touch()
    if (this.pending.length > 0) this.flush(context)
  }

  private mark(): void {
    this.merged = false
    this.counters.inexact++
    this.slab.markInexact()
  }

  private late(type: EventType, record: RecordView, time: number, context: Context): void {
    this.counters.late[type]++
    const { registers } = this.rules
    const span = (start: number) =>
      record.value.toString('utf8', registers[start] as number, registers[start + 1] as number)
    const subscriber = record.key.toString('utf8', record.keyStart, record.keyEnd)
    const value = this.codec.encode(topics.late, {
      late_event_id: deterministicId('late', type, span(registerOf.sourceStart), span(registerOf.eventIdStart)),
      subscriber_id: subscriber,
      seen_at: seenAt(context),
      topic: topics.events[type].name,
      lateness_ms: context.head - time,
      appended_at: context.appendedAt,
      value: Buffer.from(record.value.subarray(record.valueStart, record.valueEnd)),
    })
    context.emit(topics.late, subscriber, value)
  }

  /** A profile event, behind its own section. True: it ended the identity. */
  private profile(time: number, context: Context): boolean {
    const event = this.codec.decode('profile', this.bytes, this.valueStart, this.valueEnd)
    const record = this.plain()
    if (event.status === 'deactivated') {
      record.ended = time
      this.rewrite(record)
      this.slab.touch()
      context.arm(this.slab.keyText(), time + this.maxGrace + 1)
      return true
    }
    const zonesKnown = this.zones.names.length
    applyProfile(record, event, this.layout.tags, this.anniversaries, this.zones)
    if (this.zones.names.length !== zonesKnown) this.noteText = undefined
    this.rewrite(record)
    this.zone = this.zones.zone(this.slab.zoneNumber)
    const due = nextAnniversaryDue(record, this.anniversaries, this.zones)
    if (due < Number.POSITIVE_INFINITY) context.arm(this.slab.keyText(), due)
    return false
  }

  // ---- what generated code asks (RuleHost)

  seenOverflow(): void {
    this.counters.seenOverflows++
  }

  overflow(): void {
    throw new CodedError('KM_FACTOR_OVERFLOW', 'a sum would leave ±(2^53 - 1); measure in a larger unit, or as double')
  }

  mergeSums(words: Int32Array, first: number, second: number, isDouble: boolean): void {
    if (isDouble) writeDouble(words, second, readDouble(words, first) + readDouble(words, second))
    else writeLong(words, second, readLong(words, first) + readLong(words, second))
  }

  fire(index: number, at: number): void {
    if (!this.mayFire(index, at)) return
    const tag = this.tagOfRule[index] as number
    if (tag >= 0 && (!this.slab.hasProfile || this.slab.hasTag(tag))) return
    const rule = this.ruleset.rules[index] as Rule
    const on = rule.trigger.kind === 'condition' ? rule.trigger.on : []
    this.emit(rule, index, at, this.newestOf(on), (this.context as Context).appendedAt, undefined, null)
  }

  /** Id of the newest event among types, by (time, order of types, id): the event that completed the condition. */
  private newestOf(on: readonly EventType[]): string {
    let newest = -1
    let bit = -1
    for (let topic = 0; topic < eventTypes.length; topic++) {
      const program = this.programs[topic]
      if (!program || !on.includes(program.type)) continue
      const head = this.slab.headOf(program.bit)
      if (head < newest || head < 0) continue
      newest = head
      bit = program.bit
    }
    return this.slab.newestIdOf(bit)
  }

  interval(index: number, phase: number): void {
    const rule = this.ruleset.rules[index] as Rule
    const { trigger } = rule
    if (trigger.kind !== 'interval') return
    const event = this.codec.decode(eventTypes[this.topic] as EventType, this.bytes, this.valueStart, this.valueEnd)
    const key: unknown = Object.entries(event).find(([name]) => name === trigger.key)?.[1]
    const at = event.event_time
    const doNotDisturb: DoNotDisturb = {
      phase: phase === 0 ? 'open' : 'closed',
      code: trigger.code,
      key: typeof key === 'string' ? key : '',
      until: at + trigger.longest,
      channels: trigger.channels,
      purposes: trigger.purposes,
    }
    const occurrence = phase === 0 ? event.event_id : `${event.event_id}:closed`
    this.emit(rule, -1, at, occurrence, (this.context as Context).appendedAt, undefined, doNotDisturb)
  }

  answer(track: number): void {
    this.openBook()
    this.book.answer(track, this.rules.registers[registerOf.eventTime] as number)
  }

  anchor(absence: number): void {
    this.openBook()
    const { registers } = this.rules
    const start = registers[registerOf.eventIdStart] as number
    const end = registers[registerOf.eventIdEnd] as number
    this.book.anchor(absence, registers[registerOf.eventTime] as number, this.topic, this.bytes, start, end)
  }

  // ---- firing

  /** At most one moment an instant, and none within `once` of the last; what fired is not taken back. */
  private mayFire(index: number, at: number): boolean {
    const last = this.slab.lastFired(index)
    if (last < 0) return true
    const { once } = this.ruleset.rules[index] as Rule
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
    const evidence = this.evidence(rule, at)
    if (anchor !== undefined) evidence.anchor_time = anchor
    const moment = momentOf(rule, {
      subscriber: this.slab.keyText(),
      at,
      occurrence,
      detectedAt: seenAt(context),
      triggeredAt: triggeredAt !== null && Number.isFinite(triggeredAt) ? triggeredAt : null,
      evidence,
      doNotDisturb,
    })
    this.pending.push(this.codec.encode(topics.moments, moment))
    this.pendingRules.push(rule)
  }

  private evidence(rule: Rule, at: number): Record<string, number | boolean | null> {
    const { factors, values, programs } = this.rules
    const evidence: Record<string, number | boolean | null> = {}
    const wanted = factors.map((factor, i) => ({ factor, i })).filter(({ factor }) => rule.evidence.includes(factor.id))
    // Conditions behind this one still read their values as of `at`: these are computed as of the same instant.
    for (const type of new Set(wanted.map(({ factor }) => factor.from))) programs.get(type)?.compute(at)
    for (const { factor, i } of wanted) evidence[factor.id] = evidenceOf(factor, values[i] as number)
    return evidence
  }

  /** All or nothing: moments leave when the event is through. */
  private flush(context: Context): void {
    const key = this.slab.keyText()
    for (let i = 0; i < this.pending.length; i++) {
      const { id, moment } = this.pendingRules[i] as Rule
      context.emit(topics.moments, key, this.pending[i] as Buffer)
      const counted = this.counters.moments.get(id)
      if (counted) counted.count++
      else this.counters.moments.set(id, { kind: moment, count: 1 })
    }
    this.pending.length = 0
    this.pendingRules.length = 0
  }

  // ---- absences and timers

  private openBook(): void {
    if (this.bookOpen) return
    this.bookOpen = true
    const at = this.slab.locate(this.slab.absencesBit)
    if (at < 0) this.book.clear()
    else this.book.load(this.slab.words, this.slab.value + at)
  }

  private closeBook(context: Context): void {
    this.bookOpen = false
    const { book, slab } = this
    book.prune(context.head)
    this.counters.absenceOverflows += book.overflows
    book.overflows = 0
    const due = book.nextDue()
    if (due < Number.POSITIVE_INFINITY && (book.asked === 0 || due < book.asked)) {
      book.asked = due
      context.arm(slab.keyText(), due)
    }
    this.storeBook()
  }

  private storeBook(): void {
    const { book, slab } = this
    const size = book.size()
    if (size === 0) {
      slab.drop(slab.absencesBit)
      return
    }
    // Making room may move the record: only then its place is asked for.
    const at = slab.makeRoom(slab.absencesBit, size)
    book.store(slab.words, slab.value + at)
  }

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
      if (slab.layoutNumber !== slab.number) this.migrate(context)
      this.due(key, context)
    } catch (error) {
      slab.restore()
      this.pending.length = 0
      this.pendingRules.length = 0
      this.bookOpen = false
      throw error
    }
  }

  private due(key: string, context: Context): void {
    const { slab } = this
    const { clock } = context
    const endedAt = slab.endedAt
    if (endedAt >= 0) {
      // Nothing of the ended identity can arrive any more: the key goes too.
      if (clock > endedAt + this.maxGrace) slab.resize(0, -slab.length)
      else context.arm(key, endedAt + this.maxGrace + 1)
      slab.touch()
      return
    }
    this.zone = this.zones.zone(slab.zoneNumber)
    this.fireAbsences(clock)
    this.fireAnniversaries(clock)
    this.armNext(this.plain(), context)
    slab.touch()
    this.flush(context)
  }

  private fireAbsences(clock: number): void {
    const { slab, book } = this
    if (slab.locate(slab.absencesBit) < 0) return
    this.openBook()
    this.bookOpen = false
    book.asked = 0
    for (let absence = 0; absence < this.absenceRules.length; absence++) {
      const index = this.absenceRules[absence] as number
      const rule = this.ruleset.rules[index] as Rule
      if (rule.trigger.kind !== 'absence') continue
      while (book.dueOf(absence) <= clock) {
        const anchor = book.anchorTime(absence)
        const deadline = anchor + rule.trigger.within
        if (this.mayFire(index, deadline)) this.emit(rule, index, deadline, book.anchorId(absence), null, anchor, null)
        book.decide(absence, deadline)
      }
    }
    this.storeBook()
  }

  private fireAnniversaries(clock: number): void {
    if (this.anniversaries.length === 0 || !this.slab.hasProfile) return
    const record = this.plain()
    const { profile } = record
    if (!profile) return
    const fired: { readonly id: string; readonly at: number; readonly date: string }[] = []
    for (const { id, trigger } of this.anniversaries) {
      const date = profile.dates.get(trigger.field)
      let day = profile.pending.get(id)
      if (!date || day === undefined) continue
      for (let at = instantOn(trigger, day, this.zone); at <= clock; at = instantOn(trigger, day, this.zone)) {
        fired.push({ id, at, date: isoDate(day) })
        // From the day after: a zone further west must not find the same date again.
        day = nextAnniversary(trigger, date.day, this.zone, at + dayMs)
        profile.pending.set(id, day)
      }
    }
    if (fired.length === 0) return
    this.rewrite(record)
    for (const { id, at, date } of fired) {
      const index = this.layout.rules.indexOf(id)
      if (this.mayFire(index, at)) this.emit(this.ruleset.rules[index] as Rule, index, at, date, null, undefined, null)
    }
  }

  /** Asks for the next timer of the current record. */
  private armNext(record: PlainRecord, context: Context): void {
    const { slab } = this
    if (slab.endedAt >= 0) {
      context.arm(slab.keyText(), slab.endedAt + this.maxGrace + 1)
      return
    }
    let due = nextAnniversaryDue(record, this.anniversaries, this.zones)
    const at = slab.locate(slab.absencesBit)
    if (at >= 0) {
      this.book.load(slab.words, slab.value + at)
      due = Math.min(due, this.book.nextDue())
      writeLong(slab.words, slab.value + at, due < Number.POSITIVE_INFINITY ? due : 0)
    }
    if (due < Number.POSITIVE_INFINITY) context.arm(slab.keyText(), due)
  }

  // ---- adoption

  adopt(topic: Topic, record: RecordView, context: Context): void {
    if (topic.name !== topics.moments.name) return
    const moment = this.codec.decode('moment', record.value, record.valueStart, record.valueEnd)
    const index = this.layout.rules.indexOf(moment.rule)
    const rule = this.ruleset.rules[index]
    if (!rule || rule.trigger.kind === 'interval') return
    const { slab } = this
    this.take(record.key, record.keyStart, record.keyEnd)
    if (slab.length === 0) slab.begin()
    else if (slab.layoutNumber !== slab.number) this.migrate(context)
    if (moment.at <= slab.endedAt) return
    if (slab.endedAt >= 0) slab.begin()
    if (slab.lastFired(index) < moment.at) slab.setFired(index, moment.at)
    if (rule.trigger.kind === 'absence') {
      this.openBook()
      this.book.decide(this.absenceRules.indexOf(index), moment.at)
      this.bookOpen = false
      this.storeBook()
    }
    slab.touch()
  }

  effectResult(): void {}

  explain(key: string, at?: number): Explanation | undefined {
    const bytes = Buffer.from(key)
    if (!this.slab.find(bytes, 0, bytes.length) || this.slab.length === 0) return undefined
    const { layout } = this.layouts[this.slab.layoutNumber] as { layout: Layout }
    const record = decodeRecord(layout, this.slab.words.subarray(this.slab.value, this.slab.value + this.slab.length))
    const zone = this.zones.zone(record.zone ?? -1)
    const heads = [...record.sources.values()].map(({ head }) => head)
    return explainRecord(record, this.ruleset, zone, at ?? Math.max(...heads))
  }
}

const seenAt = (context: Context): number => (Number.isFinite(context.now) ? context.now : context.clock)

function evidenceOf(factor: Factor, value: number): number | boolean | null {
  if (Number.isNaN(value)) return null
  return factor.type === 'bool' ? value !== 0 : value
}
