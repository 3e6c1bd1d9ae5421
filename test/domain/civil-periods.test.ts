import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { firstDayOfMonth, monthOfDay, type PeriodUnit, weekdayOf } from '../../services/domain/civil-periods.ts'
import { dayMs, dayNumber, isoDate, type TimeZone, timeZone } from '../../services/domain/time-zones.ts'

const utc = (text: string) => Date.parse(text)
const month = (text: string) => monthOfDay(utc(`${text}-01T00:00Z`) / dayMs)
const wall = (zone: string, t: number) =>
  Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO(zone).toPlainDateTime()

describe('periods of an instant', () => {
  it.each([
    ['Europe/Berlin', '2026-10-24T23:59:59.999Z', '2026-10-25', 1, 'before the hour that exists twice'],
    ['Europe/Berlin', '2026-10-25T00:00Z', '2026-10-25', 2, 'first'],
    ['Europe/Berlin', '2026-10-25T01:00Z', '2026-10-25', 2, 'again: the same civil hour'],
    ['Europe/Berlin', '2026-10-25T02:00Z', '2026-10-25', 3, 'behind it'],
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', '2026-03-29', 1, 'before an hour that does not exist'],
    ['Europe/Berlin', '2026-03-29T01:00Z', '2026-03-29', 3, 'behind it'],
    ['Australia/Lord_Howe', '2026-04-04T15:15Z', '2026-04-05', 1, 'half an hour again'],
    ['Asia/Kathmandu', '2026-01-01T18:14:59.999Z', '2026-01-01', 23, 'an offset of 5:45'],
    ['Asia/Kathmandu', '2026-01-01T18:15Z', '2026-01-02', 0, 'an offset of 5:45'],
  ])('%s at %s: %s hour %i (%s)', (zone, at, day, hour) => {
    expect(timeZone(zone).civilHour(utc(at))).toBe((utc(`${day}T00:00Z`) / dayMs) * 24 + hour)
  })

  it.each([
    // billing day, local date, billing month that the date belongs to
    [1, '2026-03-01', '2026-03'],
    [1, '2026-03-31', '2026-03'],
    [15, '2026-03-14', '2026-02'],
    [15, '2026-03-15', '2026-03'],
    [31, '2026-01-30', '2025-12'],
    [31, '2026-01-31', '2026-01'],
    [31, '2026-02-27', '2026-01'],
    [31, '2026-02-28', '2026-02'],
    [31, '2026-03-01', '2026-02'],
    [31, '2026-04-29', '2026-03'],
    [31, '2026-04-30', '2026-04'],
    [31, '2028-02-28', '2028-01'],
    [31, '2028-02-29', '2028-02'],
    [29, '2027-02-28', '2027-02'],
    [30, '2026-12-31', '2026-12'],
    [30, '2027-01-01', '2026-12'],
  ])('billing day %i: %s is in the month that began in %s', (billingDay, date, began) => {
    const noon = utc(`${date}T12:00+08:00`)
    expect(timeZone('Asia/Shanghai').billingMonth(noon, billingDay)).toBe(month(began))
  })

  it('begin where the zone is, to the millisecond', () => {
    const zone = timeZone('Asia/Shanghai')
    const end = utc('2026-02-01T00:00+08:00')
    expect([zone.civilMonth(end - 1), zone.civilMonth(end)]).toEqual([month('2026-01'), month('2026-02')])
    expect([zone.weekday(end - 1), zone.weekday(end)]).toEqual([6, 7])
    expect(zone.civilWeek(end + dayMs) - zone.civilWeek(end + dayMs - 1)).toBe(1)
    expect([zone.minuteOfDay(end - 1), zone.minuteOfDay(end)]).toEqual([1439, 0])
  })
})

describe('where a period begins', () => {
  it.each<[string, PeriodUnit, number, number, string, string]>([
    ['Europe/Berlin', 'day', dayNumber(2026, 3, 29), 1, '2026-03-28T23:00Z', 'a day of 23 hours'],
    ['Europe/Berlin', 'day', dayNumber(2026, 3, 30), 1, '2026-03-29T22:00Z', 'and its end'],
    ['Europe/Berlin', 'hour', dayNumber(2026, 3, 29) * 24 + 2, 1, '2026-03-29T01:00Z', 'an hour left out'],
    ['Europe/Berlin', 'hour', dayNumber(2026, 10, 25) * 24 + 2, 1, '2026-10-25T00:00Z', 'an hour that exists twice'],
    ['Europe/Berlin', 'hour', dayNumber(2026, 10, 25) * 24 + 3, 1, '2026-10-25T02:00Z', 'and its end'],
    ['America/Santiago', 'day', dayNumber(2026, 9, 6), 1, '2026-09-06T04:00Z', 'midnight does not exist'],
    ['America/Havana', 'day', dayNumber(2026, 11, 1), 1, '2026-11-01T04:00Z', 'midnight exists twice'],
    ['Pacific/Apia', 'day', dayNumber(2011, 12, 30), 1, '2011-12-30T10:00Z', 'a day left out'],
    ['Pacific/Apia', 'day', dayNumber(2011, 12, 31), 1, '2011-12-30T10:00Z', 'a day left out'],
    ['Asia/Shanghai', 'week', 0, 1, '1969-12-28T16:00Z', 'the week of 1970-01-01'],
    ['Asia/Shanghai', 'month', month('2026-02'), 1, '2026-01-31T16:00Z', ''],
    ['Asia/Shanghai', 'billing-month', month('2026-02'), 31, '2026-02-27T16:00Z', 'the last day of a short month'],
    ['Asia/Shanghai', 'billing-month', month('2026-03'), 31, '2026-03-30T16:00Z', ''],
  ])('%s %s %i, billing day %i: %s (%s)', (zone, unit, index, billingDay, instant) => {
    expect(new Date(timeZone(zone).startOf(unit, index, billingDay)).toISOString()).toBe(
      new Date(utc(instant)).toISOString(),
    )
  })
})

