import type { EventField } from './event-fields.ts'
import type { NowField } from './expression.ts'

/** What `now.<name>` is, by name. */
export const nowFields: Readonly<Record<NowField, EventField>> = {
  date: { type: 'int', optional: false },
  month: { type: 'int', optional: false, min: 1, max: 12 },
  day_of_month: { type: 'int', optional: false, min: 1, max: 31 },
  weekday: { type: 'int', optional: false, min: 1, max: 7 },
  hour: { type: 'int', optional: false, min: 0, max: 23 },
  minute_of_day: { type: 'int', optional: false, min: 0, max: 1439 },
  workday: { type: 'bool', optional: true },
}

/** Fields that every event has beside those of its record: its own time in the subscriber's zone, `local_<name>`. */
export const virtualFields: ReadonlyMap<string, EventField> = new Map(
  Object.entries(nowFields).map(([name, field]) => [`local_${name}`, field]),
)
