import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { createCalendar } from '../../services/domain/calendar.ts'
import { type DateDefinition, type Due, instantOn, nextDue } from '../../services/domain/due-dates.ts'
import { lunarOf } from '../../services/domain/lunar.ts'
import { dayMs, isoDate, timeZone } from '../../services/domain/time-zones.ts'

const day = (date: string) => Date.parse(`${date}T00:00Z`) / dayMs
const first = day('2020-01-01')
const last = day('2029-12-31')
const plain = (at: number) => Temporal.PlainDate.from(isoDate(at))

const calendar = createCalendar({
  id: 'small',
  title: { en: 'Anything' },
  weekend: [6, 7],
  announced: {
    covers: { from: first - 100, to: last + 100 },
    daysOff: [
      { from: first + 10, to: first + 12 },
      { from: first + 14, to: first + 15 },
      { from: first + 900, to: first + 900 },
    ],
    makeUpDays: [],
  },
  festivals: new Map([['mid-autumn', { title: { en: 'Mid-Autumn' }, dates: { kind: 'lunar', month: 8, day: 15 } }]]),
  daySets: new Map(),
})

const zones = fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'Antarctica/Troll')
const common = {
  offsetDays: fc.integer({ min: -40, max: 40 }),
  minuteOfDay: fc.integer({ min: 0, max: 1439 }),
}
const years = fc.integer({ min: 0, max: 3 })
const lunar = {
  kind: fc.constant('lunar-birthday' as const),
  fromYears: years,
  withoutLeapMonth: fc.constantFrom('plain' as const, 'skip' as const),
  withLeapMonth: fc.constantFrom('first' as const, 'leap' as const),
  dayThirty: fc.constantFrom('last' as const, 'skip' as const),
}
const definitions: fc.Arbitrary<DateDefinition> = fc.oneof(
  fc.record({ ...common, kind: fc.constant('yearly'), fromYears: years, leapDay: fc.constantFrom('02-28', '03-01') }),
  fc.record({ ...common, kind: fc.constant('once') }),
  fc.record({
    ...common,
    kind: fc.constant('nth-day'),
    day: fc.integer({ min: 1, max: 3_000 }),
    counting: fc.constantFrom('from-one', 'from-zero'),
  }),
  fc.record({ ...common, kind: fc.constant('every-months'), months: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ ...common, kind: fc.constant('festival'), festival: fc.constant('mid-autumn') }),
  fc.record({
    ...common,
    kind: fc.constant('day-set'),
    set: fc.constant('days-off'),
    each: fc.constantFrom('day', 'run'),
  }),
  fc.record({ ...common, kind: fc.constant('billing-day') }),
  fc.record({ ...common, ...lunar }),
)
const bases = fc.oneof(
  fc.integer({ min: first - 10_000, max: last }),
  fc.constantFrom('1988-02-29', '2000-02-29', '2024-02-29', '2019-12-31', '2020-01-31').map(day),
  // In leap months, and on day 30 of short ones.
  fc.constantFrom('1987-08-04', '2020-05-25', '2014-11-20', '1986-02-08', '2023-04-10').map(day),
)

/** Whether a local date is one of the definition's, judged from that date alone. */
function isDate(definition: DateDefinition, base: number, date: number): boolean {
  const at = plain(date - definition.offsetDays)
  const from = plain(base)
  const years = at.year - from.year
  switch (definition.kind) {
    case 'yearly': {
      if (years < definition.fromYears) return false
      const isMoved = from.month === 2 && from.day === 29 && !at.inLeapYear
      if (isMoved) return definition.leapDay === isoDate(date - definition.offsetDays).slice(5)
      return at.month === from.month && at.day === from.day
    }
    case 'once':
      return at.equals(from)
    case 'nth-day':
      return from.until(at).days === definition.day - (definition.counting === 'from-one' ? 1 : 0)
    case 'every-months': {
      const months = years * 12 + at.month - from.month
      return months > 0 && months % definition.months === 0 && from.add({ months }).equals(at)
    }
    case 'billing-day':
      return at.day === Math.min(base, at.daysInMonth)
    case 'festival': {
      const found = lunarOf(date - definition.offsetDays)
      return found !== 'calendar-ends' && found.month === 8 && !found.leap && found.day === 15
    }
    case 'day-set': {
      const found = date - definition.offsetDays
      const isBehind = definition.each === 'run' && calendar.dayKind(found - 1) === 'day-off'
      return calendar.dayKind(found) === 'day-off' && !isBehind
    }
    case 'lunar-birthday':
      return isLunarBirthday(definition, base, date - definition.offsetDays)
  }
}

