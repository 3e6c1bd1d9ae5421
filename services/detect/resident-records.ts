import type { TimeZone } from '../domain/time-zones.ts'
import type { Context } from '../flow/processor.ts'
import type { Codec } from '../records/codec.ts'
import type { Activation } from '../rules/activation.ts'
import { hashOfRule } from '../rules/engine/away-firings.ts'
import { decodeRecord } from '../rules/engine/decode-record.ts'
import { encodeRecord } from '../rules/engine/encode-record.ts'
import type { LaneSurroundings } from '../rules/engine/lane.ts'
import type { Layout } from '../rules/engine/layout.ts'
import { passageBetween } from '../rules/engine/passage.ts'
import type { PatternBook } from '../rules/engine/patterns/pattern-book.ts'
import { type PlainRecord, sections } from '../rules/engine/plain-record.ts'
import type { Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import type { DetectCounters } from './counters.ts'
import { LayoutTable } from './layout-table.ts'
import { type LoadedRuleset, loadRuleset, prepareRuleset } from './loaded-ruleset.ts'
import { moveFirings } from './move-firings.ts'
import { NameTable } from './name-table.ts'
import { SectionBlock, TrackBlocks } from './record-blocks.ts'
import { RecordSlab } from './record-slab.ts'
import { type RulesInTime, retiredRules } from './rule-spans.ts'
import type { RulesetSchedule } from './ruleset-switch.ts'
import { type Seam, Seams } from './seams.ts'
import { ZoneTable } from './zone-table.ts'

export interface ResidentSettings {
  readonly codec: Codec
  readonly ruleset: Ruleset
  readonly activation?: Activation
  readonly schedule?: RulesetSchedule
  readonly defaultTimeZone: string
  readonly indexSize?: number
}

/** The records in memory, the ruleset that they follow, and the way of a record from an earlier layout to today's. */
export class ResidentRecords {
  readonly slab: RecordSlab
  readonly tracks: TrackBlocks
  readonly profile: SectionBlock
  readonly states: SectionBlock
  readonly held: SectionBlock
  readonly zones: ZoneTable
  readonly calendars = new NameTable()
  readonly layouts: LayoutTable
  readonly seams: Seams
  loaded: LoadedRuleset
  /** What subscribers wait for may have changed since they were last all looked at. */
  needsSweep = false
  /** How often a layout came into use, from 1. Who looks at all records under one begins anew where it comes back. */
  turn = 1
  /** Whether it is known that the ruleset in use is in force, and since when. */
  private isKnown = false
  /** Number of the layout in use when a look at a record failed; -1: none has. */
  private unrenewable = -1
  private readonly codec: Codec
  /** By the order of event types, in milliseconds. */
  private readonly graces: readonly number[]
  readonly maxGrace: number
  private readonly surroundings: Omit<LaneSurroundings, 'registers'>
  private readonly schedule: RulesetSchedule | undefined
  private readonly counters: DetectCounters

  constructor(
    settings: ResidentSettings,
    graces: readonly number[],
    surroundings: Pick<LaneSurroundings, 'event' | 'host'>,
    counters: DetectCounters,
  ) {
    this.slab = new RecordSlab(settings.indexSize)
    this.tracks = new TrackBlocks(this.slab)
    this.profile = new SectionBlock(this.slab, sections.profile)
    this.states = new SectionBlock(this.slab, sections.states)
    this.held = new SectionBlock(this.slab, sections.held)
    this.zones = new ZoneTable(settings.defaultTimeZone)
    this.layouts = new LayoutTable(this.zones, this.calendars)
    this.codec = settings.codec
    this.graces = graces
    this.maxGrace = Math.max(...graces)
    this.surroundings = { ...surroundings, cursor: this.tracks }
    this.counters = counters
    this.schedule = settings.schedule
    this.seams = new Seams({
      schedule: settings.schedule,
      maxGrace: this.maxGrace,
      layouts: this.layouts,
      load: (ruleset, activation, own) => this.compile(ruleset, activation, own, own.apart),
    })
    this.loaded = this.load(settings.ruleset, settings.activation)
    this.slab.number = this.layouts.numberOf(this.loaded.compiled.layout)
  }

  /** As it follows on the ruleset that the shard has followed; or goes on with it. */
  private load(ruleset: Ruleset, activation: Activation | undefined, isApart?: boolean): LoadedRuleset {
    const { inForce } = this.layouts
    const at = activation?.activatedAt ?? Number.NEGATIVE_INFINITY
    const goesOn = !Number.isFinite(at) || inForce?.apart === at
    return this.compile(ruleset, activation, inForce, goesOn ? inForce?.apart : isApart ? at : undefined)
  }

  private compile(
    ruleset: Ruleset,
    activation: Activation | undefined,
    before: Layout | undefined,
    apart: number | undefined,
  ): LoadedRuleset {
    return loadRuleset(ruleset, activation, this.codec, this.graceOf, this.surroundings, before, apart)
  }

  private readonly graceOf = (type: EventType): number => this.graces[eventTypes.indexOf(type)] as number

  /** Makes ready a ruleset that may follow on the one in force, in steps. */
  prepare(ruleset: Ruleset, activation: Activation): Generator<void, void> {
    return prepareRuleset(ruleset, activation, this.graceOf, this.layouts.inForce)
  }

  useRuleset(ruleset: Ruleset, activation: Activation | undefined): void {
    const { loaded, slab, layouts } = this
    const at = activation?.activatedAt ?? Number.NEGATIVE_INFINITY
    // A process may begin with a ruleset of which it doesn't know yet since when it is in force, and what was before it.
    const before: RulesInTime | undefined = !Number.isFinite(at) ? undefined : this.isKnown ? loaded : this.earlier(at)
    const number = this.isKnown ? slab.number : layouts.numberInForce
    const since = before?.activation?.activatedAt ?? Number.NEGATIVE_INFINITY
    const isApart = before && (layouts.seams.length > 0 || retiredRules(before, { ruleset, activation }).length > 0)
    this.loaded = this.load(ruleset, activation, isApart)
    if (isApart)
      this.seams.add(
        { until: at, number, ...(Number.isFinite(since) && { since }) },
        this.isKnown ? loaded : undefined,
        this.loaded,
      )
    this.useLayout()
    this.isFollowed()
  }

  /** What the shard followed, as its note tells, when a ruleset came that another process hasn't come to; undefined: none. */
  private earlier(at: number): RulesInTime | undefined {
    const { inForce } = this.layouts
    if (!this.schedule || !inForce || this.layouts.since === at) return undefined
    const before = this.schedule(this.layouts.since ?? Number.NEGATIVE_INFINITY)
    return before.activatedAt < at ? { ruleset: before.ruleset, activation: before } : undefined
  }

  /** The shard has come to a time at which the ruleset in use is in force: what records hold from now on is known. */
  isFollowed(): void {
    this.layouts.follows(this.slab.number, this.loaded.activation?.activatedAt)
    this.isKnown = true
  }

  private useLayout(): void {
    const number = this.layouts.numberOf(this.loaded.compiled.layout)
    if (number !== this.slab.number) this.turn++
    this.slab.number = number
    this.needsSweep = this.layouts.needsSweep(this.slab.number)
  }

  /** All records have been looked at in this turn. */
  swept(turn: number): void {
    if (turn !== this.turn) return
    this.layouts.swept(this.slab.number)
    this.needsSweep = false
    this.renewed(turn)
  }

  /** Records may be stored in a layout of before, which is to be forgotten. */
  get needsRenewal(): boolean {
    return this.slab.number !== this.unrenewable && this.layouts.hasOthers(this.slab.number)
  }

  /** Every record that was stored in another layout than that of this turn has been looked at in it. */
  renewed(turn: number): void {
    if (turn === this.turn && this.needsRenewal) this.layouts.forgetOthers(this.slab.number)
  }

  /** A record could not be looked at: it may stay in its layout, whatever is looked at after it. */
  failedToRenew(): void {
    this.unrenewable = this.slab.number
  }

  restore(note: string): void {
    if (note === '') return
    this.layouts.restore(note)
    this.seams.restored()
    // Since when tracks are kept was not known before.
    this.loaded = this.load(this.loaded.ruleset, this.loaded.activation)
    this.useLayout()
  }

  admit(key: string, value: Buffer | null): void {
    const bytes = Buffer.from(key)
    if (this.slab.find(bytes, 0, bytes.length)) return
    this.slab.create()
    if (value === null) return
    this.slab.load(value)
    this.slab.checkLoaded(this.layouts)
  }

  /** The runtime loads what it doesn't find resident, so a key that is not held is a new subscriber. */
  take(bytes: Uint8Array, start: number, end: number): void {
    if (!this.slab.find(bytes, start, end)) this.slab.create()
  }

  /** Whether the current record was written in another layout than today's. */
  get isOutdated(): boolean {
    return this.slab.length > 0 && this.slab.layoutNumber !== this.slab.number
  }

  /**
   * Rewrites the current record in the layout of the ruleset in use. `clock`: of the shard; -Infinity: nothing is over.
   * `remnant`: in place of one that it may hold.
   */
  migrate(clock: number, remnant?: Int32Array): void {
    const record = this.plain()
    if (remnant) record.remnant = remnant
    const recalled = record.ended === undefined ? moveFirings(record, this.loaded, clock - this.maxGrace) : []
    this.rewrite(record)
    if (record.ended === undefined) {
      const { samePatterns } = passageBetween(record.layout, this.loaded.compiled.layout)
      record.patterns.forEach((kept, lane) => {
        if (!kept || samePatterns[lane]) return
        const book = this.loaded.books[lane] as PatternBook
        book.carry(kept.layout, kept.words, 0, kept.words.length)
        this.storeBook(lane)
      })
    }
    for (const { lane, index, at } of recalled) {
      // Which event it was doesn't matter any more.
      this.loadBook(lane).adopt(index, at, '')
      this.storeBook(lane)
    }
    this.counters.migrations++
  }

  /** Another ruleset is in use for a moment: one that was in force before, with its layout. */
  during<T>({ loaded, number }: Pick<Seam, 'loaded' | 'number'>, act: () => T): T {
    const { loaded: own, slab } = this
    const ownNumber = slab.number
    this.loaded = loaded
    slab.number = number
    try {
      return act()
    } finally {
      this.loaded = own
      slab.number = ownNumber
    }
  }

  /** A rule that the ruleset in use hasn't got has fired for the current record. */
  putAway(id: string, at: number, once: number | 'lifetime'): void {
    const record = this.plain()
    const length = once === 'lifetime' ? Number.POSITIVE_INFINITY : once
    record.away.push({ rule: hashOfRule(id), at, once: length, isUntold: false })
    this.rewrite(record)
  }

  rewrite(record: PlainRecord): void {
    this.slab.become(encodeRecord(this.loaded.compiled.layout, this.slab.number, record))
  }

  /** The current record as objects, whatever its layout. */
  plain(): PlainRecord {
    const { words, value, length, layoutNumber } = this.slab
    return decodeRecord(this.layouts.at(layoutNumber), words.subarray(value, value + length))
  }

  /** Zone of the current record's subscriber. */
  zone(): TimeZone {
    return this.zones.zone(this.slab.zoneNumber)
  }

  /** Id of the newest event among types, by (time, order of types, id): the event that completed the condition. */
  newestOf(on: readonly EventType[]): string {
    let newest = -1
    let topic = -1
    for (let i = 0; i < eventTypes.length; i++) {
      if (!on.includes(eventTypes[i] as EventType)) continue
      const head = this.slab.headOf(i)
      if (head < newest || head < 0) continue
      newest = head
      topic = i
    }
    return topic < 0 ? '' : this.slab.newestIdOf(topic)
  }

  /** When nothing of an identity that ended at `time` can arrive any more. */
  forgottenAt(time: number): number {
    return time + this.maxGrace + 1
  }

  // ---- patterns

  /** The current record's patterns of a lane into its book. */
  loadBook(lane: number): PatternBook {
    const { slab } = this
    const book = this.loaded.books[lane] as PatternBook
    const at = slab.locate(sections.patterns + lane)
    if (at < 0) book.clear()
    else book.load(slab.words, slab.value + at, slab.sectionLength)
    return book
  }

  storeBook(lane: number): void {
    const { slab } = this
    const bit = sections.patterns + lane
    const book = this.loaded.books[lane] as PatternBook
    const size = book.size()
    const at = slab.locate(bit)
    const d = size - (at < 0 ? 0 : slab.sectionLength)
    // Making room may move the record.
    const start = d === 0 ? at : slab.resizeSection(bit, 0, d)
    if (size > 0) book.store(slab.words, slab.value + start)
    this.counters.patternOverflows += book.overflows
    this.counters.firingOverflows += book.forgotten
    book.overflows = 0
    book.forgotten = 0
  }

  /** When the earliest pattern of a lane of the current record may be decided; Infinity: none waits. */
  patternsDue(lane: number): number {
    const isKept = this.slab.locate(sections.patterns + lane) >= 0
    return isKept ? this.loadBook(lane).nextDue() : Number.POSITIVE_INFINITY
  }

  /** Asks for a timer of the current record. */
  arm(due: number, context: Context): void {
    if (due < Number.POSITIVE_INFINITY) context.arm(this.slab.keyText(), due)
  }
}
