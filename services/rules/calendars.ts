import {
  announcedSets,
  type Calendar,
  type CalendarContent,
  createCalendar,
  type DaySet,
  joined,
} from '../domain/calendar.ts'
import { weekdayOf } from '../domain/civil-periods.ts'
import type { DaySpan, FestivalDates } from '../domain/festival-dates.ts'
import { dayMs, dayNumber, isoDate } from '../domain/time-zones.ts'
import type { Text } from './ruleset.ts'
import type { Path } from './source.ts'
import type { Subject } from './subject.ts'

type Weekday = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday'

interface RawSpan {
  from: string
  to?: string
}

interface RawCovers {
  from: string
  to: string
}

interface RawFestival {
  id: string
  title: Text
  yearly?: { month: number; day: number }
  weekday?: { month: number; weekday: Weekday; nth: 1 | 2 | 3 | 4 | 'last' }
  lunar?: { month: number; day: number | 'last' }
  listed?: { covers: RawCovers; dates: string[] }
}

/** The shape of schemas/calendar.schema.json: what a file says, before dates are checked. */
export interface RawCalendar {
  id: string
  title: Text
  weekend: Weekday[]
  announced: { covers: RawCovers; days_off: RawSpan[]; make_up_days: string[] }
  festivals?: RawFestival[]
  day_sets?: { id: string; title: Text; covers: RawCovers; days: RawSpan[] }[]
}

