import { dayMs, dayNumber, type TimeZone } from '../../domain/time-zones.ts'
import type { Trigger } from '../ruleset.ts'

export type Anniversary = Extract<Trigger, { readonly kind: 'anniversary' }>

/** The instant at which the rule fires on a local date (a day number). */
export const instantOn = (rule: Anniversary, day: number, zone: TimeZone): number =>
  zone.instantOf(day * dayMs + rule.minuteOfDay * 60_000)

/**
 * Day number of the first local date whose instant is later than `after`. Birth and tenure are kept from the year after
 * them on; a contract's end from its own date on. 29 February is kept on `leapDay` in other years.
 */
export function nextAnniversary(rule: Anniversary, date: number, zone: TimeZone, after: number): number {
  const start = new Date(date * dayMs)
  const month = start.getUTCMonth() + 1
  const dayOfMonth = start.getUTCDate()
  const firstYear = start.getUTCFullYear() + (rule.field === 'contract_end' ? 0 : 1)
  const from = Math.max(firstYear, new Date(after + zone.offsetAt(after)).getUTCFullYear() - 1)
  for (let year = from; ; year++) {
    const day = dayIn(year, month, dayOfMonth, rule.leapDay)
    if (instantOn(rule, day, zone) > after) return day
  }
}

function dayIn(year: number, month: number, day: number, leapDay: Anniversary['leapDay']): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  if (month !== 2 || day !== 29 || isLeapYear) return dayNumber(year, month, day)
  return leapDay === '02-28' ? dayNumber(year, 2, 28) : dayNumber(year, 3, 1)
}