const strange = [
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Antarctica/Troll',
  'Antarctica/Casey',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'Asia/Gaza',
  'Pacific/Kwajalein',
  'Africa/Monrovia',
  'Asia/Pyongyang',
  'Europe/Lisbon',
]
const zones = fc.constantFrom(...strange, 'Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'UTC')
const units = fc.constantFrom<PeriodUnit>('hour', 'day', 'week', 'month', 'billing-month')
const from = utc('1970-01-02T00:00Z')
const until = utc('2100-12-31T00:00Z')
const anywhere = fc.integer({ min: from, max: until })

/** Instants of all years, half of them within three hours of a transition. */
const zoneAndInstant = fc
  .tuple(zones, anywhere, fc.option(fc.integer({ min: -10_800_000, max: 10_800_000 })))
  .map(([zone, t, near]): [string, number] => {
    if (near === null) return [zone, t]
    const here = Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO(zone)
    const transition = here.getTimeZoneTransition('previous')
    return [zone, Math.max(from, (transition?.epochMilliseconds ?? t) + near)]
  })

const startLocal = (unit: PeriodUnit, local: Temporal.PlainDateTime, billingDay: number): Temporal.PlainDateTime => {
  const midnight = local.with({ hour: 0, minute: 0, second: 0, millisecond: 0 })
  switch (unit) {
    case 'hour':
      return local.with({ minute: 0, second: 0, millisecond: 0 })
    case 'day':
      return midnight
    case 'week':
      return midnight.subtract({ days: midnight.dayOfWeek - 1 })
    case 'month':
      return midnight.with({ day: 1 })
    case 'billing-month': {
      const begins = midnight.with({ day: billingDay })
      return Temporal.PlainDateTime.compare(begins, midnight) <= 0
        ? begins
        : midnight.with({ day: 1 }).subtract({ months: 1 }).with({ day: billingDay })
    }
  }
}

describe('for all zones and instants', () => {
  it('the wall clock is as Temporal says', () => {
    fc.assert(
      fc.property(zoneAndInstant, fc.integer({ min: 1, max: 31 }), ([name, t], billingDay) => {
        const zone = timeZone(name)
        const local = wall(name, t)
        expect(isoDate(zone.civilDay(t))).toBe(local.toPlainDate().toString())
        expect(zone.civilHour(t)).toBe(zone.civilDay(t) * 24 + local.hour)
        expect(zone.minuteOfDay(t)).toBe(local.hour * 60 + local.minute)
        expect(zone.weekday(t)).toBe(local.dayOfWeek)
        expect(zone.civilMonth(t)).toBe(local.year * 12 + local.month - 1)
        const began = startLocal('billing-month', local, billingDay)
        expect(zone.billingMonth(t, billingDay)).toBe(began.year * 12 + began.month - 1)
      }),
      { numRuns: 1_000 },
    )
  })

  it('a period begins at the first instant of its index, which the wall clock calls its beginning unless in a gap', () => {
    fc.assert(
      fc.property(zoneAndInstant, units, fc.integer({ min: 1, max: 31 }), ([name, t], unit, billingDay) => {
        const zone = timeZone(name)
        const index = zone.periodOf(unit, t, billingDay)
        const start = zone.startOf(unit, index, billingDay)
        const label = startLocal(unit, wall(name, t), billingDay)
        expect(start).toBeLessThanOrEqual(t)
        expect(zone.periodOf(unit, start - 1, billingDay)).toBeLessThan(index)
        expect(zone.periodOf(unit, start, billingDay)).toBe(index)
        const shown = wall(name, start)
        if (!shown.equals(label)) expect(isGap(zone, start)).toBe(true)
        else expect(start).toBe(label.toZonedDateTime(name, { disambiguation: 'earlier' }).epochMilliseconds)
      }),
      { numRuns: 1_000 },
    )
  })

  it('periods follow each other without a hole', () => {
    fc.assert(
      fc.property(zoneAndInstant, units, fc.integer({ min: 1, max: 31 }), ([name, t], unit, billingDay) => {
        const zone = timeZone(name)
        const index = zone.periodOf(unit, t, billingDay)
        const end = zone.startOf(unit, index + 1, billingDay)
        expect(zone.periodOf(unit, end - 1, billingDay)).toBeLessThanOrEqual(index)
        expect(zone.periodOf(unit, end, billingDay)).toBeGreaterThan(index)
        // Only what the clock shows again lies behind the end.
        if (t >= end) expect(zone.offsetAt(t)).toBeLessThan(zone.offsetAt(end - 1))
      }),
      { numRuns: 1_000 },
    )
  })

  it('days and months, backwards and forwards', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: -30_000, max: 50_000 }), fc.integer({ min: -719_162, max: 2_932_896 })),
        (day) => {
          const date = Temporal.PlainDate.from(isoDate(day))
          expect(firstDayOfMonth(monthOfDay(day))).toBe(day - date.day + 1)
          expect(weekdayOf(day)).toBe(date.dayOfWeek)
        },
      ),
    )
  })
})

const isGap = (zone: TimeZone, t: number) => zone.offsetAt(t) > zone.offsetAt(t - 1)
