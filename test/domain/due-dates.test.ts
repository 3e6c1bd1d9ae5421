import { describe, expect, it } from 'vitest'
import { createCalendar } from '../../services/domain/calendar.ts'
import { type DateDefinition, instantOn, nextDue } from '../../services/domain/due-dates.ts'
import { dayMs, isoDate, timeZone } from '../../services/domain/time-zones.ts'

const day = (date: string) => Date.parse(`${date}T00:00Z`) / dayMs
const span = (from: string, to = from) => ({ from: day(from), to: day(to) })
const title = { en: 'Anything' }
const calendar = createCalendar({
  id: 'small',
  title,
  weekend: [6, 7],
  announced: { covers: span('2026-01-01', '2026-12-31'), daysOff: [span('2026-10-01', '2026-10-07')], makeUpDays: [] },
  festivals: new Map([
    ['mid-autumn', { title, dates: { kind: 'lunar', month: 8, day: 15 } }],
    ['double-sixth', { title, dates: { kind: 'lunar', month: 6, day: 6 } }],
    ['fair', { title, dates: { kind: 'listed', covers: span('2026-01-01', '2026-12-31'), days: [day('2026-07-01')] } }],
  ]),
  daySets: new Map([
    ['gaokao', { title, covers: span('2026-01-01', '2026-12-31'), runs: [span('2026-06-07', '2026-06-10')] }],
  ]),
})

const at9 = { offsetDays: 0, minuteOfDay: 540 }
const birthday: DateDefinition = { ...at9, kind: 'yearly', fromYears: 1, leapDay: '02-28' }
const lunarBirthday: DateDefinition = {
  ...at9,
  kind: 'lunar-birthday',
  fromYears: 1,
  withoutLeapMonth: 'plain',
  withLeapMonth: 'first',
  dayThirty: 'last',
}
const hundredth: DateDefinition = { ...at9, kind: 'nth-day', day: 100, counting: 'from-one' }
const contractEnd: DateDefinition = { ...at9, kind: 'once' }
const halfYear: DateDefinition = { ...at9, kind: 'every-months', months: 6 }
const billing: DateDefinition = { ...at9, kind: 'billing-day' }
const gaokao: DateDefinition = { ...at9, kind: 'day-set', set: 'gaokao', each: 'run' }
const festival = (name: string, offsetDays = 0): DateDefinition => ({
  ...at9,
  offsetDays,
  kind: 'festival',
  festival: name,
})

const shanghai = timeZone('Asia/Shanghai')
const local = (text: string) => Date.parse(`${text.includes('T') ? text : `${text}T12:00`}+08:00`)

/** The next dates after local noon of a day (or a local time), one after the other. */
function dates(definition: DateDefinition, base: number | undefined, after: string, count: number): readonly string[] {
  const found: string[] = []
  let at = local(after)
  while (found.length < count) {
    const due = nextDue(definition, base, shanghai, calendar, at)
    if (typeof due === 'string') return [...found, due]
    expect(due.at).toBe(local(`${isoDate(due.day)}T09:00`))
    found.push(isoDate(due.day))
    at = due.at
  }
  return found
}

