import { civilPeriod, wallTime } from '../domain/civil-time.ts'
import { isoDate, timeZone } from '../domain/time-zones.ts'
import type { Budget, Reserve } from '../rules/budgets.ts'

/** A period of a budget: [begin, end), milliseconds since 1970. */
export interface Period {
  /** `2026-03-02`, `week-2026-03-02`, `2026-03` or `life`. */
  readonly id: string
  readonly begin: number
  /** Infinity: it never ends. */
  readonly end: number
}

/** The pool of what nobody is kept for. */
export const openPool = ''

/** The pool of a reserve: named by whom it is kept for, so that it is the same one when its share changes. */
export const poolOf = ({ segments }: Reserve): string => segments.join(' ')

/** The reserve of who is in these segments; the open pool, if there is none. */
export const poolFor = ({ reserves }: Budget, segments: readonly string[]): string => {
  const own = reserves.find((reserve) => reserve.segments.some((segment) => segments.includes(segment)))
  return own ? poolOf(own) : openPool
}

/** The period around an instant on the calendar of the zone: days of 23 and 25 hours are days. */
export function periodOf({ per }: Pick<Budget, 'per'>, zone: string, now: number): Period {
  if (per === 'life') return { id: 'life', begin: 0, end: Number.POSITIVE_INFINITY }
  const { start, end } = civilPeriod(per, now, zone)
  const date = isoDate(timeZone(zone).civilDay(start))
  const id = per === 'day' ? date : per === 'week' ? `week-${date}` : date.slice(0, 7)
  return { id, begin: start, end }
}

/** What may be granted of a period until an instant. */
export interface Allowance {
  /** In all, with what was granted before. */
  readonly paced: number
  /** Of that, by pool, what is kept for it. */
  readonly reserved: Readonly<Record<string, number>>
  /** When there is more for somebody within the period; null: not any more. */
  readonly nextAt: number | null
}

const hourMinutes = 60

/** Of a budget at an instant, on the wall clock of the zone. */
export function allowanceOf(budget: Budget, zone: string, now: number): Allowance {
  const { paced, nextAt } = pacedOf(budget, zone, now)
  const reserved: Record<string, number> = {}
  const opens: number[] = nextAt === null ? [] : [nextAt]
  for (const reserve of budget.reserves) {
    const end = openFrom(reserve, zone, now)
    if (now >= end) continue
    reserved[poolOf(reserve)] = Math.floor(paced * reserve.share)
    if (end < Number.POSITIVE_INFINITY) opens.push(end)
  }
  return { paced, reserved, nextAt: opens.length === 0 ? null : Math.min(...opens) }
}

/** From when on the reserve of the day around `now` is open to all; Infinity: it isn't while its period lasts. */
export const openFrom = ({ until }: Reserve, zone: string, now: number): number =>
  until === undefined ? Number.POSITIVE_INFINITY : wallTime(timeZone(zone).civilDay(now), until, zone, 'earlier')

/**
 * Each of the hours over which it is paced lets go of its share at its beginning, so that by the last one all is let go; what
 * is paced to the front, at twice the speed. What an hour lets go is rounded down: never more than its share of the whole.
 */
function pacedOf(
  budget: Budget,
  zone: string,
  now: number,
): { readonly paced: number; readonly nextAt: number | null } {
  const { amount, pacing, hours } = budget
  if (pacing === 'none') return { paced: amount, nextAt: null }
  const clock = timeZone(zone)
  const { begin, end } = periodOf(budget, zone, now)
  const first = clock.civilDay(begin)
  const days = Math.max(1, clock.civilDay(end - 1) + 1 - first)
  const perDay = Math.ceil((hours.end - hours.start) / hourMinutes)
  const all = days * perDay
  const steps = pacing === 'front' ? 2 : 1
  const sinceStart = clock.minuteOfDay(now) - hours.start
  const begunToday = sinceStart < 0 ? 0 : Math.min(perDay, Math.floor(sinceStart / hourMinutes) + 1)
  const begun = Math.max(0, (clock.civilDay(now) - first) * perDay + begunToday)
  const letGo = (hour: number) => Math.floor((amount * Math.min(all, steps * hour)) / all)
  const paced = letGo(begun)
  if (paced >= amount) return { paced: amount, nextAt: null }
  // The first hour by whose share another one of the amount is whole; it is looked for from just before it.
  let next = Math.max(begun + 1, Math.floor(((paced + 1) * all) / (amount * steps)))
  while (letGo(next) <= paced) next++
  const day = first + Math.floor((next - 1) / perDay)
  const minute = hours.start + ((next - 1) % perDay) * hourMinutes
  return { paced, nextAt: wallTime(day, minute, zone, 'earlier') }
}
