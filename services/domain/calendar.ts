import { firstDayOfMonth, weekdayOf } from './civil-periods.ts'
import { CodedError } from './errors.ts'
import { type DaySpan, type FestivalDates, festivalCovers, nextFestivalDay } from './festival-dates.ts'
import { isoDate } from './time-zones.ts'

interface Text {
  readonly en: string
  readonly zh?: string
}

/** Some days under a name, such as those of an examination. Nothing is known outside of `covers`. */
export interface DaySet {
  readonly title: Text
  readonly covers: DaySpan
  /** In order; no two touch each other. */
  readonly runs: readonly DaySpan[]
}

/** What the file of a calendar says. */
export interface CalendarContent {
  readonly id: string
  readonly title: Text
  /** ISO weekdays (1 is Monday) on which nobody works unless it is a make-up day. */
  readonly weekend: readonly number[]
  /** As announced: days off, and the days on which people work in their place; nothing is known outside of `covers`. */
  readonly announced: {
    readonly covers: DaySpan
    readonly daysOff: readonly DaySpan[]
    readonly makeUpDays: readonly number[]
  }
  readonly festivals: ReadonlyMap<string, { readonly title: Text; readonly dates: FestivalDates }>
  readonly daySets: ReadonlyMap<string, DaySet>
}

export type DayKind = 'working-day' | 'weekend' | 'day-off' | 'make-up-day'

/**
 * Holidays, festivals and named days of a country. Days are numbers from 1970-01-01, of local dates. Where the data do
 * not reach the answer is 'calendar-ends'; what the calendar doesn't have at all is undefined.
 */
export interface Calendar extends CalendarContent {
  dayKind(day: number): DayKind | 'calendar-ends'
  /** Make-up days are working days. */
  isWorkingDay(day: number): boolean | 'calendar-ends'
  /** The days of a festival in a Gregorian year: one; of a lunar one also none or two. */
  festivalDays(festival: string, year: number): readonly number[] | 'calendar-ends' | undefined
  /** The first day of a festival later than `after`. */
  nextFestival(festival: string, after: number): number | 'calendar-ends' | undefined
  isInSet(set: string, day: number): boolean | 'calendar-ends' | undefined
  /**
   * The first day of a set later than `after`, or the first one with which days in a row begin. Each calendar has the
   * sets days-off (as announced, not each weekend) and make-up-days.
   */
  nextInSet(set: string, after: number, each: 'day' | 'run'): number | 'calendar-ends' | undefined
  /** The last day that a festival, a set or what was announced (no name) reaches; undefined without such a name. */
  coversTo(name?: string): number | undefined
}

/** The day sets that each calendar has. */
export const announcedSets: readonly string[] = ['days-off', 'make-up-days']

export function createCalendar(content: CalendarContent): Calendar {
  const { covers, daysOff, makeUpDays } = content.announced
  const kinds = kindsOf(content)
  const dayKind = (day: number): DayKind | 'calendar-ends' => kinds[day - covers.from] ?? 'calendar-ends'
  const daySets = new Map(content.daySets)
    .set('days-off', { title: { en: 'Days off', zh: '放假' }, covers, runs: joined(daysOff) })
    .set('make-up-days', {
      title: { en: 'Make-up working days', zh: '调休上班' },
      covers,
      runs: joined(makeUpDays.map((day) => ({ from: day, to: day }))),
    })

  return {
    ...content,
    daySets,
    dayKind,
    isWorkingDay(day) {
      const kind = dayKind(day)
      return kind === 'calendar-ends' ? kind : kind === 'working-day' || kind === 'make-up-day'
    },
    festivalDays(festival, year) {
      const dates = content.festivals.get(festival)?.dates
      return dates && daysInYear(dates, year)
    },
    nextFestival(festival, after) {
      const dates = content.festivals.get(festival)?.dates
      return dates && nextFestivalDay(dates, after)
    },
    isInSet(name, day) {
      const set = daySets.get(name)
      if (!set) return undefined
      if (day < set.covers.from || day > set.covers.to) return 'calendar-ends'
      return set.runs.some(({ from, to }) => day >= from && day <= to)
    },
    nextInSet(name, after, each) {
      const set = daySets.get(name)
      if (!set) return undefined
      if (after + 1 < set.covers.from) return 'calendar-ends'
      const run = set.runs.find(({ from, to }) => (each === 'day' ? to : from) > after)
      return run ? Math.max(run.from, after + 1) : 'calendar-ends'
    },
    coversTo(name) {
      if (name === undefined) return covers.to
      const dates = content.festivals.get(name)?.dates
      return dates ? festivalCovers(dates).to : daySets.get(name)?.covers.to
    },
  }
}

/** For those who can't go on without an answer that is 'calendar-ends'; `name` as of `coversTo`. */
export function calendarEnd(calendar: Calendar, name?: string): CodedError {
  const to = calendar.coversTo(name)
  const what = name === undefined ? '' : ` for '${name}'`
  const until = to !== undefined && Number.isFinite(to) ? `ends on ${isoDate(to)}` : 'has no such date'
  return new CodedError(
    'KM_CALENDAR_END',
    `calendar '${calendar.id}' ${until}${what}; add the years behind it to its file in calendars/`,
  )
}

/** Spans in order, those that touch or overlap as one. */
export function joined(spans: readonly DaySpan[]): readonly DaySpan[] {
  const runs: DaySpan[] = []
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = runs.at(-1)
    if (last && span.from <= last.to + 1) {
      runs[runs.length - 1] = { from: last.from, to: Math.max(last.to, span.to) }
    } else runs.push(span)
  }
  return runs
}

/** The kind of each day that was announced, by its distance from the first. */
function kindsOf({ weekend, announced }: CalendarContent): readonly DayKind[] {
  const { covers, daysOff, makeUpDays } = announced
  const kinds = Array.from(
    { length: covers.to - covers.from + 1 },
    (_, i): DayKind => (weekend.includes(weekdayOf(covers.from + i)) ? 'weekend' : 'working-day'),
  )
  for (const { from, to } of daysOff) kinds.fill('day-off', from - covers.from, to - covers.from + 1)
  for (const day of makeUpDays) kinds[day - covers.from] = 'make-up-day'
  return kinds
}

function daysInYear(dates: FestivalDates, year: number): readonly number[] | 'calendar-ends' {
  const first = firstDayOfMonth(year * 12)
  const last = firstDayOfMonth((year + 1) * 12) - 1
  const covers = festivalCovers(dates)
  if (first < covers.from || last > covers.to) return 'calendar-ends'
  const days: number[] = []
  let day = nextFestivalDay(dates, first - 1)
  while (day !== 'calendar-ends' && day <= last) {
    days.push(day)
    day = nextFestivalDay(dates, day)
  }
  return days
}
