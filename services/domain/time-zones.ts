import { Temporal } from 'temporal-polyfill'
import {
  dayInMonth,
  firstDayOfMonth,
  firstDayOfWeek,
  monthOfDay,
  type PeriodUnit,
  weekdayOf,
  weekOfDay,
} from './civil-periods.ts'
import { CodedError } from './errors.ts'

export const dayMs = 86_400_000
const hourMs = 3_600_000
const minuteMs = 60_000

/**
 * Civil time in one zone. Offsets are looked up in intervals between the zone's transitions; each interval is found once
 * (slow, through Temporal) and kept, and the one used last is tried first, so that the hot path is two comparisons. The
 * month used last is kept too: what is asked for an instant costs some nanoseconds and allocates nothing.
 *
 * The periods of an instant are read from the wall clock: of an hour that exists twice both are the same civil hour, and
 * the day that has it is longer. A period begins at `startOf` and ends where the next one begins. Where the clock was
 * put back over the beginning of a period to before it (by two hours in Antarctica/Troll; over midnight, in
 * America/St_Johns until 2011), what comes again has the index that it had: an index may fall for that long.
 */
export class TimeZone {
  readonly name: string
  /** Interval used last: [from, to) has `offset`. */
  private from = Number.POSITIVE_INFINITY
  private to = Number.NEGATIVE_INFINITY
  private offset = 0
  /** Month used last: the days [monthFrom, monthTo). */
  private month = 0
  private monthFrom = 0
  private monthTo = 0
  /** All intervals met so far, by start; parallel arrays. */
  private readonly starts: number[] = []
  private readonly ends: number[] = []
  private readonly offsets: number[] = []

  /** @throws CodedError KM_TIME_ZONE_UNKNOWN */
  constructor(name: string) {
    this.name = name
    this.find(0)
  }

  /** Milliseconds to add to UTC at the instant `t`. */
  offsetAt(t: number): number {
    if (t >= this.from && t < this.to) return this.offset
    return this.find(t)
  }

  /** Whether all of [from, to) has the offset that was asked for last. */
  isSteady(from: number, to: number): boolean {
    return from >= this.from && to <= this.to
  }

  /** Days from 1970-01-01 to the local date at the instant `t`. */
  civilDay(t: number): number {
    return Math.floor((t + this.offsetAt(t)) / dayMs)
  }

  /** Hours from 1970-01-01T00 local. Where an offset isn't of whole hours, they still begin on the wall clock's. */
  civilHour(t: number): number {
    return Math.floor((t + this.offsetAt(t)) / hourMs)
  }

  /** Weeks from Monday, as an index; week 0 holds 1970-01-01. */
  civilWeek(t: number): number {
    return weekOfDay(this.civilDay(t))
  }

  /** year x 12 + month - 1 of the local date. */
  civilMonth(t: number): number {
    return this.useMonth(this.civilDay(t))
  }

  /**
   * The month (as of `civilMonth`) in which the billing month around `t` began. `billingDay` 1..31; a billing month that
   * begins on a day which the month doesn't have begins on its last one (SEMANTICS, time 3).
   */
  billingMonth(t: number, billingDay: number): number {
    const day = this.civilDay(t)
    const month = this.useMonth(day)
    const begins = Math.min(this.monthFrom + billingDay, this.monthTo) - 1
    return day < begins ? month - 1 : month
  }

  /** Minutes shown by the wall clock: 0..1439. */
  minuteOfDay(t: number): number {
    const local = t + this.offsetAt(t)
    return Math.floor((local - Math.floor(local / dayMs) * dayMs) / minuteMs)
  }

  /** ISO weekday of the local date: 1 is Monday, 7 is Sunday. */
  weekday(t: number): number {
    return weekdayOf(this.civilDay(t))
  }

  /** The index of the period around `t`; `billingDay` (1..31) is read for billing months only. */
  periodOf(unit: PeriodUnit, t: number, billingDay = 1): number {
    switch (unit) {
      case 'hour':
        return this.civilHour(t)
      case 'day':
        return this.civilDay(t)
      case 'week':
        return this.civilWeek(t)
      case 'month':
        return this.civilMonth(t)
      case 'billing-month':
        return this.billingMonth(t, billingDay)
    }
  }

