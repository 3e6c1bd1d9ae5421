import type { Calendar } from '../domain/calendar.ts'
import { dayMs } from '../domain/time-zones.ts'
import { type CalendarPlace, type CalendarTimer, instantOfTimer, nextDayOf } from '../rules/engine/calendar-timers.ts'
import type { ProfileField } from '../rules/engine/plain-record.ts'
import { clearState, setState, statesOf } from '../rules/engine/rule-states.ts'
import type { DateField } from '../rules/ruleset.ts'
import type { DetectCounters } from './counters.ts'
import { profileField } from './profile-changes.ts'
import type { ResidentRecords } from './resident-records.ts'

/** A timer of the record in hand that is due: its rules are judged as of `at`, under the local date. */
export interface TimerDue {
  readonly timer: CalendarTimer
  readonly at: number
  readonly day: number
}

/** What the record in hand waits for by the calendar. A date is kept as a day: a change of zone moves its instant. */
export class CalendarWatch implements CalendarPlace {
  private readonly records: ResidentRecords
  private readonly counters: DetectCounters
  private days = new Float64Array(0)

  constructor(records: ResidentRecords, counters: DetectCounters) {
    this.records = records
    this.counters = counters
  }

  // ---- the record's place

  get zone() {
    return this.records.zone()
  }
  get billingDay(): number {
    return this.records.slab.billingDay
  }
  get calendar(): Calendar | undefined {
    const { slab, calendars, loaded } = this.records
    const name = calendars.name(slab.calendarNumber) ?? loaded.ruleset.defaultCalendar
    return loaded.ruleset.calendars.find(({ id }) => id === name)
  }
  dateOf(field: DateField): number | undefined {
    return profileField(this.records.profile, field)
  }

  // ---- waiting

  private get timers(): readonly CalendarTimer[] {
    return this.records.loaded.compiled.timers
  }
  private get edgeWords(): number {
    return this.records.loaded.edgeWords
  }

  /** Timers (of a lane, or all) that concern the record and don't wait yet, wait for their first date after an instant. */
  await(after: number, lane?: number): void {
    this.awaitEach(() => after, lane)
  }

  /**
   * The same for a record that goes over to other rules at `clock`, maybe long after these came into force (`since`), as
   * nothing touched it. A date of theirs that has passed but isn't decided yet, since events on their way count, is still its
   * own. `settleGrace`: of settled rules.
   */
  awaitAnew(since: number, clock: number, settleGrace: number): void {
    this.awaitEach(({ lane, grace }) => Math.max(since, clock - (lane === 1 ? settleGrace : grace)))
  }

  private awaitEach(after: (timer: CalendarTimer) => number, lane?: number): void {
    const days = this.dueDays()
    this.timers.forEach((timer, number) => {
      if (lane !== undefined && timer.lane !== lane) return
      if ((days[number] as number) >= 0) return
      if (!this.concerns(timer.tracks)) return
      this.wait(timer, number, after(timer))
    })
  }

  /** Whether one of these tracks of the record in hand holds something; undefined: no matter. */
  concerns(needed: ReadonlySet<number> | undefined): boolean {
    if (needed === undefined) return true
    const { tracks } = this.records
    for (const track of needed) if (tracks.find(track).at >= 0) return true
    return false
  }

  /** The profile says otherwise: what depends on these fields waits anew. */
  changed(fields: ReadonlySet<ProfileField>): void {
    this.timers.forEach((timer, number) => {
      if (dependsOn(timer, fields)) clearState(this.records.states, this.edgeWords, 'due', number)
    })
  }

  private wait(timer: CalendarTimer, number: number, after: number, lastDay?: number): void {
    const day = nextDayOf(timer, this, after, lastDay)
    if (typeof day === 'number') {
      setState(this.records.states, this.edgeWords, 'due', number, day)
      return
    }
    clearState(this.records.states, this.edgeWords, 'due', number)
    if (day === 'calendar-ends') this.counters.calendarEnds++
  }

  // ---- what is due

  /** When the earliest may be decided: its instant, and the grace that it waits. `settleGrace`: of settled rules. */
  nextDue(settleGrace: number): number {
    let due = Number.POSITIVE_INFINITY
    const { timers, zone } = this
    const days = this.dueDays()
    for (let number = 0; number < timers.length; number++) {
      const day = days[number] as number
      if (day < 0 || notBefore(day) >= due) continue
      const timer = timers[number] as CalendarTimer
      due = Math.min(due, instantOfTimer(timer, day, zone) + (timer.lane === 1 ? settleGrace : timer.grace))
    }
    return due
  }

  /**
   * Takes the earliest of a lane that may be decided at `clock` and whose instant is before `before`; it then waits for its
   * next date. undefined: none.
   */
  take(lane: number, clock: number, before = Number.POSITIVE_INFINITY): TimerDue | undefined {
    let found = -1
    let least = before
    const { timers, zone } = this
    const days = this.dueDays()
    for (let number = 0; number < timers.length; number++) {
      const day = days[number] as number
      if (day < 0 || notBefore(day) > clock || notBefore(day) >= least) continue
      const timer = timers[number] as CalendarTimer
      if (timer.lane !== lane) continue
      const at = instantOfTimer(timer, day, zone)
      if (at + timer.grace > clock || at >= least) continue
      found = number
      least = at
    }
    const timer = timers[found]
    if (!timer) return undefined
    const day = days[found] as number
    this.wait(timer, found, least, day)
    return { timer, at: least, day }
  }

  /** Whether some of these rules wait for a date whose instant is before `until`. */
  waitsBefore(until: number, rules: readonly number[]): boolean {
    const { timers, zone } = this
    const days = this.dueDays()
    return timers.some((timer, number) => {
      const day = days[number] as number
      if (day < 0 || !timer.rules.some((rule) => rules.includes(rule))) return false
      return instantOfTimer(timer, day, zone) < until
    })
  }

  /** By timer, the day that it waits for; -1: none. Until the next call. */
  private dueDays(): Float64Array {
    const { length } = this.timers
    if (this.days.length !== length) this.days = new Float64Array(length)
    return statesOf(this.records.states, this.edgeWords, 'due', this.days)
  }
}

/** No zone's day begins sooner. */
const notBefore = (day: number): number => (day - 1) * dayMs

function dependsOn({ trigger }: CalendarTimer, fields: ReadonlySet<ProfileField>): boolean {
  if (trigger.kind === 'schedule') return trigger.every === 'billing-month' && fields.has('billing_day')
  const { kind } = trigger.date
  if (kind === 'billing-day') return fields.has('billing_day')
  if (kind === 'festival' || kind === 'day-set') return fields.has('calendar')
  return trigger.field !== undefined && fields.has(trigger.field)
}
