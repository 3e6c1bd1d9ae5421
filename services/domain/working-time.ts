import type { Band } from './blocked-times.ts'
import type { Calendar } from './calendar.ts'
import { weekdayOf } from './civil-periods.ts'
import { wallTime } from './civil-time.ts'
import { timeZone } from './time-zones.ts'

/** When somebody works: a part of the day that doesn't cross midnight, on working days of a calendar or on all. */
export interface WorkingTime {
  readonly band: Band
  readonly days: 'working-days' | 'every-day'
}

/** On whose wall clock, and by whose holidays; no calendar: Saturdays and Sundays are the only days off. */
export interface WorkingPlace {
  readonly zone: string
  readonly calendar: Calendar | undefined
}

/** Longer than any length that is asked for, a year's holidays included. */
const daysMost = 1_000
const saturday = 6

/**
 * The instant at which `length` milliseconds of working time have passed since `from`. Where the calendar's data end, its weekends
 * alone are off: what is due comes early rather than late. Days of 23 and 25 hours count with the hours that they have.
 * @throws CodedError KM_TIME_ZONE_UNKNOWN; RangeError: nobody works within a thousand days
 */
export function afterWorkingTime(
  from: number,
  length: number,
  { band, days }: WorkingTime,
  { zone, calendar }: WorkingPlace,
): number {
  const today = timeZone(zone).civilDay(from)
  let left = length
  for (let day = today; day < today + daysMost; day++) {
    if (days === 'working-days' && !isWorkingDay(day, calendar)) continue
    const opens = Math.max(from, wallTime(day, band.start, zone, 'earlier'))
    const closes =
      band.end === minutesOfDay ? wallTime(day + 1, 0, zone, 'later') : wallTime(day, band.end, zone, 'later')
    const worked = Math.max(0, closes - opens)
    if (left <= worked && worked > 0) return opens + left
    left -= worked
  }
  throw new RangeError(`no end of ${length} ms of working time within ${daysMost} days`)
}

const minutesOfDay = 1440

function isWorkingDay(day: number, calendar: Calendar | undefined): boolean {
  const known = calendar?.isWorkingDay(day) ?? 'calendar-ends'
  if (known !== 'calendar-ends') return known
  return calendar ? !calendar.weekend.includes(weekdayOf(day)) : weekdayOf(day) < saturday
}
