import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { LunarYear } from 'lunar-javascript'
import { describe, expect, it } from 'vitest'
import {
  dayOfLunar,
  type LunarBirthdayRule,
  type LunarDate,
  lunarBirthday,
  lunarMonthDays,
  lunarOf,
} from '../../services/domain/lunar.ts'
import { dayMs, isoDate } from '../../services/domain/time-zones.ts'

const day = (date: string) => Date.parse(`${date}T00:00Z`) / dayMs
const shown = (found: number | string | undefined) => (typeof found === 'number' ? isoDate(found) : found)
const lunar = (year: number, month: number, dayOfMonth: number, leap = false): LunarDate => ({
  year,
  month,
  leap,
  day: dayOfMonth,
})

describe('lunar dates', () => {
  it.each<[string, number, number, 'plain' | 'leap', number, string]>([
    ['2027-02-06', 2027, 1, 'plain', 1, 'Spring Festival, which Intl has a day late'],
    ['2030-02-03', 2030, 1, 'plain', 1, 'Spring Festival, which Intl has a day late'],
    ['2025-07-25', 2025, 6, 'leap', 1, 'a leap month begins'],
    ['2025-07-24', 2025, 6, 'plain', 30, 'behind the plain one'],
    ['2025-08-23', 2025, 7, 'plain', 1, 'and before the next'],
    ['2033-12-22', 2033, 11, 'leap', 1, 'the leap month that old programs set elsewhere'],
    ['1900-01-31', 1900, 1, 'plain', 1, 'the first day of the table'],
    ['2101-01-28', 2100, 12, 'plain', 29, 'its last'],
  ])('%s is %i-%i %s %i (%s)', (date, year, month, kind, dayOfMonth) => {
    const found = lunar(year, month, dayOfMonth, kind === 'leap')
    expect(lunarOf(day(date))).toEqual(found)
    expect(shown(dayOfLunar(year, month, found.leap, dayOfMonth))).toBe(date)
  })

  it.each<[number, number, boolean, number, 'calendar-ends' | undefined, string]>([
    [2026, 6, true, 1, undefined, 'a year without that leap month'],
    [2025, 5, true, 1, undefined, 'another leap month'],
    [2025, 6, true, 30, undefined, 'a short month'],
    [2025, 13, false, 1, undefined, 'no month'],
    [2025, 1, false, 0, undefined, 'no day'],
    [2101, 1, false, 1, 'calendar-ends', 'behind the table'],
    [1899, 12, false, 1, 'calendar-ends', 'before the table'],
  ])('%i-%i (leap: %s) %i is %s: %s', (year, month, leap, dayOfMonth, expected) => {
    expect(dayOfLunar(year, month, leap, dayOfMonth)).toBe(expected)
  })

  it('end with the table on both sides', () => {
    expect([lunarOf(day('1900-01-30')), lunarOf(day('2101-01-29'))]).toEqual(['calendar-ends', 'calendar-ends'])
  })

  it('every month of the table is as lunar-javascript has it', () => {
    const years = Array.from({ length: 201 }, (_, i) => 1900 + i)
    const theirs = years.flatMap((year) =>
      LunarYear.fromYear(year)
        .getMonthsInYear()
        .map((month) => [year, month.getMonth(), month.getDayCount(), month.getFirstJulianDay() - 2_440_588]),
    )
    const ours = theirs.map(([year = 0, month = 0]) => [
      year,
      month,
      lunarMonthDays(year, Math.abs(month), month < 0),
      dayOfLunar(year, Math.abs(month), month < 0, 1),
    ])
    expect(theirs.length).toBeGreaterThan(2_480)
    expect(ours).toEqual(theirs)
  })

  it('festivals are where other code has them', () => {
    const rows = readFileSync(new URL('../data/calendars/china-lunar-festivals.csv', import.meta.url), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(','))
    expect(rows).toHaveLength(162)
    for (const [date = '', , , text = ''] of rows) {
      const [year, month, dayOfMonth] = text.split('-').map(Number)
      const last = lunarMonthDays(Number(year), 12, false)
      const found = text.endsWith('last') ? last : dayOfMonth
      expect(shown(dayOfLunar(Number(year), Number(month), false, Number(found)))).toBe(date)
    }
  })

  it('days become lunar dates and back, one after the other', () => {
    fc.assert(
      fc.property(fc.integer({ min: day('1900-01-31'), max: day('2101-01-27') }), (at) => {
        const found = lunarOf(at)
        const next = lunarOf(at + 1)
        if (found === 'calendar-ends' || next === 'calendar-ends') throw new Error('inside of the table')
        expect(dayOfLunar(found.year, found.month, found.leap, found.day)).toBe(at)
        if (next.day !== 1) expect(next).toEqual({ ...found, day: found.day + 1 })
        else expect(lunarMonthDays(found.year, found.month, found.leap)).toBe(found.day)
      }),
    )
  })
})

const usual: LunarBirthdayRule = { withoutLeapMonth: 'plain', withLeapMonth: 'first', dayThirty: 'last' }

describe('lunar birthdays', () => {
  it.each<[LunarDate, number, Partial<LunarBirthdayRule>, string | undefined, string]>([
    [lunar(1987, 6, 10, true), 2024, {}, '2024-07-15', 'leap month 6, a year without it'],
    [lunar(1987, 6, 10, true), 2024, { withoutLeapMonth: 'skip' }, undefined, 'skipped if the rule says so'],
    [lunar(1987, 6, 10, true), 2025, {}, '2025-07-04', 'a year with it: the first of the two'],
    [lunar(1987, 6, 10, true), 2025, { withLeapMonth: 'leap' }, '2025-08-03', 'or the leap one'],
    [lunar(1987, 6, 10, true), 2025, { withoutLeapMonth: 'skip' }, '2025-07-04', 'skip concerns other years only'],
    [lunar(1988, 6, 10), 2025, { withLeapMonth: 'leap' }, '2025-07-04', 'born in the plain month: the plain one'],
    [lunar(1985, 12, 30), 2025, {}, '2026-02-16', 'day 30 in a month of 29'],
    [lunar(1985, 12, 30), 2025, { dayThirty: 'skip' }, undefined, 'skipped if the rule says so'],
    [lunar(1985, 12, 30), 2023, { dayThirty: 'skip' }, '2024-02-09', 'day 30 in a month of 30'],
    [lunar(1985, 12, 30), 2101, {}, 'calendar-ends', 'behind the table'],
    [lunar(1987, 6, 10, true), 2101, {}, 'calendar-ends', 'behind the table'],
  ])('%o in %i, %o: %s (%s)', (birth, year, rule, expected) => {
    expect(shown(lunarBirthday(birth, year, { ...usual, ...rule }))).toBe(expected)
  })
})
