import type { DateDefinition } from '../domain/due-dates.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { RawDate } from './raw.ts'
import type { Known } from './rules.ts'
import type { DateTrigger } from './ruleset.ts'
import type { Path } from './source.ts'
import type { Subject } from './subject.ts'

/** What a date goes by, and the keys that go with each. */
const ways = {
  field: ['field', 'repeats', 'months', 'day', 'counting', 'from_year', 'leap_day', 'lunar'],
  festival: ['festival'],
  day_set: ['day_set', 'each'],
  billing_day: ['billing_day'],
} as const satisfies Readonly<Record<string, readonly (keyof RawDate)[]>>
type Way = keyof typeof ways
const wayNames = Object.keys(ways) as Way[]

/** The keys beside `field` that go with each way in which it comes again. */
const repetitions = {
  yearly: ['from_year', 'leap_day'],
  once: [],
  lunar: ['from_year', 'lunar'],
  months: ['months'],
  day: ['day', 'counting'],
} as const satisfies Readonly<Record<string, readonly (keyof RawDate)[]>>
type Repetition = keyof typeof repetitions

/** What a rule of the calendar waits for, or undefined with its faults. */
export function checkDate(raw: RawDate, path: Path, subject: Subject, known: Known): DateTrigger | undefined {
  const common = { offsetDays: raw.offset_days ?? 0, minuteOfDay: subject.wallTime(raw.at, [...path, 'at']) }
  const fault = (message: string, ...at: string[]) => {
    subject.fault('KM_RULE_DATE', message, [...path, ...at])
    return undefined
  }
  const given = wayNames.filter((way) => raw[way] !== undefined)
  const [way] = given
  if (way === undefined || given.length > 1) return fault(`a date goes by one of ${wayNames.join(', ')}`)
  const own: readonly string[] = ['at', 'offset_days', ...ways[way]]
  for (const misplaced of Object.keys(raw).filter((key) => !own.includes(key))) {
    fault(`'${misplaced}' does not go with ${way}; it takes ${own.join(', ')}`, misplaced)
  }
  switch (way) {
    case 'festival': {
      const festival = raw.festival ?? ''
      const names = known.calendars.flatMap((calendar) => [...calendar.festivals.keys()])
      if (!names.includes(festival)) return fault(unknown('festival', festival, names), 'festival')
      return { kind: 'date', date: { kind: 'festival', festival, ...common } }
    }
    case 'day_set': {
      const set = raw.day_set ?? ''
      const names = known.calendars.flatMap((calendar) => [...calendar.daySets.keys()])
      if (!names.includes(set)) return fault(unknown('day set', set, names), 'day_set')
      return { kind: 'date', date: { kind: 'day-set', set, each: raw.each ?? 'run', ...common } }
    }
    case 'billing_day':
      return { kind: 'date', date: { kind: 'billing-day', ...common } }
    case 'field': {
      const date = ofField(raw, common, fault)
      return date && raw.field ? { kind: 'date', date, field: raw.field } : undefined
    }
  }
}

const unknown = (what: string, name: string, names: readonly string[]): string =>
  names.length === 0
    ? `no calendar in calendars/*.yaml has a ${what} '${name}'; add one`
    : `no calendar has a ${what} '${name}'${didYouMeanOneOf(name, [...new Set(names)])}`

function ofField(
  raw: RawDate,
  common: { readonly offsetDays: number; readonly minuteOfDay: number },
  fault: (message: string, ...at: string[]) => undefined,
): DateDefinition | undefined {
  const said: Repetition | undefined =
    raw.months === undefined ? (raw.day === undefined ? raw.repeats : 'day') : 'months'
  const repetition = said ?? (raw.field === 'contract_end' ? 'once' : 'yearly')
  const own: readonly string[] = ['repeats', 'field', 'at', 'offset_days', ...repetitions[repetition]]
  const misplaced = Object.keys(raw).find((key) => !own.includes(key))
  if (misplaced !== undefined) return fault(`'${misplaced}' does not go with what is ${inWords[repetition]}`, misplaced)
  if (raw.repeats !== undefined && raw.repeats !== repetition) {
    return fault(`repeats: ${raw.repeats} does not go with ${repetition}; leave one of them out`, 'repeats')
  }
  const fromYears = raw.from_year ?? 1
  switch (repetition) {
    case 'yearly':
      return { kind: 'yearly', fromYears, leapDay: raw.leap_day ?? '02-28', ...common }
    case 'once':
      return { kind: 'once', ...common }
    case 'months':
      return { kind: 'every-months', months: raw.months ?? 1, ...common }
    case 'day':
      return { kind: 'nth-day', day: raw.day ?? 1, counting: raw.counting ?? 'from-one', ...common }
    case 'lunar': {
      const { without_leap_month = 'plain', with_leap_month = 'first', day_thirty = 'last' } = raw.lunar ?? {}
      return {
        kind: 'lunar-birthday',
        fromYears,
        withoutLeapMonth: without_leap_month,
        withLeapMonth: with_leap_month,
        dayThirty: day_thirty,
        ...common,
      }
    }
  }
}

const inWords: Readonly<Record<Repetition, string>> = {
  yearly: 'kept each year',
  once: 'the date itself, once',
  lunar: 'kept each lunar year',
  months: 'kept every so many months',
  day: 'the nth day, once',
}