const weekdays: readonly Weekday[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** An array a day is kept; a century and a half are enough for everyone. */
const daysMost = 150 * 366

/** A calendar from its raw form, or undefined with its faults; all parts are checked, whatever is wrong with others. */
export function checkCalendar(raw: RawCalendar, subject: Subject): Calendar | undefined {
  const reader = createReader(subject)
  const content: CalendarContent = {
    id: raw.id,
    title: raw.title,
    weekend: raw.weekend.map(isoWeekday),
    announced: readAnnounced(raw, reader),
    festivals: new Map(
      (raw.festivals ?? []).map((festival, index) => [
        festival.id,
        { title: festival.title, dates: readFestival(festival, ['festivals', index], reader) },
      ]),
    ),
    daySets: new Map(
      (raw.day_sets ?? []).map((set, index): [string, DaySet] => {
        const path = ['day_sets', index]
        const covers = reader.covers(set.covers, [...path, 'covers'])
        return [set.id, { title: set.title, covers, runs: joined(reader.spans(set.days, covers, [...path, 'days'])) }]
      }),
    ),
  }
  refuseDuplicates(raw, reader)
  return reader.hasFaults() ? undefined : createCalendar(content)
}

const isoWeekday = (name: Weekday): number => weekdays.indexOf(name) + 1

function readAnnounced({ announced, weekend }: RawCalendar, reader: Reader): CalendarContent['announced'] {
  const covers = reader.covers(announced.covers, ['announced', 'covers'])
  const daysOff = reader.spans(announced.days_off, covers, ['announced', 'days_off'])
  const free = weekend.map(isoWeekday)
  const makeUpDays = announced.make_up_days.map((text, index) => {
    const path = ['announced', 'make_up_days', index]
    const day = reader.day(text, path, covers)
    const isOff = daysOff.some(({ from, to }) => day >= from && day <= to)
    if (isOff) reader.fault(`'${text}' is a day off too; on a make-up day people work`, path)
    else if (!Number.isNaN(day) && !free.includes(weekdayOf(day)))
      reader.fault(`'${text}' is a working day anyhow, not of the weekend`, path)
    return day
  })
  return { covers, daysOff, makeUpDays: makeUpDays.toSorted((a, b) => a - b) }
}

function readFestival(raw: RawFestival, path: Path, reader: Reader): FestivalDates {
  const { yearly, weekday, lunar, listed } = raw
  const given = [yearly, weekday, lunar, listed].filter((one) => one !== undefined)
  if (given.length !== 1) {
    const says = given.length === 0 ? 'does not say when it is' : `says in ${given.length} ways when it is`
    reader.fault(`'${raw.id}' ${says}; give one of yearly, weekday, lunar, listed`, path)
  }
  if (weekday) return { kind: 'weekday', ...weekday, weekday: isoWeekday(weekday.weekday) }
  if (lunar) return { kind: 'lunar', ...lunar }
  if (listed) {
    const covers = reader.covers(listed.covers, [...path, 'listed', 'covers'])
    const days = listed.dates.map((text, index) => reader.day(text, [...path, 'listed', 'dates', index], covers))
    return { kind: 'listed', covers, days: days.toSorted((a, b) => a - b) }
  }
  const { month, day } = yearly ?? { month: 1, day: 1 }
  // 2023 has no 29 February.
  if (isoDate(dayNumber(2023, month, day)).slice(5) !== `${twoDigits(month)}-${twoDigits(day)}`) {
    reader.fault(`not every year has a day ${day} in month ${month}; give one that it has`, [...path, 'yearly', 'day'])
  }
  return { kind: 'yearly', month, day }
}

const twoDigits = (number: number): string => String(number).padStart(2, '0')

/** Festivals and day sets share their names: what is asked for by name is one thing. */
function refuseDuplicates({ festivals = [], day_sets = [] }: RawCalendar, reader: Reader): void {
  const seen = new Set<string>()
  const check = (key: 'festivals' | 'day_sets') => (one: { id: string }, index: number) => {
    const path = [key, index, 'id']
    if (announcedSets.includes(one.id))
      reader.fault(`every calendar has '${one.id}' as announced; give this another name`, path)
    else if (seen.has(one.id)) reader.duplicate(one.id, path)
    seen.add(one.id)
  }
  festivals.forEach(check('festivals'))
  day_sets.forEach(check('day_sets'))
}

/** Reads dates as day numbers; what is wrong is told to the subject and is NaN, which is neither outside of anything nor late. */
interface Reader {
  day(text: string, path: Path, covers?: DaySpan): number
  covers(raw: RawCovers, path: Path): DaySpan
  spans(raw: readonly RawSpan[], covers: DaySpan, path: Path): readonly DaySpan[]
  fault(message: string, path: Path): void
  duplicate(id: string, path: Path): void
  hasFaults(): boolean
}

function createReader(subject: Subject): Reader {
  let faults = 0
  const reader: Reader = {
    day(text, path, covers) {
      const day = Date.parse(`${text}T00:00:00Z`) / dayMs
      // Some engines read 31 February as 3 March.
      if (Number.isNaN(day) || isoDate(day) !== text) {
        reader.fault(`'${text}' is no date; write it like 2026-02-17`, path)
        return Number.NaN
      }
      if (covers && (day < covers.from || day > covers.to)) {
        reader.fault(`'${text}' is outside of covers, ${isoDate(covers.from)} to ${isoDate(covers.to)}`, path)
      }
      return day
    },
    covers(raw, path) {
      const span = ordered(reader.day(raw.from, [...path, 'from']), reader.day(raw.to, [...path, 'to']), path)
      if (span.to - span.from > daysMost) reader.fault(`'${raw.from}' to '${raw.to}' is more than 150 years`, path)
      return span
    },
    spans: (raw, covers, path) =>
      raw.map((span, index) => {
        const at = [...path, index]
        const from = reader.day(span.from, [...at, 'from'], covers)
        return span.to === undefined
          ? { from, to: from }
          : ordered(from, reader.day(span.to, [...at, 'to'], covers), at)
      }),
    fault(message, path) {
      faults++
      subject.fault('KM_CATALOGUE_VALUE', message, path)
    },
    duplicate(id, path) {
      faults++
      subject.fault('KM_CATALOGUE_DUPLICATE_ID', `'${id}' is used twice in the calendar`, path)
    },
    hasFaults: () => faults > 0,
  }
  const ordered = (from: number, to: number, path: Path): DaySpan => {
    if (from > to) reader.fault(`'${isoDate(from)}' to '${isoDate(to)}' ends before it begins`, path)
    return { from, to: Math.max(from, to) }
  }
  return reader
}
