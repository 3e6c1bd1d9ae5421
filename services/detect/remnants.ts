import { encodeRecord } from '../rules/engine/encode-record.ts'
import { firstHeld } from '../rules/engine/held-events.ts'
import { emptyRecord, remnantTrack, sections } from '../rules/engine/plain-record.ts'
import { readLong, writeLong } from '../rules/engine/words.ts'
import type { CalendarWatch } from './calendar-watch.ts'
import type { DetectCounters } from './counters.ts'
import type { Firing } from './firing.ts'
import type { MomentQueue } from './moment-queue.ts'
import type { ResidentRecords } from './resident-records.ts'
import type { Seam } from './seams.ts'

const headWords = 2
/** Words of a block among the tracks, at most. */
const blockWordsMost = 0xffff

/**
 * Where a version takes the place of another while something of before the change waits for its grace, the subscriber's
 * record is kept twice for a while: as the new version knows it, and in it, as a remnant, as the old one does, which decides
 * what is left and is told what else arrives of before the change. A remnant may hold one itself.
 */
export class Remnants {
  private readonly records: ResidentRecords
  private readonly calendar: CalendarWatch
  private readonly firing: Firing
  private readonly moments: MomentQueue
  private readonly counters: DetectCounters

  constructor(
    records: ResidentRecords,
    calendar: CalendarWatch,
    firing: Firing,
    moments: MomentQueue,
    counters: DetectCounters,
  ) {
    this.records = records
    this.calendar = calendar
    this.firing = firing
    this.moments = moments
    this.counters = counters
  }

  /** The record in hand goes over to today's ruleset, from seam to seam; at each remains what is left to decide. */
  migrate(clock: number): void {
    const { records } = this
    const { slab, seams } = records
    let seam = slab.endedAt < 0 ? seams.before(slab.layoutNumber) : undefined
    let remnant: Int32Array | undefined
    while (seam) {
      const own = seam
      remnant = records.during(own, () => {
        if (records.isOutdated || remnant) records.migrate(clock, remnant)
        return this.isLeft(own, clock) ? this.remnantOf(own.until) : undefined
      })
      seam = seams.after(seam)
    }
    records.migrate(clock, remnant)
  }

  /** Of the record in hand, in the seam's layout. */
  private isLeft(seam: Seam, clock: number): boolean {
    const { records } = this
    const { until, retired, loaded } = seam
    if (retired.length === 0) return false
    if (seam.concernsEverybody && clock < until + records.maxGrace) return true
    if (firstHeld(records.held) < until) return true
    for (const { number } of loaded.compiled.lanes) {
      if (records.slab.locate(sections.patterns + number) < 0) continue
      const book = records.loadBook(number)
      const { from, until: ends } = loaded.spans.deadlines
      if (retired.some((index) => book.waitsWithin(index, from[index] as number, ends[index] as number))) return true
    }
    return this.calendar.waitsBefore(until, retired)
  }

  private remnantOf(until: number): Int32Array | undefined {
    const { words, value, length } = this.records.slab
    return this.blockOf(until, words.subarray(value, value + length))
  }

  private blockOf(until: number, words: Int32Array): Int32Array | undefined {
    if (words.length + headWords > blockWordsMost) {
      this.counters.inexact++
      return undefined
    }
    const block = new Int32Array(headWords + words.length)
    writeLong(block, 0, until)
    block.set(words, headWords)
    return block
  }

  /** Somebody of whom nothing is left to decide, so far: an event of before the seam may mean something all the same. */
  begin(time: number): void {
    const { records } = this
    const seam = records.seams.covering(time)
    if (!seam?.concernsEverybody || this.isThere) return
    const { zone, billingDay, calendar, profile } = records.plain()
    const remnant = records.during(seam, () => {
      const { layout } = seam.loaded.compiled
      const plain = { ...emptyRecord(layout), zone, billingDay, calendar, profile, since: Math.floor(time / 1000) }
      return encodeRecord(layout, seam.number, plain)
    })
    this.store(this.blockOf(seam.until, remnant))
  }

  get isThere(): boolean {
    return this.records.tracks.find(remnantTrack).at >= 0
  }

  /**
   * What is left of the record in hand is in hand for a while, under its own ruleset. `act` says whether it is still needed.
   * What fires there counts as the rule's firing here, too.
   */
  visit(act: (seam: Seam) => boolean): void {
    const { records, moments } = this
    const { slab } = records
    const block = records.tracks.find(remnantTrack)
    if (block.at < 0) return
    const until = readLong(block.words, block.at)
    const remnant = block.words.slice(block.at + headWords, block.at + block.length)
    const seam = records.seams.ending(until)
    if (!seam) {
      this.store(undefined)
      return
    }
    const whole = slab.words.slice(slab.value, slab.value + slab.length)
    const first = moments.length
    const left = records.during(seam, () => {
      slab.become(remnant)
      try {
        return act(seam) ? this.remnantOf(until) : undefined
      } finally {
        slab.become(whole)
      }
    })
    this.store(left)
    if (moments.length > first) {
      moments.retain(first, (rule, at, occurrence) => this.firing.takeOver(rule, at, occurrence))
    }
  }

  /** The block of the remnant becomes another one; undefined: none is left. */
  private store(block: Int32Array | undefined): void {
    const { tracks } = this.records
    const { created } = tracks
    const own = tracks.find(remnantTrack)
    const length = block?.length ?? 0
    const before = own.length
    if (length !== before) own.resize(Math.min(length, before), length - before)
    if (block) own.words.set(block, own.at)
    tracks.created = created
  }
}
