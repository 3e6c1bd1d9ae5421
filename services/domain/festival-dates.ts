import { dayInMonth, firstDayOfMonth, firstDayOfWeek, monthOfDay, weekOfDay } from './civil-periods.ts'
import { dayOfLunar, lunarDays, lunarMonthDays, lunarOf } from './lunar.ts'

/** Days from `from` to `to`, both of them in it; numbers from 1970-01-01. */
export interface DaySpan {
  readonly from: number
  readonly to: number
}

/** The days on which a festival falls. */
export type FestivalDates =
  /** A date of the Gregorian year; `month` 1..12. */
  | { readonly kind: 'yearly'; readonly month: number; readonly day: number }
  /** The nth (1..4) or last weekday (ISO 1..7) of a month, like the second Sunday of May. */
  | { readonly kind: 'weekday'; readonly month: number; readonly weekday: number; readonly nth: number | 'last' }
  /** A date of the Chinese lunar year; in a leap month, which has the number of the one before it, it doesn't come again. */
  | { readonly kind: 'lunar'; readonly month: number; readonly day: number | 'last' }
  /** As somebody announced or computed them, in order; nothing is known outside of `covers`. */
  | { readonly kind: 'listed'; readonly covers: DaySpan; readonly days: readonly number[] }

/** The first day of a festival later than `after`; 'calendar-ends' if the data do not say. */
export function nextFestivalDay(dates: FestivalDates, after: number): number | 'calendar-ends' {
  switch (dates.kind) {
    case 'yearly':
      return nextInYears(after, (year) => dayInMonth(year * 12 + dates.month - 1, dates.day))
    case 'weekday':
      return nextInYears(after, (year) => weekdayInMonth(year * 12 + dates.month - 1, dates.weekday, dates.nth))
    case 'lunar':
      return nextLunar(dates.month, dates.day, after)
    case 'listed': {
      if (after + 1 < dates.covers.from) return 'calendar-ends'
      return dates.days.find((day) => day > after) ?? 'calendar-ends'
    }
  }
}

/** The days about which the dates say something; Gregorian ones say it for all. */
export function festivalCovers(dates: FestivalDates): DaySpan {
  if (dates.kind === 'listed') return dates.covers
  return dates.kind === 'lunar' ? lunarDays : { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
}

function nextInYears(after: number, dayIn: (year: number) => number): number {
  const year = Math.floor(monthOfDay(after) / 12)
  const day = dayIn(year)
  return day > after ? day : dayIn(year + 1)
}

function weekdayInMonth(month: number, weekday: number, nth: number | 'last'): number {
  const first = nth === 'last' ? firstDayOfMonth(month + 1) - 7 : firstDayOfMonth(month) + (nth - 1) * 7
  // The one of seven days from `first` on.
  const sameWeek = firstDayOfWeek(weekOfDay(first)) + weekday - 1
  return sameWeek < first ? sameWeek + 7 : sameWeek
}

function nextLunar(month: number, day: number | 'last', after: number): number | 'calendar-ends' {
  const from = lunarOf(after + 1)
  if (from === 'calendar-ends') return from
  for (const year of [from.year, from.year + 1]) {
    const found = lunarDayIn(year, month, day)
    if (found === 'calendar-ends' || found > after) return found
  }
  return 'calendar-ends'
}

function lunarDayIn(year: number, month: number, day: number | 'last'): number | 'calendar-ends' {
  const days = day === 'last' ? lunarMonthDays(year, month, false) : day
  if (days === undefined || days === 'calendar-ends') return 'calendar-ends'
  return dayOfLunar(year, month, false, days) ?? 'calendar-ends'
}
