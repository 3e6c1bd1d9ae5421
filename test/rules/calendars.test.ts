import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Lunar } from 'lunar-javascript'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import calendarSchema from '../../schemas/calendar.schema.json' with { type: 'json' }
import factorSchema from '../../schemas/factor.schema.json' with { type: 'json' }
import policySchema from '../../schemas/policy.schema.json' with { type: 'json' }
import ruleSchema from '../../schemas/rule.schema.json' with { type: 'json' }
import tagSchema from '../../schemas/tag.schema.json' with { type: 'json' }
import type { Calendar } from '../../services/domain/calendar.ts'
import { dayMs, isoDate } from '../../services/domain/time-zones.ts'
import { checkCalendar, type RawCalendar } from '../../services/rules/calendars.ts'
import type { Problem } from '../../services/rules/problem.ts'
import { readSource } from '../../services/rules/source.ts'
import { createSubject } from '../../services/rules/subject.ts'

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictTuples: false })
for (const schema of [factorSchema, policySchema, ruleSchema, tagSchema]) ajv.addSchema(schema)
const isShaped = ajv.compile<RawCalendar>(calendarSchema)

const shipped = (name: string) =>
  readFileSync(new URL(`../../deploy/catalogue/calendars/${name}.yaml`, import.meta.url), 'utf8')

function check(text: string): { calendar: Calendar | undefined; problems: readonly string[] } {
  const problems: Problem[] = []
  const [node] = readSource({ path: 'c.yaml', text }, problems)
  if (!node || !isShaped(node.value)) throw new Error(JSON.stringify(isShaped.errors ?? problems))
  const calendar = checkCalendar(node.value, createSubject(node, problems))
  return { calendar, problems: problems.map(String) }
}

function load(name: string): Calendar {
  const { calendar, problems } = check(shipped(name))
  if (!calendar) throw new Error(problems.join('\n'))
  return calendar
}

const day = (date: string) => Date.parse(`${date}T00:00Z`) / dayMs
const dates = (found: readonly number[] | string | undefined) =>
  typeof found === 'object' ? found.map(isoDate) : found
const rows = (name: string) =>
  readFileSync(new URL(`../data/calendars/${name}.csv`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','))

describe('the calendar of China', () => {
  const china = load('china')

  it('has each day off and each make-up day that was announced, and no other', () => {
    const announced = new Map(
      rows('china-official-days').map(([date = '', kind]) => [day(date), kind === 'off' ? 'day-off' : 'make-up-day']),
    )
    expect(announced.size).toBe(322)
    const different: string[] = []
    for (let at = day('2018-01-01'); at <= day('2026-12-31'); at++) {
      const usual = new Date(at * dayMs).getUTCDay() % 6 === 0 ? 'weekend' : 'working-day'
      if (china.dayKind(at) !== (announced.get(at) ?? usual)) different.push(isoDate(at))
    }
    expect(different).toEqual([])
    expect(china.dayKind(day('2027-01-01'))).toBe('calendar-ends')
  })

  it('has the lunar festivals where other code has them', () => {
    const names: Readonly<Record<string, string>> = { new_year_eve: 'spring-festival-eve' }
    const festivals = rows('china-lunar-festivals').map(([date = '', key = '']) => ({
      date,
      name: names[key] ?? key.replaceAll('_', '-'),
    }))
    const wrong = festivals.filter(({ date, name }) => china.nextFestival(name, day(date) - 1) !== day(date))
    expect(festivals).toHaveLength(162)
    expect(wrong).toEqual([])
  })

  it('has Qingming on the day of its solar term', () => {
    for (let year = 2018; year <= 2050; year++) {
      const term = Lunar.fromYmd(year, 3, 1).getJieQiTable().清明?.toYmd()
      expect(dates(china.festivalDays('qingming', year))).toEqual([term])
    }
  })

  it('has the examination days', () => {
    expect(china.isInSet('gaokao', day('2026-06-07'))).toBe(true)
    expect(china.nextInSet('gaokao', day('2019-12-31'), 'run')).toBe(day('2020-07-07'))
    expect(china.nextInSet('gaokao', day('2026-06-10'), 'day')).toBe('calendar-ends')
  })
})

