import { describe, expect, it } from 'vitest'
import { type CalendarContent, calendarEnd, createCalendar, joined } from '../../services/domain/calendar.ts'
import type { FestivalDates } from '../../services/domain/festival-dates.ts'
import { dayMs, isoDate } from '../../services/domain/time-zones.ts'

const day = (date: string) => Date.parse(`${date}T00:00Z`) / dayMs
const span = (from: string, to = from) => ({ from: day(from), to: day(to) })
const title = { en: 'Anything' }

const festivals: Readonly<Record<string, FestivalDates>> = {
  'new-year': { kind: 'yearly', month: 1, day: 1 },
  'mothers-day': { kind: 'weekday', month: 5, weekday: 7, nth: 2 },
  'memorial-day': { kind: 'weekday', month: 5, weekday: 1, nth: 'last' },
  'mid-autumn': { kind: 'lunar', month: 8, day: 15 },
  'double-sixth': { kind: 'lunar', month: 6, day: 6 },
  laba: { kind: 'lunar', month: 12, day: 8 },
  'spring-festival-eve': { kind: 'lunar', month: 12, day: 'last' },
  qingming: { kind: 'listed', covers: span('2025-01-01', '2026-12-31'), days: [day('2025-04-04'), day('2026-04-05')] },
}

const content: CalendarContent = {
  id: 'small',
  title,
  weekend: [6, 7],
  announced: {
    covers: span('2026-01-01', '2026-12-31'),
    daysOff: [span('2026-10-01', '2026-10-07')],
    makeUpDays: [day('2026-10-10')],
  },
  festivals: new Map(Object.entries(festivals).map(([id, dates]) => [id, { title, dates }])),
  daySets: new Map([
    [
      'gaokao',
      {
        title,
        covers: span('2025-01-01', '2026-12-31'),
        runs: [span('2025-06-07', '2025-06-10'), span('2026-06-07', '2026-06-10')],
      },
    ],
  ]),
}
const calendar = createCalendar(content)
const shown = (found: number | string | undefined) => (typeof found === 'number' ? isoDate(found) : found)

describe('days', () => {
  it.each<[string, string, boolean | 'calendar-ends', string]>([
    ['2026-01-01', 'working-day', true, 'the first day of the data'],
    ['2026-09-30', 'working-day', true, 'before the days off'],
    ['2026-10-01', 'day-off', false, 'the first'],
    ['2026-10-03', 'day-off', false, 'a Saturday among them'],
    ['2026-10-07', 'day-off', false, 'the last'],
    ['2026-10-08', 'working-day', true, 'behind them'],
    ['2026-10-10', 'make-up-day', true, 'a Saturday on which people work'],
    ['2026-10-11', 'weekend', false, 'the Sunday after it'],
    ['2026-12-31', 'working-day', true, 'the last day of the data'],
    ['2027-01-01', 'calendar-ends', 'calendar-ends', 'behind the data'],
    ['2025-12-31', 'calendar-ends', 'calendar-ends', 'before the data'],
  ])('%s: %s, works: %s (%s)', (date, kind, works) => {
    expect([calendar.dayKind(day(date)), calendar.isWorkingDay(day(date))]).toEqual([kind, works])
  })
})

