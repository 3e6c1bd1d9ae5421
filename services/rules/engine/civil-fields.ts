import { firstDayOfMonth } from '../../domain/civil-periods.ts'
import type { TimeZone } from '../../domain/time-zones.ts'
import type { NowField } from '../expression.ts'

/** Where civil time is asked for: the subscriber's zone and calendar. */
export interface CivilPlace {
  readonly zone: TimeZone
  /** 1: the day (number) is a working day, 0: it isn't, NaN: not known. */
  workday(day: number): number
}

/** Civil time of an instant, as conditions see it (see `NowField`). */
export const civilFields: Readonly<Record<NowField, (place: CivilPlace, at: number) => number>> = {
  date: ({ zone }, at) => zone.civilDay(at),
  month: ({ zone }, at) => modulo(zone.civilMonth(at), 12) + 1,
  day_of_month: ({ zone }, at) => zone.civilDay(at) - firstDayOfMonth(zone.civilMonth(at)) + 1,
  weekday: ({ zone }, at) => zone.weekday(at),
  hour: ({ zone }, at) => Math.floor(zone.minuteOfDay(at) / 60),
  minute_of_day: ({ zone }, at) => zone.minuteOfDay(at),
  workday: (place, at) => place.workday(place.zone.civilDay(at)),
}

const modulo = (value: number, by: number): number => value - Math.floor(value / by) * by
