import { isCoded } from './errors.ts'
import { dayMs, isoDate, timeZone } from './time-zones.ts'

/**
 * Civil time: instants (milliseconds since 1970-01-01T00:00Z) seen on the calendar and the wall clock of an IANA zone.
 * Days are numbers: days from 1970-01-01. Days of 23 and 25 hours, and dates that a zone skipped, are as the time-zone
 * database says.
 */

export type CivilUnit = 'day' | 'week' | 'month' | 'billing-month' | 'year'

/** An IANA name that this runtime's data has; offsets such as +01:00 are none, as they know no daylight saving. */
export function isTimeZone(zone: string): boolean {
  if (zone.length > 64 || !/^[A-Za-z]/.test(zone)) return false
  try {
    timeZone(zone)
    return true
  } catch (error) {
    if (isCoded(error, 'KM_TIME_ZONE_UNKNOWN')) return false
    throw error
  }
}

/** The civil date YYYY-MM-DD on which the instant falls. @throws CodedError KM_TIME_ZONE_UNKNOWN */
export const localDate = (at: number, zone: string): string => isoDate(timeZone(zone).civilDay(at))

/**
 * [start, end) of the civil day, week (from Monday), month, billing month or year around an instant. A civil unit begins with
 * the first instant of its first day, also where midnight doesn't exist. `billingDay` (1..31) is read for billing months only.
 * @throws CodedError KM_TIME_ZONE_UNKNOWN
 */
export function civilPeriod(
  unit: CivilUnit,
  at: number,
  zone: string,
  billingDay = 1,
): { readonly start: number; readonly end: number } {
  const found = timeZone(zone)
  if (unit === 'year') {
    const january = 12 * Math.floor(found.civilMonth(at) / 12)
    return { start: found.startOf('month', january), end: found.startOf('month', january + 12) }
  }
  const index = found.periodOf(unit, at, billingDay)
  return { start: found.startOf(unit, index, billingDay), end: found.startOf(unit, index + 1, billingDay) }
}

/**
 * The instant at which the wall clock shows `minuteOfDay` (0..1439) on a day. A wall time that doesn't exist means the
 * first instant after the gap; of one that exists twice, `repeated` says which. @throws CodedError KM_TIME_ZONE_UNKNOWN
 */
export function wallTime(day: number, minuteOfDay: number, zone: string, repeated: 'earlier' | 'later'): number {
  const local = day * dayMs + minuteOfDay * 60_000
  const found = timeZone(zone)
  const earlier = found.instantOf(local)
  if (repeated === 'earlier') return earlier
  // What exists twice comes again when the offset has fallen, by as much later as it falls.
  const fall = found.offsetAt(earlier) - found.offsetAt(earlier + dayMs)
  return fall > 0 && earlier + fall + found.offsetAt(earlier + fall) === local ? earlier + fall : earlier
}
