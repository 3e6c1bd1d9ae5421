import { isoDate, type TimeZone } from '../domain/time-zones.ts'
import type { Context } from '../flow/processor.ts'
import type { Lane } from '../rules/engine/lane.ts'
import type { Rule } from '../rules/ruleset.ts'
import type { CalendarWatch, TimerDue } from './calendar-watch.ts'
import type { Firing } from './firing.ts'
import { intervalOfDate } from './moments.ts'
import type { ResidentRecords } from './resident-records.ts'
import { isWithin } from './rule-spans.ts'

interface DatePlace {
  readonly records: ResidentRecords
  readonly calendar: CalendarWatch
  readonly firing: Firing
  readonly zone: TimeZone
  readonly context: Context | undefined
}

/** The rules of a calendar timer of the record in hand, as of its instant. */
export function judgeDate(place: DatePlace, { timer, at, day }: TimerDue): void {
  const { records, calendar, firing, zone } = place
  const context = place.context as Context
  const lane = records.loaded.compiled.lanes[timer.lane] as Lane
  lane.begin()
  const occurrence = () => isoDate(day)
  for (const [i, index] of timer.rules.entries()) {
    const { rules, spans, edgeFrom } = records.loaded
    const { id, trigger } = rules[index] as Rule
    const isEdge = trigger.kind === 'schedule' && trigger.edge !== undefined
    const isOwn = isWithin(spans.deadlines, index, at)
    if (isEdge ? at < (edgeFrom[index] as number) : !isOwn) continue
    if (!calendar.concerns(timer.tracksOfRules[i])) continue
    if (trigger.kind === 'interval') {
      firing.interval(index, at, occurrence(), intervalOfDate(trigger, at), context)
      continue
    }
    // The local date is the occurrence: a rule that was made later the same day isn't told twice. Of a rule that wasn't
    // changed the timer knows the day, also where the subscriber has moved to a zone in which it was another one.
    const last = firing.fired.last(index)
    const changed = records.loaded.activation?.changedSince[id] ?? Number.NEGATIVE_INFINITY
    if (last >= 0 && last < changed && zone.civilDay(last) === day) continue
    const asOf = firing.presentFor(index, at)
    lane.asOf(asOf)
    lane.note(index)
    const condition = lane.condition('when', index) ?? 1
    const rearm = lane.condition('rearm', index) ?? Number.NaN
    if ((isEdge ? firing.crosses(index, condition, rearm) : condition === 1) && isOwn) {
      firing.fire(index, { at, asOf, occurrence }, null, context)
    }
  }
}
