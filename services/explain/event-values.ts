import { dayMs } from '../domain/time-zones.ts'
import type { RecordTypes } from '../records/types.ts'
import { type CivilPlace, civilFields } from '../rules/engine/civil-fields.ts'
import type { Value } from '../rules/evaluate.ts'
import { eventFields } from '../rules/event-fields.ts'
import type { Expression, NowField } from '../rules/expression.ts'
import { partsOf } from '../rules/parts.ts'
import { expressionsOf } from '../rules/reads.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import type { EventType } from '../topology.ts'

/** An event of a subscriber, as it stands on the log. */
export interface KnownEvent {
  readonly type: EventType
  readonly record: RecordTypes[EventType]
}

/** The types of which the conditions of a rule read fields of the event in hand. */
export function eventTypesRead(rule: Rule): readonly EventType[] {
  const { trigger } = rule
  return trigger.kind === 'condition' && expressionsOf(rule).some(readsEvent) ? trigger.on : []
}

const readsEvent = (expression: Expression): boolean =>
  expression.kind === 'field' || expression.kind === 'has' || partsOf(expression).some(readsEvent)

const localPrefix = 'local_'
const nowNames = Object.keys(civilFields) as NowField[]

/** Reads an event's fields as conditions do: dates in days since 1970-01-01, times in milliseconds, `local_…` by the zone. */
export function fieldsOf({ type, record }: KnownEvent, place: CivilPlace): (name: string) => Value {
  return (name) => {
    const local = name.startsWith(localPrefix) && nowNames.find((known) => localPrefix + known === name)
    if (local) {
      const value = civilFields[local](place, record.event_time)
      if (Number.isNaN(value)) return undefined
      return local === 'workday' ? value === 1 : value
    }
    const value: unknown = Object.entries(record).find(([key]) => key === name)?.[1]
    if (value === null || value === undefined) return undefined
    if (eventFields[type][name]?.type === 'date' && typeof value === 'string') return Date.parse(value) / dayMs
    return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : undefined
  }
}

/** Working days by the calendar that the profile names, or by the policy's. */
export function workdayBy({ calendars, defaultCalendar }: Ruleset, named: string | undefined): CivilPlace['workday'] {
  const calendar = calendars.find(({ id }) => id === (named ?? defaultCalendar))
  return (day) => {
    const isWorkday = calendar?.isWorkingDay(day)
    return typeof isWorkday === 'boolean' ? Number(isWorkday) : Number.NaN
  }
}