describe('the calendar of Germany', () => {
  const germany = load('germany')

  /** By the Anonymous Gregorian algorithm in the form of Spencer Jones, which the file wasn't made with. */
  function easter(year: number): number {
    const a = year % 19
    const b = Math.floor(year / 100)
    const c = year % 100
    const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
    const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
    const n = h + l - 7 * Math.floor((a + 11 * h + 22 * l) / 451) + 114
    return day(`${year}-0${Math.floor(n / 31)}-${String((n % 31) + 1).padStart(2, '0')}`)
  }

  it('has nine holidays a year, those of Easter at their distance from it', () => {
    for (let year = 2020; year <= 2035; year++) {
      const sunday = easter(year)
      expect(dates(germany.festivalDays('easter', year))).toEqual([isoDate(sunday)])
      const fixed = ['01-01', '05-01', '10-03', '12-25', '12-26'].map((date) => day(`${year}-${date}`))
      const expected = [...fixed, sunday - 2, sunday + 1, sunday + 39, sunday + 50].sort((a, b) => a - b)
      const found: number[] = []
      for (let at = day(`${year}-01-01`); at <= day(`${year}-12-31`); at++) {
        if (germany.dayKind(at) === 'day-off') found.push(at)
      }
      expect(dates(found)).toEqual(dates(expected))
    }
  })
})

describe('a calendar with faults', () => {
  it('tells each one where it stands', () => {
    const { calendar, problems } = check(`id: wrong
title: { en: Wrong }
weekend: [saturday, sunday]
announced:
  covers: { from: 2026-01-01, to: 2026-12-31 }
  days_off:
    - { from: 2026-02-30 }
    - { from: 2026-10-07, to: 2026-10-01 }
    - { from: 2027-01-01 }
    - { from: 2026-05-01, to: 2026-05-05 }
  make_up_days: [2026-05-02, 2026-05-06, 2026-13-01, 2026-05-09]
festivals:
  - { id: carnival, title: { en: Carnival } }
  - { id: leap, title: { en: Leap day }, yearly: { month: 2, day: 29 } }
  - { id: both, title: { en: Both }, yearly: { month: 2, day: 1 }, lunar: { month: 1, day: 1 } }
  - { id: carnival, title: { en: Again }, listed: { covers: { from: 1800-01-01, to: 2000-01-01 }, dates: [1799-12-31] } }
day_sets:
  - { id: both, title: { en: Both }, covers: { from: 2026-02-29, to: 2026-12-31 }, days: [{ from: 2020-01-01 }] }
  - { id: days-off, title: { en: Off }, covers: { from: 2026-01-01, to: 2026-12-31 }, days: [] }
`)
    expect(calendar).toBeUndefined()
    expect(problems.toSorted((a, b) => Number(a.split(':')[1]) - Number(b.split(':')[1]))).toEqual([
      "c.yaml:7:15  KM_CATALOGUE_VALUE  '2026-02-30' is no date; write it like 2026-02-17",
      "c.yaml:8:7  KM_CATALOGUE_VALUE  '2026-10-07' to '2026-10-01' ends before it begins",
      "c.yaml:9:15  KM_CATALOGUE_VALUE  '2027-01-01' is outside of covers, 2026-01-01 to 2026-12-31",
      "c.yaml:11:18  KM_CATALOGUE_VALUE  '2026-05-02' is a day off too; on a make-up day people work",
      "c.yaml:11:30  KM_CATALOGUE_VALUE  '2026-05-06' is a working day anyhow, not of the weekend",
      "c.yaml:11:42  KM_CATALOGUE_VALUE  '2026-13-01' is no date; write it like 2026-02-17",
      "c.yaml:13:5  KM_CATALOGUE_VALUE  'carnival' does not say when it is; give one of yearly, weekday, lunar, listed",
      'c.yaml:14:67  KM_CATALOGUE_VALUE  not every year has a day 29 in month 2; give one that it has',
      "c.yaml:15:5  KM_CATALOGUE_VALUE  'both' says in 2 ways when it is; give one of yearly, weekday, lunar, listed",
      "c.yaml:16:61  KM_CATALOGUE_VALUE  '1800-01-01' to '2000-01-01' is more than 150 years",
      "c.yaml:16:107  KM_CATALOGUE_VALUE  '1799-12-31' is outside of covers, 1800-01-01 to 2000-01-01",
      "c.yaml:16:11  KM_CATALOGUE_DUPLICATE_ID  'carnival' is used twice in the calendar",
      "c.yaml:18:54  KM_CATALOGUE_VALUE  '2026-02-29' is no date; write it like 2026-02-17",
      "c.yaml:18:11  KM_CATALOGUE_DUPLICATE_ID  'both' is used twice in the calendar",
      "c.yaml:19:11  KM_CATALOGUE_VALUE  every calendar has 'days-off' as announced; give this another name",
    ])
  })

  it.each([
    ['a day 30 of a lunar month', 'festivals: [{ id: a, title: { en: A }, lunar: { month: 1, day: 30 } }]'],
    [
      'an nth that not every month has',
      'festivals: [{ id: a, title: { en: A }, weekday: { month: 1, weekday: monday, nth: 5 } }]',
    ],
  ])('refuses %s', (_, line) => {
    const text = shipped('germany').replace(/festivals:.*/s, line)
    expect(isShaped(parse(text))).toBe(false)
    expect(isShaped(parse(text.replace(line, 'festivals: []')))).toBe(true)
  })
})
