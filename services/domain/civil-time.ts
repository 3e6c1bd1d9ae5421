import { Temporal } from 'temporal-polyfill'

/**
 * Civil time: instants (milliseconds since 1970-01-01T00:00Z) seen on the calendar and the wall clock of an IANA zone.
 * Days of 23 and 25 hours, and dates that a zone skipped, are as the time-zone database says.
 */

export type CivilUnit = 'day' | 'week' | 'month'

/** The zone's name is one that this runtime knows. */
export function isTimeZone(zone: string): boolean {
  const known = zones.get(zone)
  if (known !== undefined) return known
  let valid = true
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
  } catch {
    valid = false
  }
  if (zones.size >= zonesRemembered) zones.clear()
  zones.set(zone, valid)
  return valid
}
const zones = new Map<string, boolean>()
/** More than the database has; names that come from outside must not fill the memory. */
const zonesRemembered = 2000

/** The civil date YYYY-MM-DD on which the instant falls. @throws RangeError for an unknown zone */
export function localDate(at: number, zone: string): string {
  return zoned(at, zone).toPlainDate().toString()
}

/**
 * [start, end) of the civil day, week (from Monday) or month around an instant. A civil unit begins with the first
 * instant of its first day, also where midnight doesn't exist. @throws RangeError for an unknown zone
 */
export function civilPeriod(
  unit: CivilUnit,
  at: number,
  zone: string,
): { readonly start: number; readonly end: number } {
  const day = zoned(at, zone).toPlainDate()
  const first =
    unit === 'day' ? day : unit === 'week' ? day.subtract({ days: day.dayOfWeek - 1 }) : day.with({ day: 1 })
  const next = first.add(unit === 'day' ? { days: 1 } : unit === 'week' ? { days: 7 } : { months: 1 })
  return { start: startOfDay(first, zone), end: startOfDay(next, zone) }
}

/**
 * The instant at which the wall clock shows the time: `minuteOfDay` (0..1439) of the date YYYY-MM-DD. A wall time that
 * doesn't exist means the first instant after the gap; of one that exists twice, `repeated` says which.
 * @throws RangeError for an unknown zone or a date that isn't one
 */
export function wallTime(date: string, minuteOfDay: number, zone: string, repeated: 'earlier' | 'later'): number {
  return wallTimeOf(Temporal.PlainDate.from(date), minuteOfDay, zone, repeated)
}

/** The date `days` after YYYY-MM-DD. @throws RangeError for a date that isn't one */
export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString()
}

const zoned = (at: number, zone: string) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)

const startOfDay = (day: Temporal.PlainDate, zone: string) => wallTimeOf(day, 0, zone, 'earlier')

function wallTimeOf(day: Temporal.PlainDate, minuteOfDay: number, zone: string, repeated: 'earlier' | 'later'): number {
  const wall = day.toPlainDateTime({ hour: Math.floor(minuteOfDay / 60), minute: minuteOfDay % 60 })
  const found = wall.toZonedDateTime(zone, { disambiguation: repeated })
  if (found.toPlainDateTime().equals(wall)) return found.epochMilliseconds
  // In a gap Temporal moves by the gap's length. Read with the offset after the gap it lands before the gap, and the
  // next transition is the gap's end.
  const before = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  return (before.getTimeZoneTransition('next') ?? before).epochMilliseconds
}
