import type { Calendar } from '../../domain/calendar.ts'
import { nextDue } from '../../domain/due-dates.ts'
import { deterministicId } from '../../domain/ids.ts'
import type { TimeZone } from '../../domain/time-zones.ts'
import type { EventType } from '../../topology.ts'
import { factorsReadBy } from '../reads.ts'
import type { DateField, DateTrigger, Rule, Ruleset, ScheduleTrigger } from '../ruleset.ts'
import type { LaneNumber, LanePlan } from './lane-plan.ts'
import { instantOnDay, nextScheduled } from './schedules.ts'

/** What rules wait for by the calendar, and which; rules of one lane that wait for the same share a timer. */
export interface CalendarTimer {
  /** Names it in the layout: what it waits for, and the content of the calendars if it asks them. */
  readonly key: string
  readonly lane: LaneNumber
  readonly trigger: ScheduleTrigger | DateTrigger
  /** Places in the ruleset. */
  readonly rules: readonly number[]
  /** By `rules`: where none of these tracks holds something, the rule has nothing to look at; undefined: it looks at everybody. */
  readonly tracksOfRules: readonly (ReadonlySet<number> | undefined)[]
  /** Milliseconds that it is decided behind its instant, so that events on their way count. */
  readonly grace: number
  /** It waits only where one of these tracks holds something; undefined: for everybody. */
  readonly tracks: ReadonlySet<number> | undefined
}

/** What a timer asks of the record in hand. */
export interface CalendarPlace {
  readonly zone: TimeZone
  readonly billingDay: number
  readonly calendar: Calendar | undefined
  /** The day of the profile's field; undefined: not known. */
  dateOf(field: DateField): number | undefined
}

/** Timers of a ruleset, in the order of its rules. `graceOf` in milliseconds; settled rules wait by their lane instead. */
export function timersOf(
  ruleset: Ruleset,
  plans: readonly LanePlan[],
  graceOf: (type: EventType) => number,
): readonly CalendarTimer[] {
  const calendars = deterministicId('calendars', JSON.stringify(ruleset.calendars, plainly))
  const timers = new Map<string, CalendarTimer>()
  for (const plan of plans) {
    for (const place of plan.rules) {
      const rule = ruleset.rules[place] as Rule
      const trigger = calendarTriggerOf(rule)
      if (!trigger) continue
      const needs = needsOf(trigger, plan, graceOf)
      const { tracks } = needs
      const grace = plan.lane === 0 ? needs.grace : 0
      // A rule of another grace has a timer of its own, so that neither waits for what only the other one reads.
      const key = keyOf(plan.lane, trigger, grace, calendars)
      const known = timers.get(key)
      timers.set(key, {
        key,
        lane: plan.lane,
        trigger,
        rules: [...(known?.rules ?? []), place],
        tracksOfRules: [...(known?.tracksOfRules ?? []), tracks],
        grace,
        tracks: known ? united(known.tracks, tracks) : tracks,
      })
    }
  }
  return [...timers.values()]
}

function calendarTriggerOf({ trigger }: Rule): ScheduleTrigger | DateTrigger | undefined {
  if (trigger.kind === 'schedule' || trigger.kind === 'date') return trigger
  return trigger.kind === 'interval' && trigger.open.kind === 'date' ? trigger.open : undefined
}

function keyOf(lane: LaneNumber, trigger: ScheduleTrigger | DateTrigger, grace: number, calendars: string): string {
  if (trigger.kind === 'schedule') return `${lane} ${trigger.every} ${trigger.minuteOfDay} ${grace}`
  const { kind } = trigger.date
  const asks = kind === 'festival' || kind === 'day-set' ? calendars : ''
  return deterministicId('timer', String(lane), JSON.stringify(trigger.date), trigger.field ?? '', asks)
}

/** Maps as lists of entries: festivals and day sets are content. */
const plainly = (_key: string, value: unknown): unknown => (value instanceof Map ? [...value] : value)

/** A schedule reads factors: it waits for their events, and concerns who has some. A date concerns everybody. */
function needsOf(trigger: ScheduleTrigger | DateTrigger, plan: LanePlan, graceOf: (type: EventType) => number) {
  if (trigger.kind === 'date') return { grace: 0, tracks: undefined }
  const read = new Set([
    ...factorsReadBy(trigger.when),
    ...(trigger.edge?.rearm ? factorsReadBy(trigger.edge.rearm) : []),
  ])
  const factors = plan.factors.filter(({ factor }) => read.has(factor.id))
  const tracks = new Set(factors.flatMap((factor) => [...factor.tracks]))
  const types = factors.flatMap((factor) => [...factor.types])
  return { grace: Math.max(0, ...types.map(graceOf)), tracks: tracks.size > 0 ? tracks : undefined }
}

const united = (a: ReadonlySet<number> | undefined, b: ReadonlySet<number> | undefined) =>
  a && b ? new Set([...a, ...b]) : undefined

/** The instant at which a timer is due on a local date (a day number). */
export const instantOfTimer = ({ trigger }: CalendarTimer, day: number, zone: TimeZone): number =>
  instantOnDay(trigger.kind === 'schedule' ? trigger.minuteOfDay : trigger.date.minuteOfDay, day, zone)

/**
 * The local date that a timer waits for: the first whose instant is later than `after`, and which is later than `lastDay`.
 * 'never' and 'calendar-ends' as `nextDue` has them.
 */
export function nextDayOf(
  { trigger }: CalendarTimer,
  place: CalendarPlace,
  after: number,
  lastDay = Number.NEGATIVE_INFINITY,
): number | 'never' | 'calendar-ends' {
  if (trigger.kind === 'schedule') {
    const day = nextScheduled(trigger, place.zone, place.billingDay, after)
    // In a zone further west the same date is still to come.
    return day > lastDay
      ? day
      : nextScheduled(trigger, place.zone, place.billingDay, instantOnDay(trigger.minuteOfDay, lastDay, place.zone))
  }
  const base = trigger.date.kind === 'billing-day' ? place.billingDay : trigger.field && place.dateOf(trigger.field)
  const due = nextDue(trigger.date, base, place.zone, place.calendar, after, lastDay)
  return typeof due === 'string' ? due : due.day
}
