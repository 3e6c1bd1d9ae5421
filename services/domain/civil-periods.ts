/**
 * Civil periods as indexes, of days: whole numbers that grow by one from a period to the next, so that a window is a
 * difference of indexes. A day is its number from 1970-01-01; instants are turned into days by `TimeZone`, which has
 * the same periods of instants.
 */

/** A billing month begins on a day of the month which is the subscriber's own. */
export type PeriodUnit = 'hour' | 'day' | 'week' | 'month' | 'billing-month'

/** Weeks from Monday; week 0 holds 1970-01-01, a Thursday. */
export const weekOfDay = (day: number): number => Math.floor((day + 3) / 7)

/** The Monday with which a week begins. */
export const firstDayOfWeek = (week: number): number => week * 7 - 3

/** ISO weekday: 1 is Monday, 7 is Sunday. */
export const weekdayOf = (day: number): number => day - firstDayOfWeek(weekOfDay(day)) + 1

/*
 * Months of days and back without a Date, which costs ten times as much: Howard Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms", days_from_civil and civil_from_days. Years begin with March there, so that the leap day is the last.
 */
const daysOf400Years = 146_097
/** From 0000-03-01 to 1970-01-01. */
const epoch = 719_468

/** Months as year x 12 + month - 1: 2026-03 is 24314. */
export function monthOfDay(day: number): number {
  const era = Math.floor((day + epoch) / daysOf400Years)
  const dayOfEra = day + epoch - era * daysOf400Years
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const year = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  return (era * 400 + year) * 12 + Math.floor((5 * dayOfYear + 2) / 153) + 2
}

/** The first day of a month. */
export function firstDayOfMonth(month: number): number {
  const fromMarch = month - 2
  const year = Math.floor(fromMarch / 12)
  const dayOfYear = Math.floor((153 * (fromMarch - year * 12) + 2) / 5)
  return year * 365 + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) + dayOfYear - epoch
}

/** `dayOfMonth` 1..31 of a month, or its last day if it is shorter. */
export const dayInMonth = (month: number, dayOfMonth: number): number =>
  Math.min(firstDayOfMonth(month) + dayOfMonth, firstDayOfMonth(month + 1)) - 1
