import { Temporal } from 'temporal-polyfill'

/** Times of day as docs/contact-policy.md and SEMANTICS tell them: by Temporal, and by nothing of the engine. */

/** [start, end) in minutes of the wall clock; an end that isn't behind the start is one of the next day. */
export interface Band {
  readonly start: number
  readonly end: number
}

export const dateAt = (at: number, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate()

export const dateOf = (text: string): Temporal.PlainDate => Temporal.PlainDate.from(text)

/** The first instant of a day. */
export const startOf = (date: Temporal.PlainDate, zone: string): number =>
  date.toZonedDateTime({ timeZone: zone }).epochMilliseconds

const instants = new Map<string, number>()

/** Of a time that the clock shows twice, the one that is asked for; of one that it leaves out, the first instant after. */
function instantOf(date: Temporal.PlainDate, minute: number, zone: string, ofTwo: 'earlier' | 'later'): number {
  const name = `${date} ${minute} ${zone} ${ofTwo}`
  const known = instants.get(name)
  if (known !== undefined) return known
  const wall = date.toPlainDateTime().add({ minutes: minute })
  const found = wall.toZonedDateTime(zone, { disambiguation: ofTwo })
  const exists = found.toPlainDateTime().equals(wall)
  const before = exists ? found : wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  const instant = exists ? found : before.getTimeZoneTransition('next')
  const at = (instant ?? before).epochMilliseconds
  if (instants.size > 100_000) instants.clear()
  instants.set(name, at)
  return at
}

/** Whether a band is on at the instant, which belongs to the day on which it starts, if that is one of those. */
export function isOn(
  { start, end }: Band,
  at: number,
  zone: string,
  isItsDay: (date: Temporal.PlainDate) => boolean = () => true,
): boolean {
  const today = dateAt(at, zone)
  return [-2, -1, 0, 1].some((days) => {
    const date = today.add({ days })
    if (!isItsDay(date)) return false
    const from = instantOf(date, start, zone, 'earlier')
    const to = instantOf(end > start ? date : date.add({ days: 1 }), end, zone, 'later')
    return from <= at && at < to
  })
}

export type Period = 'day' | 'week' | 'month' | 'billing-month' | 'year'

/** Two instants are of the same period where this is the same. */
export function periodOf(at: number, period: Period, zone: string, billingDay: number): string {
  const date = dateAt(at, zone)
  switch (period) {
    case 'day':
      return date.toString()
    case 'week':
      return date.subtract({ days: date.dayOfWeek - 1 }).toString()
    case 'month':
      return date.toPlainYearMonth().toString()
    case 'billing-month': {
      const hasBegun = date.day >= Math.min(billingDay, date.daysInMonth)
      return (hasBegun ? date : date.subtract({ months: 1 })).toPlainYearMonth().toString()
    }
    case 'year':
      return String(date.year)
  }
}

/** The day on which somebody is so old; who was born on 29 February is on 1 March in a year without it. */
export function birthday(born: string, years: number): Temporal.PlainDate {
  const date = dateOf(born)
  const later = date.add({ years })
  return later.day === date.day ? later : later.add({ days: 1 })
}

export const dayNumberOf = (date: Temporal.PlainDate): number =>
  Temporal.PlainDate.from('1970-01-01').until(date, { largestUnit: 'days' }).days

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

export const weekdayOf = (date: Temporal.PlainDate): string => weekdays[date.dayOfWeek - 1] ?? ''
