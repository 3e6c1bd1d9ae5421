import type { TimeZone } from '../domain/time-zones.ts'
import type { Context } from '../flow/processor.ts'
import type { Codec } from '../records/codec.ts'
import type { RuleHost } from '../rules/engine/compile-rules.ts'
import { decodeRecord } from '../rules/engine/decode-record.ts'
import { boundOf, encodeRecord } from '../rules/engine/encode-record.ts'
import type { PlainRecord } from '../rules/engine/plain-record.ts'
import { writeLong } from '../rules/engine/words.ts'
import type { Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import type { DetectCounters } from './counters.ts'
import { LayoutTable } from './layout-table.ts'
import { type LoadedRuleset, loadRuleset } from './loaded-ruleset.ts'
import { awaitAnniversaries, nextAnniversaryDue } from './profile-changes.ts'
import { RecordSlab } from './record-slab.ts'
import { ZoneTable } from './zone-table.ts'

export interface ResidentSettings {
  readonly codec: Codec
  readonly ruleset: Ruleset
  readonly defaultTimeZone: string
  readonly indexSize?: number
}

/** The records in memory, the ruleset that they follow, and the way of a record from an earlier layout to today's. */
export class ResidentRecords {
  readonly slab: RecordSlab
  readonly zones: ZoneTable
  readonly layouts: LayoutTable
  loaded: LoadedRuleset
  private readonly codec: Codec
  /** By the order of event types, in milliseconds. */
  private readonly graces: readonly number[]
  readonly maxGrace: number
  private readonly host: RuleHost
  private readonly counters: DetectCounters
  private scratch = new Int32Array(4096)

  constructor(settings: ResidentSettings, graces: readonly number[], host: RuleHost, counters: DetectCounters) {
    this.slab = new RecordSlab(settings.indexSize)
    this.zones = new ZoneTable(settings.defaultTimeZone)
    this.layouts = new LayoutTable(this.zones)
    this.codec = settings.codec
    this.graces = graces
    this.maxGrace = Math.max(...graces)
    this.host = host
    this.counters = counters
    this.loaded = this.load(settings.ruleset)
    this.slab.useLayout(this.loaded.layout, this.layouts.numberOf(this.loaded.layout))
  }

  private load(ruleset: Ruleset): LoadedRuleset {
    const graceOf = (type: EventType) => this.graces[eventTypes.indexOf(type)] as number
    return loadRuleset(ruleset, this.codec, graceOf, this.slab, this.host)
  }

  useRuleset(ruleset: Ruleset): void {
    this.loaded = this.load(ruleset)
    this.slab.useLayout(this.loaded.layout, this.layouts.numberOf(this.loaded.layout))
  }

  restore(note: string): void {
    if (note === '') return
    this.layouts.restore(note)
    this.slab.useLayout(this.loaded.layout, this.layouts.numberOf(this.loaded.layout))
  }

  admit(key: string, value: Buffer | null): void {
    const bytes = Buffer.from(key)
    if (this.slab.find(bytes, 0, bytes.length)) return
    this.slab.create(0)
    if (value === null) return
    this.slab.load(value)
    this.slab.checkLoaded(this.layouts.count)
  }

  /** The runtime loads what it doesn't find resident, so a key that is not held is a new subscriber. */
  take(bytes: Uint8Array, start: number, end: number): void {
    if (!this.slab.find(bytes, start, end)) this.slab.create(0)
  }

  /** The current record begins, or is rewritten, in today's layout. */
  ready(context: Context): void {
    if (this.slab.length === 0) this.slab.begin()
    else if (this.slab.layoutNumber !== this.slab.number) this.migrate(context)
  }

  private migrate(context: Context): void {
    const { layout, anniversaries } = this.loaded
    const record = this.plain()
    for (const [rule, absence] of record.absences) {
      if (layout.absences.some((own) => own.rule === rule && own.after === absence.after)) continue
      record.absences.delete(rule)
    }
    record.asked = 0
    if (Number.isFinite(context.clock)) awaitAnniversaries(record, anniversaries, this.zones, context.clock)
    this.rewrite(record)
    this.counters.migrations++
    this.slab.touch()
    this.armNext(record, context)
  }

  rewrite(record: PlainRecord): void {
    const { layout } = this.loaded
    const bound = boundOf(layout, record)
    if (this.scratch.length < bound) this.scratch = new Int32Array(bound)
    this.slab.become(this.scratch, encodeRecord(layout, this.slab.number, record, this.scratch))
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
    let bit = -1
    for (let topic = 0; topic < eventTypes.length; topic++) {
      const program = this.loaded.programByTopic[topic]
      if (!program || !on.includes(program.type)) continue
      const head = this.slab.headOf(program.bit)
      if (head < newest || head < 0) continue
      newest = head
      bit = program.bit
    }
    return this.slab.newestIdOf(bit)
  }

  /** When nothing of an identity that ended at `time` can arrive any more. */
  forgottenAt(time: number): number {
    return time + this.maxGrace + 1
  }

  /** Asks for the next timer of the current record, which is `record`. */
  armNext(record: PlainRecord, context: Context): void {
    const { slab } = this
    if (slab.endedAt >= 0) {
      context.arm(slab.keyText(), this.forgottenAt(slab.endedAt))
      return
    }
    const { anniversaries, book } = this.loaded
    let due = nextAnniversaryDue(record, anniversaries, this.zones)
    const at = slab.locate(slab.absencesBit)
    if (at >= 0) {
      book.load(slab.words, slab.value + at)
      due = Math.min(due, book.nextDue())
      writeLong(slab.words, slab.value + at, due < Number.POSITIVE_INFINITY ? due : 0)
    }
    if (due < Number.POSITIVE_INFINITY) context.arm(slab.keyText(), due)
  }

  /** The current record's absences into the book of the ruleset. */
  loadBook(): void {
    const { slab } = this
    const { book } = this.loaded
    const at = slab.locate(slab.absencesBit)
    if (at < 0) book.clear()
    else book.load(slab.words, slab.value + at)
  }

  storeBook(): void {
    const { slab } = this
    const { book } = this.loaded
    const size = book.size()
    if (size === 0) {
      slab.drop(slab.absencesBit)
      return
    }
    // Making room may move the record: only then its place is asked for.
    const at = slab.makeRoom(slab.absencesBit, size)
    book.store(slab.words, slab.value + at)
  }
}
