import type { Calendar } from './calendar.ts'
import { dayInMonth, firstDayOfMonth, monthOfDay } from './civil-periods.ts'
import { type LunarBirthdayRule, lunarBirthday, lunarDays, lunarOf } from './lunar.ts'
import { dayMs, type TimeZone } from './time-zones.ts'

/** When special moments that come again are due. Days are numbers from 1970-01-01 of local dates. */
export type DateDefinition = DateKind & {
  /** Added to each date: -30 is thirty days before it, 7 is a week after it. */
  readonly offsetDays: number
  /** Local time of the day that results: 0..1439 minutes after midnight. */
  readonly minuteOfDay: number
}

type DateKind =
  /** The base date's month and day in each year; `fromYears` 0 begins with the base date itself, 1 a year later. */
  | { readonly kind: 'yearly'; readonly fromYears: number; readonly leapDay: '02-28' | '03-01' }
  /** The base date. */
  | { readonly kind: 'once' }
  /**
   * The nth day since the base date. Counted from one the base date is day 1, as the hundredth day (百日) is in Chinese
   * custom; from zero, day n is n days later.
   */
  | { readonly kind: 'nth-day'; readonly day: number; readonly counting: 'from-one' | 'from-zero' }
  /** Every `months` (1 or more) from the base date on, the first time after as many; 31 becomes a short month's last day. */
  | { readonly kind: 'every-months'; readonly months: number }
  /** A festival of the subscriber's calendar. */
  | { readonly kind: 'festival'; readonly festival: string }
  /** Each day of a day set of the subscriber's calendar, or the first one of days in a row. */
  | { readonly kind: 'day-set'; readonly set: string; readonly each: 'day' | 'run' }
  /** The day of each month on which the billing month begins; the base is that day (1..31), not a date. */
  | { readonly kind: 'billing-day' }
  /** The base date's lunar month and day in each lunar year, from `fromYears` lunar years later on. */
  | ({ readonly kind: 'lunar-birthday'; readonly fromYears: number } & LunarBirthdayRule)

/** A local date and the instant on it. */
export interface Due {
  readonly day: number
  readonly at: number
}

/** The instant of a local date (a number from 1970-01-01) in a zone; a time that doesn't exist is the first after it. */
export const instantOn = (definition: DateDefinition, day: number, zone: TimeZone): number =>
  zone.instantOf(day * dayMs + definition.minuteOfDay * 60_000)

/**
 * The first date whose instant is later than `after`. 'never' if none comes any more, if there is no base date where one
 * is needed (a day number; of billing-day the day of the month), or if the subscriber has no calendar or one without
 * that festival or set. 'calendar-ends' if the data of the calendar or of the lunar table do not reach.
 *
 * Who waits for a date keeps its day and asks `instantOn` for the instant: a change of zone then moves the instant and
 * leaves no date out. When it has fired, `lastDay` is that day, so that in a zone further west, where the same date is
 * still to come, it does not come again. Of two dates at one instant (a zone left the first out) the first one counts.
 */
export function nextDue(
  definition: DateDefinition,
  base: number | undefined,
  zone: TimeZone,
  calendar: Calendar | undefined,
  after: number,
  lastDay = Number.NEGATIVE_INFINITY,
): Due | 'never' | 'calendar-ends' {
  const { offsetDays } = definition
  // No earlier local date has an instant later than `after`.
  let previous = Math.max(zone.civilDay(after) - 1, lastDay) - offsetDays
  for (;;) {
    const found = nextDate(definition, base, calendar, previous)
    if (typeof found !== 'number') return found ?? 'never'
    const day = found + offsetDays
    const at = instantOn(definition, day, zone)
    if (at > after) return { day, at }
    previous = found
  }
}

/** About the year 10,000: beyond it is no date of anybody's, and behind it the arithmetic of dates ends. */
const baseMost = 2_932_896

/** The first date later than `previous`, without offset; undefined if there is none. */
function nextDate(
  definition: DateDefinition,
  base: number | undefined,
  calendar: Calendar | undefined,
  previous: number,
): number | 'calendar-ends' | undefined {
  if (definition.kind === 'festival') return calendar?.nextFestival(definition.festival, previous)
  if (definition.kind === 'day-set') return calendar?.nextInSet(definition.set, previous, definition.each)
  if (base === undefined || !(Math.abs(base) <= baseMost)) return undefined
  switch (definition.kind) {
    case 'yearly':
      return nextAnniversary(base, definition.fromYears, definition.leapDay, previous)
    case 'once':
      return base > previous ? base : undefined
    case 'nth-day': {
      const day = base + definition.day - (definition.counting === 'from-one' ? 1 : 0)
      return day > previous ? day : undefined
    }
    case 'every-months':
      return nextMonthly(base, definition.months, previous)
    case 'billing-day':
      return nextInMonths(monthOfDay(previous), 1, base, previous)
    case 'lunar-birthday':
      return nextLunarBirthday(base, definition.fromYears, definition, previous)
  }
}

function nextAnniversary(base: number, fromYears: number, leapDay: '02-28' | '03-01', previous: number): number {
  const month = monthOfDay(base)
  const from = Math.max(month + fromYears * 12, sameMonthOfYear(month, monthOfDay(previous)))
  const dayOfMonth = dayOfMonthOf(base)
  const movesOn = leapDay === '03-01' && month % 12 === 1 && dayOfMonth === 29
  for (let at = from; ; at += 12) {
    const kept = dayInMonth(at, dayOfMonth)
    const day = movesOn && dayOfMonthOf(kept) !== 29 ? kept + 1 : kept
    if (day > previous) return day
  }
}

/** The last month of the year's same name that isn't later than `other`. */
const sameMonthOfYear = (month: number, other: number): number => other - ((((other - month) % 12) + 12) % 12)

function nextMonthly(base: number, months: number, previous: number): number {
  const month = monthOfDay(base)
  const periods = Math.max(1, Math.floor((monthOfDay(previous) - month) / months))
  return nextInMonths(month + periods * months, months, dayOfMonthOf(base), previous)
}

/** A day of each `months`th month from `month` on. */
function nextInMonths(month: number, months: number, dayOfMonth: number, previous: number): number {
  for (let at = month; ; at += months) {
    const day = dayInMonth(at, dayOfMonth)
    if (day > previous) return day
  }
}

function nextLunarBirthday(
  base: number,
  fromYears: number,
  rule: LunarBirthdayRule,
  previous: number,
): number | 'calendar-ends' {
  const birth = lunarOf(base)
  if (birth === 'calendar-ends') return birth
  const now = lunarOf(Math.max(previous, lunarDays.from))
  if (now === 'calendar-ends') return now
  for (let year = Math.max(birth.year + fromYears, now.year); ; year++) {
    const day = lunarBirthday(birth, year, rule)
    if (day === 'calendar-ends' || (day !== undefined && day > previous)) return day
  }
}

const dayOfMonthOf = (day: number): number => day - firstDayOfMonth(monthOfDay(day)) + 1
