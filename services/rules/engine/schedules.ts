import { dayInMonth, firstDayOfMonth, firstDayOfWeek, monthOfDay, weekOfDay } from '../../domain/civil-periods.ts'
import { dayMs, type TimeZone } from '../../domain/time-zones.ts'
import type { ScheduleTrigger } from '../ruleset.ts'

export type Schedule = Pick<ScheduleTrigger, 'every' | 'minuteOfDay'>

/** The instant at which a schedule is due on a local date (a day number). */
export const instantOnDay = (minuteOfDay: number, day: number, zone: TimeZone): number =>
  zone.instantOf(day * dayMs + minuteOfDay * 60_000)

/** Day number of the first period's first date whose instant is later than `after`. `billingDay` 1..31 */
export function nextScheduled(
  { every, minuteOfDay }: Schedule,
  zone: TimeZone,
  billingDay: number,
  after: number,
): number {
  // From the period before: at a change of zone or of the billing day a date may lie ahead of its period's index.
  let period = periodOf(every, zone.civilDay(after)) - 1
  for (;;) {
    const day = firstDayOf(every, period++, billingDay)
    if (instantOnDay(minuteOfDay, day, zone) > after) return day
  }
}

function periodOf(every: Schedule['every'], day: number): number {
  if (every === 'day') return day
  return every === 'week' ? weekOfDay(day) : monthOfDay(day)
}

function firstDayOf(every: Schedule['every'], period: number, billingDay: number): number {
  switch (every) {
    case 'day':
      return period
    case 'week':
      return firstDayOfWeek(period)
    case 'month':
      return firstDayOfMonth(period)
    case 'billing-month':
      return dayInMonth(period, billingDay)
  }
}