describe('dates that come again', () => {
  it.each<[string, DateDefinition, string | number | undefined, string, readonly string[]]>([
    ['a birthday', birthday, '1990-06-15', '2026-06-14', ['2026-06-15', '2027-06-15']],
    ['a minute before its time', birthday, '1990-06-15', '2026-06-15T08:59', ['2026-06-15']],
    ['at its time: the next', birthday, '1990-06-15', '2026-06-15T09:00', ['2027-06-15']],
    [
      '29 February, on the 28th',
      birthday,
      '2024-02-29',
      '2024-02-01',
      ['2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29'],
    ],
    [
      '29 February, on 1 March',
      { ...birthday, leapDay: '03-01' },
      '2024-02-29',
      '2024-03-01',
      ['2025-03-01', '2026-03-01', '2027-03-01', '2028-02-29', '2029-03-01'],
    ],
    [
      'born on 28 February',
      { ...birthday, leapDay: '03-01' },
      '2023-02-28',
      '2024-01-01',
      ['2024-02-28', '2025-02-28'],
    ],
    ['born on 1 March', birthday, '2023-03-01', '2024-01-01', ['2024-03-01', '2025-03-01']],
    ['not before its first year', birthday, '2026-06-15', '2026-01-01', ['2027-06-15']],
    ['from the date itself', { ...birthday, fromYears: 0 }, '2026-06-15', '2026-01-01', ['2026-06-15', '2027-06-15']],
    [
      'not before the tenth year',
      { ...birthday, fromYears: 10 },
      '2026-06-15',
      '2026-01-01',
      ['2036-06-15', '2037-06-15'],
    ],
    [
      'a week before a birthday on 3 January',
      { ...birthday, offsetDays: -7 },
      '1990-01-03',
      '2026-01-01',
      ['2026-12-27', '2027-12-27'],
    ],
    [
      'a week before a birthday, between the two',
      { ...birthday, offsetDays: -7 },
      '1990-01-03',
      '2025-12-30',
      ['2026-12-27'],
    ],

    ['a contract ends', contractEnd, '2026-12-31', '2026-01-01', ['2026-12-31', 'never']],
    ['thirty days before it', { ...contractEnd, offsetDays: -30 }, '2026-12-31', '2026-01-01', ['2026-12-01', 'never']],
    ['a week after it', { ...contractEnd, offsetDays: 7 }, '2026-12-31', '2026-12-31', ['2027-01-07', 'never']],
    ['it has ended', contractEnd, '2026-12-31', '2027-01-01', ['never']],
    ['no date is known', contractEnd, undefined, '2026-01-01', ['never']],
    ['a date that is none', contractEnd, Number.NaN, '2026-01-01', ['never']],
    ['nor one of every year', birthday, Number.NaN, '2026-01-01', ['never']],

    ['the hundredth day, the first being day 1', hundredth, '2026-01-01', '2026-01-01', ['2026-04-10', 'never']],
    [
      'a hundred days later',
      { ...hundredth, counting: 'from-zero' },
      '2026-01-01',
      '2026-01-01',
      ['2026-04-11', 'never'],
    ],
    ['the first day', { ...hundredth, day: 1 }, '2026-01-01', '2025-01-01', ['2026-01-01', 'never']],

    [
      'every half year of tenure',
      halfYear,
      '2025-08-31',
      '2025-08-31',
      ['2026-02-28', '2026-08-31', '2027-02-28', '2027-08-31', '2028-02-29'],
    ],
    ['not on the first day of tenure', halfYear, '2025-08-31', '2020-01-01', ['2026-02-28']],
    [
      'every month of tenure',
      { ...halfYear, months: 1 },
      '2026-01-31',
      '2026-01-31',
      ['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'],
    ],
    [
      'every two years of tenure',
      { ...halfYear, months: 24 },
      '2020-02-29',
      '2023-01-01',
      ['2024-02-29', '2026-02-28', '2028-02-29'],
    ],

    ['billing day 1', billing, 1, '2026-01-31', ['2026-02-01', '2026-03-01']],
    ['billing day 31', billing, 31, '2026-01-31', ['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31']],
    ['billing day 31, in its morning', billing, 31, '2026-02-28T08:00', ['2026-02-28', '2026-03-31']],
    ['three days before billing day 1', { ...billing, offsetDays: -3 }, 1, '2026-02-25', ['2026-02-26', '2026-03-29']],
    ['no billing day is known', billing, undefined, '2026-01-31', ['never']],

    ['a festival', festival('mid-autumn'), undefined, '2025-10-06', ['2026-09-25', '2027-09-15']],
    ['a week before a festival', festival('mid-autumn', -7), undefined, '2026-09-20', ['2027-09-08']],
    ['a week after a festival', festival('mid-autumn', 7), undefined, '2026-09-28', ['2026-10-02']],
    [
      'a festival of a month that is there twice',
      festival('double-sixth'),
      undefined,
      '2025-06-01',
      ['2025-06-30', '2026-07-19'],
    ],
    [
      'a festival of which no more is known',
      festival('fair'),
      undefined,
      '2026-06-01',
      ['2026-07-01', 'calendar-ends'],
    ],
    ['a festival of no calendar', festival('carnival'), undefined, '2026-06-01', ['never']],
    [
      'examination days',
      { ...gaokao, each: 'day' },
      undefined,
      '2026-06-08',
      ['2026-06-09', '2026-06-10', 'calendar-ends'],
    ],
    ['the first examination day', gaokao, undefined, '2026-01-01', ['2026-06-07', 'calendar-ends']],
    ['the day before it', { ...gaokao, offsetDays: -1 }, undefined, '2026-01-01', ['2026-06-06', 'calendar-ends']],
    ['the first of days off', { ...gaokao, set: 'days-off' }, undefined, '2026-01-01', ['2026-10-01', 'calendar-ends']],

    ['a lunar birthday', lunarBirthday, '1990-10-03', '2025-01-01', ['2025-10-06', '2026-09-25', '2027-09-15']],
    ['born in a leap month', lunarBirthday, '1987-08-04', '2024-01-01', ['2024-07-15', '2025-07-04', '2026-07-23']],
    [
      'in the leap month if there is one',
      { ...lunarBirthday, withLeapMonth: 'leap' },
      '1987-08-04',
      '2024-01-01',
      ['2024-07-15', '2025-08-03', '2026-07-23'],
    ],
    [
      'in leap months only',
      { ...lunarBirthday, withLeapMonth: 'leap', withoutLeapMonth: 'skip' },
      '1987-08-04',
      '2020-01-01',
      ['2025-08-03', '2036-08-01'],
    ],
    [
      'born on day 30 of the last month',
      lunarBirthday,
      '1986-02-08',
      '2024-01-01',
      ['2024-02-09', '2025-01-28', '2026-02-16'],
    ],
    ['which not every year has', { ...lunarBirthday, dayThirty: 'skip' }, '1986-02-08', '2024-02-10', ['2030-02-02']],
    [
      'from the year of birth',
      { ...lunarBirthday, fromYears: 0 },
      '2026-09-25',
      '2026-09-01',
      ['2026-09-25', '2027-09-15'],
    ],
    ['born before the table', lunarBirthday, '1899-01-01', '2026-01-01', ['calendar-ends']],
    ['behind the table', lunarBirthday, '1990-10-03', '2100-11-01', ['calendar-ends']],
  ])('%s', (_, definition, base, after, expected) => {
    const known = typeof base === 'string' ? day(base) : base
    expect(dates(definition, known, after, expected.length)).toEqual(expected)
  })

  it('need the calendar only where one is named', () => {
    const after = local('2026-01-01')
    expect(nextDue(festival('mid-autumn'), undefined, shanghai, undefined, after)).toBe('never')
    expect(nextDue(gaokao, undefined, shanghai, undefined, after)).toBe('never')
    expect(nextDue(lunarBirthday, day('1990-10-03'), shanghai, undefined, after)).toMatchObject({
      day: day('2026-09-25'),
    })
  })
})

