import type { Calendar } from './calendar.ts'
import { weekdayOf } from './civil-periods.ts'
import { wallTime } from './civil-time.ts'
import { dayMs, timeZone } from './time-zones.ts'

/** Kinds of days: the weekdays from Monday, and holidays, which are the days off that a calendar announces. */
export const dayTypes = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
  'holiday',
] as const
export type DayType = (typeof dayTypes)[number]

/**
 * [start, end) in minutes after local midnight, start 0..1439, end 1..1440. It belongs to the day on which it starts; one
 * whose end isn't behind its start goes on until that time of the next day.
 */
export interface Band {
  readonly start: number
  readonly end: number
}

/** These times of day on days of these types. None named: the whole day, every day. */
export interface BlockedTimes {
  readonly days: readonly DayType[]
  readonly bands: readonly Band[]
}

/**
 * On whose wall clocks (all of these block: it isn't known in which zone of a country somebody is) and by whose holidays; no
 * calendar: it isn't known which days are holidays.
 */
export interface CivilPlace {
  readonly zones: readonly string[]
  readonly calendar: Calendar | undefined
}

/** "21:00-24:00" or "22:00-06:00"; undefined for anything else. */
export function parseBand(text: string): Band | undefined {
  const [, fromHour, fromMinute, toHour, toMinute] = bandPattern.exec(text) ?? []
  if (fromHour === undefined) return undefined
  const end = toHour === undefined ? 0 : Number(toHour) * 60 + Number(toMinute)
  return { start: Number(fromHour) * 60 + Number(fromMinute), end: end === 0 ? minutesOfDay : end }
}

const minutesOfDay = 1440
const bandPattern = /^([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)$/

/** Blocks that together don't end within this time have no end that anybody could wait for. */
const horizonMs = 15 * dayMs

/**
 * The instant from which nothing of this blocks, if something does at `at`; null: not within two weeks; undefined: nothing
 * blocks. Blocks that touch or overlap count as one. Start and end are as of quiet hours: of a time that the wall clock
 * shows twice a start takes the earlier and an end the later; one that it skips is the first instant after the gap.
 * A day may be a holiday, and counts as one, where the calendar doesn't say. @throws CodedError KM_TIME_ZONE_UNKNOWN
 */
export function blockedUntil(
  blocks: readonly BlockedTimes[],
  place: CivilPlace,
  at: number,
): number | null | undefined {
  let until = at
  for (let moved = true; moved; ) {
    let end = until
    for (const [from, to] of occurrences(blocks, place, until, 1)) if (from <= until && to > end) end = to
    moved = end > until
    until = end
    if (until - at > horizonMs) return null
  }
  return until > at ? until : undefined
}

/** The first instant after `at` at which a block begins; Infinity if none does within eight days, longer than a moment lives. */
export function nextBlockedStart(blocks: readonly BlockedTimes[], place: CivilPlace, at: number): number {
  let next = Number.POSITIVE_INFINITY
  for (const [from, to] of occurrences(blocks, place, at, 8)) if (from > at && from < to && from < next) next = from
  return next
}

/** Whether nobody works on that day; undefined: the calendar doesn't say. */
export function isHoliday(calendar: Calendar | undefined, day: number): boolean | undefined {
  const kind = calendar?.dayKind(day) ?? 'calendar-ends'
  return kind === 'calendar-ends' ? undefined : kind === 'day-off'
}

type Occurrence = readonly [from: number, to: number]

/**
 * Blocks that belong to the civil date of `at`, to the date before, or to up to `days` after it: where the clock is put back
 * over midnight the date after has been there already.
 */
function occurrences(blocks: readonly BlockedTimes[], { zones, calendar }: CivilPlace, at: number, days: number) {
  const found: Occurrence[] = []
  if (blocks.length === 0) return found
  for (const zone of zones) {
    const today = timeZone(zone).civilDay(at)
    for (let day = today - 1; day <= today + days; day++) {
      for (const { days: types, bands } of blocks) {
        if (!isOneOf(types, day, calendar)) continue
        for (const { start, end } of bands.length === 0 ? wholeDay : bands) {
          const endDay = start < end ? day : day + 1
          found.push([wallTime(day, start, zone, 'earlier'), endOf(endDay, end, zone)])
        }
      }
    }
  }
  return found
}

const wholeDay: readonly Band[] = [{ start: 0, end: minutesOfDay }]

const endOf = (day: number, minute: number, zone: string): number =>
  minute === minutesOfDay ? wallTime(day + 1, 0, zone, 'later') : wallTime(day, minute, zone, 'later')

function isOneOf(types: readonly DayType[], day: number, calendar: Calendar | undefined): boolean {
  if (types.length === 0) return true
  const weekday = dayTypes[weekdayOf(day) - 1]
  if (weekday !== undefined && types.includes(weekday)) return true
  return types.includes('holiday') && isHoliday(calendar, day) !== false
}