function isLunarBirthday(
  rule: Extract<DateDefinition, { kind: 'lunar-birthday' }>,
  base: number,
  date: number,
): boolean {
  const birth = lunarOf(base)
  const here = lunarOf(date)
  const tomorrow = lunarOf(date + 1)
  if (birth === 'calendar-ends' || here === 'calendar-ends' || tomorrow === 'calendar-ends') return false
  if (here.year < birth.year + rule.fromYears || here.month !== birth.month) return false
  const isLast = here.day === 29 && tomorrow.day === 1
  const isDay = here.day === birth.day || (birth.day === 30 && isLast && rule.dayThirty === 'last')
  if (!isDay) return false
  if (!birth.leap) return !here.leap
  const hasLeap = Array.from({ length: 90 }, (_, i) => lunarOf(date - 45 + i)).some(
    (near) => near !== 'calendar-ends' && near.year === here.year && near.month === birth.month && near.leap,
  )
  if (hasLeap) return here.leap === (rule.withLeapMonth === 'leap')
  return rule.withoutLeapMonth === 'plain'
}

describe('for all definitions, dates and zones', () => {
  it('one after the other, they are the dates that a look at each day finds, each at its instant', () => {
    fc.assert(
      fc.property(definitions, bases, zones, fc.integer({ min: 0, max: dayMs }), (definition, date, name, ms) => {
        const zone = timeZone(name)
        const base = definition.kind === 'billing-day' ? (Math.abs(date) % 31) + 1 : date
        const start = (first + 60) * dayMs + ms
        const end = (last - 400) * dayMs
        const expected: Due[] = []
        for (let at = first; at <= last; at++) {
          if (!isDate(definition, base, at)) continue
          const instant = instantOn(definition, at, zone)
          if (instant > start && instant < end) expected.push({ day: at, at: instant })
        }
        const found: Due[] = []
        let due = nextDue(definition, base, zone, calendar, start)
        while (typeof due !== 'string' && due.at < end && found.length <= expected.length) {
          found.push(due)
          due = nextDue(definition, base, zone, calendar, due.at, due.day)
        }
        expect(found.map((one) => isoDate(one.day))).toEqual(expected.map((one) => isoDate(one.day)))
        expect(found).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  it('each comes later than the one before, wherever the subscriber has gone meanwhile, and no local date twice', () => {
    fc.assert(
      fc.property(definitions, bases, fc.array(zones, { minLength: 2, maxLength: 12 }), (definition, date, names) => {
        const base = definition.kind === 'billing-day' ? (Math.abs(date) % 31) + 1 : date
        let after = (first + 60) * dayMs
        let lastDay: number | undefined
        for (const name of names) {
          const due = nextDue(definition, base, timeZone(name), calendar, after, lastDay)
          if (typeof due === 'string') return
          expect(due.at).toBeGreaterThan(after)
          if (lastDay !== undefined) expect(due.day).toBeGreaterThan(lastDay)
          after = due.at
          lastDay = due.day
        }
      }),
      { numRuns: 500 },
    )
  })

  it('a lunar birthday that skips nothing is kept in every lunar year, and once', () => {
    const born = fc.integer({ min: day('1920-01-01'), max: day('2019-01-01') })
    fc.assert(
      fc.property(born, fc.constantFrom('first' as const, 'leap' as const), (base, withLeapMonth) => {
        const definition: DateDefinition = {
          kind: 'lunar-birthday',
          fromYears: 1,
          withoutLeapMonth: 'plain',
          withLeapMonth,
          dayThirty: 'last',
          offsetDays: 0,
          minuteOfDay: 540,
        }
        const zone = timeZone('Asia/Shanghai')
        const kept: number[] = []
        let due = nextDue(definition, base, zone, undefined, base * dayMs)
        while (typeof due !== 'string' && kept.length <= 200) {
          const date = lunarOf(due.day)
          if (date !== 'calendar-ends') kept.push(date.year)
          due = nextDue(definition, base, zone, undefined, due.at)
        }
        const birth = lunarOf(base)
        const from = birth === 'calendar-ends' ? Number.NaN : birth.year + 1
        expect(due).toBe('calendar-ends')
        expect(kept).toEqual(Array.from({ length: 2100 - from + 1 }, (_, i) => from + i))
      }),
      { numRuns: 100 },
    )
  })
})
