/**
 * Civil periods as indexes, of days: whole numbers that grow by one from a period to the next, so that a window is a
 * difference of indexes. A day is its number from 1970-01-01; instants are turned into days by `TimeZone`, which has
 * the same periods of instants.
 */

/** A billing month begins on a day of the month which is the subscriber's own. */
export type PeriodUnit = 'hour' | 'day' | 'week' | 'month' | 'billing-month'

const dayMs = 86_400_000

/** Weeks from Monday; week 0 holds 1970-01-01, a Thursday. */
export const weekOfDay = (day: number): number => Math.floor((day + 3) / 7)

/** The Monday with which a week begins. */
export const firstDayOfWeek = (week: number): number => week * 7 - 3

/** ISO weekday: 1 is Monday, 7 is Sunday. */
export const weekdayOf = (day: number): number => day - firstDayOfWeek(weekOfDay(day)) + 1

/** Months as year x 12 + month - 1: 2026-03 is 24314. */
export function monthOfDay(day: number): number {
  const date = new Date(day * dayMs)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** The first day of a month. */
export function firstDayOfMonth(month: number): number {
  const year = Math.floor(month / 12)
  // Date.UTC takes the years before 100 for those of the twentieth century.
  return new Date(0).setUTCFullYear(year, month - year * 12, 1) / dayMs
}

/** `dayOfMonth` 1..31 of a month, or its last day if it is shorter. */
export const dayInMonth = (month: number, dayOfMonth: number): number =>
  Math.min(firstDayOfMonth(month) + dayOfMonth, firstDayOfMonth(month + 1)) - 1
