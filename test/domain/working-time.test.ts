import { expect, test } from 'vitest'
import { createCalendar } from '../../services/domain/calendar.ts'
import { wallTime } from '../../services/domain/civil-time.ts'
import { dayMs } from '../../services/domain/time-zones.ts'
import { afterWorkingTime, type WorkingTime } from '../../services/domain/working-time.ts'

const hour = 3_600_000
const office: WorkingTime = { band: { start: 9 * 60, end: 18 * 60 }, days: 'working-days' }
const everyDay: WorkingTime = { ...office, days: 'every-day' }
const wholeDay: WorkingTime = { band: { start: 0, end: 1440 }, days: 'every-day' }

const day = (date: string) => Date.parse(`${date}T00:00Z`) / dayMs
/** As announced for the Spring Festival of 2026. */
const china = createCalendar({
  id: 'china',
  title: { en: 'China' },
  weekend: [6, 7],
  announced: {
    covers: { from: day('2026-01-01'), to: day('2026-12-31') },
    daysOff: [{ from: day('2026-02-15'), to: day('2026-02-23') }],
    makeUpDays: [day('2026-02-14')],
  },
  festivals: new Map(),
  daySets: new Map(),
})

const at = (text: string, zone: string): number => {
  const [date = '', time = ''] = text.split(' ')
  const [hours, minutes] = time.split(':').map(Number)
  return wallTime(Date.parse(`${date}T00:00Z`) / dayMs, (hours ?? 0) * 60 + (minutes ?? 0), zone, 'earlier')
}

test.each<
  [from: string, hours: number, works: WorkingTime, zone: string, calendar: typeof china | undefined, due: string]
>([
  // Monday 2 March 2026, in working time.
  ['2026-03-02 10:00', 4, office, 'Asia/Shanghai', china, '2026-03-02 14:00'],
  // To the very end of a day.
  ['2026-03-02 10:00', 8, office, 'Asia/Shanghai', china, '2026-03-02 18:00'],
  // What is left of it goes on the next morning.
  ['2026-03-02 16:00', 4, office, 'Asia/Shanghai', china, '2026-03-03 11:00'],
  // Before and after hours the time doesn't run.
  ['2026-03-02 05:00', 1, office, 'Asia/Shanghai', china, '2026-03-02 10:00'],
  ['2026-03-02 22:00', 1, office, 'Asia/Shanghai', china, '2026-03-03 10:00'],
  // Friday to Monday; a team that works every day goes on on Saturday.
  ['2026-03-06 17:00', 2, office, 'Asia/Shanghai', china, '2026-03-09 10:00'],
  ['2026-03-06 17:00', 2, everyDay, 'Asia/Shanghai', china, '2026-03-07 10:00'],
  // Saturday 14 February 2026 is a make-up day; the Spring Festival's days off are 15 to 23 February.
  ['2026-02-13 17:00', 2, office, 'Asia/Shanghai', china, '2026-02-14 10:00'],
  ['2026-02-14 17:00', 2, office, 'Asia/Shanghai', china, '2026-02-24 10:00'],
  // Without a calendar, Saturdays and Sundays are off.
  ['2026-03-06 17:00', 2, office, 'Asia/Shanghai', undefined, '2026-03-09 10:00'],
  // Past the data of a calendar its weekends are off.
  ['2027-01-08 17:00', 2, office, 'Asia/Shanghai', china, '2027-01-11 10:00'],
  // The night of 29 March 2026 has an hour less in Berlin, that of 25 October one more.
  ['2026-03-28 12:00', 24, wholeDay, 'Europe/Berlin', undefined, '2026-03-29 13:00'],
  ['2026-10-24 12:00', 24, wholeDay, 'Europe/Berlin', undefined, '2026-10-25 11:00'],
])('%s and %d hours', (from, hours, works, zone, calendar, due) => {
  const found = afterWorkingTime(at(from, zone), hours * hour, works, { zone, calendar })
  expect(new Date(found).toISOString()).toBe(new Date(at(due, zone)).toISOString())
})

test('who never works never comes to an end', () => {
  const idle = createCalendar({
    ...china,
    weekend: [1, 2, 3, 4, 5, 6, 7],
    announced: { ...china.announced, makeUpDays: [] },
  })
  const place = { zone: 'Asia/Shanghai', calendar: idle }
  expect(() => afterWorkingTime(at('2026-03-02 10:00', 'Asia/Shanghai'), hour, office, place)).toThrow(RangeError)
})