describe('festivals', () => {
  it.each<[string, string, string | undefined, string]>([
    ['new-year', '2026-12-31', '2027-01-01', ''],
    ['new-year', '2027-01-01', '2028-01-01', 'later than the day, not on it'],
    ['mothers-day', '2026-01-01', '2026-05-10', 'the second Sunday'],
    ['mothers-day', '2027-01-01', '2027-05-09', 'the second Sunday'],
    ['memorial-day', '2026-01-01', '2026-05-25', 'the last Monday'],
    ['memorial-day', '2027-01-01', '2027-05-31', 'the last Monday, on the last day'],
    ['mid-autumn', '2025-10-06', '2026-09-25', ''],
    ['double-sixth', '2025-06-30', '2026-07-19', 'not again in the leap month 6 of 2025'],
    ['double-sixth', '2025-06-29', '2025-06-30', ''],
    ['spring-festival-eve', '2026-01-01', '2026-02-16', 'day 29'],
    ['spring-festival-eve', '2026-02-16', '2027-02-05', 'day 29'],
    ['spring-festival-eve', '2024-01-01', '2024-02-09', 'day 30'],
    ['mid-autumn', '2100-12-31', 'calendar-ends', 'behind the lunar table'],
    ['qingming', '2025-04-04', '2026-04-05', 'as listed'],
    ['qingming', '2026-04-05', 'calendar-ends', 'behind the list'],
    ['qingming', '2024-12-30', 'calendar-ends', 'before the list'],
    ['qingming', '2024-12-31', '2025-04-04', 'its first day'],
    ['carnival', '2026-01-01', undefined, 'none of this calendar'],
  ])('%s after %s: %s %s', (festival, after, expected) => {
    expect(shown(calendar.nextFestival(festival, day(after)))).toBe(expected)
  })

  it.each<[string, number, readonly string[] | 'calendar-ends' | undefined, string]>([
    ['mid-autumn', 2026, ['2026-09-25'], 'one'],
    ['laba', 2027, ['2027-01-15'], 'one'],
    ['laba', 2022, ['2022-01-10', '2022-12-30'], 'twice in a Gregorian year'],
    ['laba', 2023, [], 'and none in the next'],
    ['qingming', 2024, 'calendar-ends', 'before the list'],
    ['qingming', 2026, ['2026-04-05'], ''],
    ['qingming', 2027, 'calendar-ends', 'behind the list'],
    ['mid-autumn', 2101, 'calendar-ends', 'behind the lunar table'],
    ['carnival', 2026, undefined, 'none of this calendar'],
  ])('%s in %i: %o %s', (festival, year, expected) => {
    const found = calendar.festivalDays(festival, year)
    expect(typeof found === 'object' ? found.map(isoDate) : found).toEqual(expected)
  })
})

describe('day sets', () => {
  it.each<[string, 'day' | 'run', string, string | undefined, string]>([
    ['gaokao', 'day', '2026-06-06', '2026-06-07', 'the first day'],
    ['gaokao', 'day', '2026-06-07', '2026-06-08', 'the next day'],
    ['gaokao', 'run', '2026-06-06', '2026-06-07', 'the first day'],
    ['gaokao', 'run', '2025-06-07', '2026-06-07', 'the first day of the next year'],
    ['gaokao', 'day', '2025-06-10', '2026-06-07', 'the next year'],
    ['gaokao', 'day', '2026-06-10', 'calendar-ends', 'behind the data'],
    ['gaokao', 'day', '2024-12-30', 'calendar-ends', 'before the data'],
    ['days-off', 'run', '2026-01-01', '2026-10-01', 'as announced'],
    ['days-off', 'day', '2026-10-06', '2026-10-07', 'as announced'],
    ['make-up-days', 'day', '2026-10-06', '2026-10-10', 'as announced'],
    ['zhongkao', 'day', '2026-06-06', undefined, 'none of this calendar'],
  ])('%s by %s after %s: %s (%s)', (set, each, after, expected) => {
    expect(shown(calendar.nextInSet(set, day(after), each))).toBe(expected)
  })

  it.each([
    ['gaokao', '2026-06-06', false],
    ['gaokao', '2026-06-07', true],
    ['gaokao', '2026-06-10', true],
    ['gaokao', '2026-06-11', false],
    ['gaokao', '2027-06-07', 'calendar-ends'],
    ['days-off', '2026-10-03', true],
    ['zhongkao', '2026-06-07', undefined],
  ])('%s has %s: %s', (set, date, expected) => {
    expect(calendar.isInSet(set, day(date))).toBe(expected)
  })

  it('join what touches', () => {
    expect(joined([span('2026-01-05'), span('2026-01-01', '2026-01-03'), span('2026-01-04')])).toEqual([
      span('2026-01-01', '2026-01-05'),
    ])
    expect(joined([span('2026-01-05'), span('2026-01-03')])).toEqual([span('2026-01-03'), span('2026-01-05')])
  })
})

it('says where it ends, and what to do', () => {
  expect(calendarEnd(calendar).toString()).toBe(
    "KM_CALENDAR_END  calendar 'small' ends on 2026-12-31; add the years behind it to its file in calendars/",
  )
  expect(calendarEnd(calendar, 'gaokao').message).toContain("ends on 2026-12-31 for 'gaokao'")
  expect(calendarEnd(calendar, 'mid-autumn').message).toContain("ends on 2101-01-28 for 'mid-autumn'")
})