describe('the instant of a date', () => {
  it.each<[string, string, number, string, string]>([
    ['Asia/Kathmandu', '2026-06-15', 540, '2026-06-15T03:15Z', 'a quarter of an hour aside'],
    ['Europe/Berlin', '2026-03-29', 150, '2026-03-29T01:00Z', 'a time that does not exist: the first after it'],
    ['Europe/Berlin', '2026-10-25', 150, '2026-10-25T00:30Z', 'a time that exists twice: the earlier'],
    ['Pacific/Apia', '2011-12-30', 540, '2011-12-30T10:00Z', 'a day left out: where the next one begins'],
  ])('%s %s, minute %i: %s (%s)', (zone, date, minuteOfDay, instant) => {
    expect(instantOn({ ...birthday, minuteOfDay }, day(date), timeZone(zone))).toBe(Date.parse(instant))
  })
})

describe('a change of zone', () => {
  const tokyo = timeZone('Asia/Tokyo')
  const berlin = timeZone('Europe/Berlin')
  const born = day('1990-06-15')

  it('to the west, after it fired, does not bring the same date again', () => {
    const fired = nextDue(birthday, born, tokyo, undefined, Date.parse('2026-06-01T00:00Z'))
    if (typeof fired === 'string') throw new Error(fired)
    expect(isoDate(fired.day)).toBe('2026-06-15')
    // Nine o'clock of the same date is still to come in Berlin.
    expect(nextDue(birthday, born, berlin, undefined, fired.at)).toMatchObject({ day: fired.day })
    expect(nextDue(birthday, born, berlin, undefined, fired.at, fired.day)).toMatchObject({ day: day('2027-06-15') })
  })

  it('to the east leaves no date out: the day that waits is kept, its instant is asked for', () => {
    const waits = nextDue(birthday, born, berlin, undefined, Date.parse('2026-06-01T00:00Z'))
    if (typeof waits === 'string') throw new Error(waits)
    expect(new Date(instantOn(birthday, waits.day, tokyo)).toISOString()).toBe('2026-06-15T00:00:00.000Z')
  })
})