  /**
   * The instant at which a period begins, the first whose index is `index` or more: after a gap if the clock leaves its
   * beginning out; of a beginning that exists twice, the earlier. A period that the zone left out as a whole
   * (2011-12-30 in Pacific/Apia) begins and ends at once.
   */
  startOf(unit: PeriodUnit, index: number, billingDay = 1): number {
    switch (unit) {
      case 'hour':
        return this.instantOf(index * hourMs)
      case 'day':
        return this.instantOf(index * dayMs)
      case 'week':
        return this.instantOf(firstDayOfWeek(index) * dayMs)
      case 'month':
        return this.instantOf(firstDayOfMonth(index) * dayMs)
      case 'billing-month':
        return this.instantOf(dayInMonth(index, billingDay) * dayMs)
    }
  }

  /**
   * The instant at which the wall clock shows `local` (milliseconds since 1970-01-01T00:00 local). A wall time that
   * doesn't exist means the first instant after the gap; of one that exists twice, the earlier (SEMANTICS, time 4).
   */
  instantOf(local: number): number {
    // The offset within a day on either side covers every transition that can concern this wall time.
    const before = this.offsetAt(local - dayMs)
    const after = this.offsetAt(local + dayMs)
    const early = local - Math.max(before, after)
    const late = local - Math.min(before, after)
    if (early + this.offsetAt(early) === local) return early
    if (late + this.offsetAt(late) === local) return late
    // In a gap: the transition lies between the two candidates.
    this.offsetAt(early)
    return this.to
  }

  private useMonth(day: number): number {
    if (day < this.monthFrom || day >= this.monthTo) {
      this.month = monthOfDay(day)
      this.monthFrom = firstDayOfMonth(this.month)
      this.monthTo = firstDayOfMonth(this.month + 1)
    }
    return this.month
  }

  private find(t: number): number {
    const { starts } = this
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] as number) <= t) low = middle + 1
      else high = middle
    }
    if (low > 0 && t < (this.ends[low - 1] as number)) return this.use(low - 1)
    return this.add(low, t)
  }

  private use(i: number): number {
    this.from = this.starts[i] as number
    this.to = this.ends[i] as number
    this.offset = this.offsets[i] as number
    return this.offset
  }

  private add(at: number, t: number): number {
    const here = zonedAt(this.name, t)
    // 'previous' is strictly before, so that it is asked one millisecond on.
    const start = zonedAt(this.name, t + 1).getTimeZoneTransition('previous')?.epochMilliseconds
    const end = here.getTimeZoneTransition('next')?.epochMilliseconds
    this.starts.splice(at, 0, start ?? Number.NEGATIVE_INFINITY)
    this.ends.splice(at, 0, end ?? Number.POSITIVE_INFINITY)
    this.offsets.splice(at, 0, here.offsetNanoseconds / 1e6)
    return this.use(at)
  }
}

function zonedAt(name: string, t: number): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(Math.floor(t)).toZonedDateTimeISO(name)
  } catch (cause) {
    throw new CodedError('KM_TIME_ZONE_UNKNOWN', `no time zone '${name}'; use an IANA name like Asia/Shanghai`, {
      cause,
    })
  }
}

/** There are about 600 names, but each also in any case of letters. */
const knownMost = 2_000
const known = new Map<string, TimeZone>()

/** The zone of an IANA name; kept, so that its transitions are looked up once. @throws CodedError KM_TIME_ZONE_UNKNOWN */
export function timeZone(name: string): TimeZone {
  let zone = known.get(name)
  if (!zone) {
    zone = new TimeZone(name)
    if (known.size < knownMost) known.set(name, zone)
  }
  return zone
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar; month 1..12. */
export const dayNumber = (year: number, month: number, day: number): number =>
  Math.floor(Date.UTC(year, month - 1, day) / dayMs)

let lastDay = Number.NaN
let lastDate = ''

/** 'YYYY-MM-DD' of a day number. The last one is kept: most that is asked is of today. */
export function isoDate(day: number): string {
  if (day !== lastDay) {
    lastDate = new Date(day * dayMs).toISOString().slice(0, 10)
    lastDay = day
  }
  return lastDate
}
