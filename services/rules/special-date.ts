import type { RawDate } from './raw.ts'
import type { DateTrigger } from './ruleset.ts'
import type { Path } from './source.ts'
import type { Subject } from './subject.ts'

/** What a rule of the calendar waits for, or undefined with its faults. */
export function checkDate(raw: RawDate, path: Path, subject: Subject): DateTrigger | undefined {
  const minuteOfDay = subject.wallTime(raw.at, [...path, 'at'])
  const date = { kind: 'anniversary', minuteOfDay, leapDay: raw.leap_day ?? '02-28' }
  return { kind: 'date', date: date as unknown as DateTrigger['date'], field: raw.field }
}
