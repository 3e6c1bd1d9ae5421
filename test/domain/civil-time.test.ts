import { describe, expect, it } from 'vitest'
import { civilPeriod, isTimeZone, localDate, wallTime } from '../../services/domain/civil-time.ts'

const dayMs = 86_400_000
const utc = (at: number) => new Date(at).toISOString().slice(0, 16)

describe('wall times', () => {
  it.each`
    zone                  | date            | minute | repeated     | expected              | why
    ${'Europe/Berlin'}    | ${'2026-01-15'} | ${480} | ${'earlier'} | ${'2026-01-15T07:00'} | ${'winter'}
    ${'Europe/Berlin'}    | ${'2026-03-29'} | ${119} | ${'earlier'} | ${'2026-03-29T00:59'} | ${'last minute before the gap'}
    ${'Europe/Berlin'}    | ${'2026-03-29'} | ${120} | ${'earlier'} | ${'2026-03-29T01:00'} | ${'first minute of the gap'}
    ${'Europe/Berlin'}    | ${'2026-03-29'} | ${150} | ${'earlier'} | ${'2026-03-29T01:00'} | ${'inside the gap'}
    ${'Europe/Berlin'}    | ${'2026-03-29'} | ${150} | ${'later'}   | ${'2026-03-29T01:00'} | ${'inside the gap'}
    ${'Europe/Berlin'}    | ${'2026-03-29'} | ${180} | ${'later'}   | ${'2026-03-29T01:00'} | ${'first minute after the gap'}
    ${'Europe/Berlin'}    | ${'2026-10-25'} | ${150} | ${'earlier'} | ${'2026-10-25T00:30'} | ${'twice: summer time'}
    ${'Europe/Berlin'}    | ${'2026-10-25'} | ${150} | ${'later'}   | ${'2026-10-25T01:30'} | ${'twice: winter time'}
    ${'America/New_York'} | ${'2026-03-08'} | ${150} | ${'earlier'} | ${'2026-03-08T07:00'} | ${'inside the gap'}
    ${'America/New_York'} | ${'2026-11-01'} | ${90}  | ${'earlier'} | ${'2026-11-01T05:30'} | ${'twice'}
    ${'America/New_York'} | ${'2026-11-01'} | ${90}  | ${'later'}   | ${'2026-11-01T06:30'} | ${'twice'}
    ${'Asia/Shanghai'}    | ${'2026-03-29'} | ${150} | ${'earlier'} | ${'2026-03-28T18:30'} | ${'no summer time'}
    ${'Pacific/Apia'}     | ${'2011-12-30'} | ${600} | ${'earlier'} | ${'2011-12-30T10:00'} | ${'a date that was skipped'}
    ${'Africa/Cairo'}     | ${'2026-04-24'} | ${0}   | ${'earlier'} | ${'2026-04-23T22:00'} | ${'midnight in the gap'}
  `('$zone $date $minute $repeated: $why', ({ zone, date, minute, repeated, expected }) => {
    const day = Date.parse(date) / dayMs
    expect(utc(wallTime(day, minute, zone, repeated))).toBe(expected)
  })
})

describe('civil periods', () => {
  it.each`
    zone                  | unit       | at                    | start                 | end                   | why
    ${'Europe/Berlin'}    | ${'day'}   | ${'2026-03-29T12:00'} | ${'2026-03-28T23:00'} | ${'2026-03-29T22:00'} | ${'a day of 23 hours'}
    ${'Europe/Berlin'}    | ${'day'}   | ${'2026-10-25T12:00'} | ${'2026-10-24T22:00'} | ${'2026-10-25T23:00'} | ${'a day of 25 hours'}
    ${'Asia/Shanghai'}    | ${'week'}  | ${'2026-03-01T15:59'} | ${'2026-02-22T16:00'} | ${'2026-03-01T16:00'} | ${'Sunday night'}
    ${'Asia/Shanghai'}    | ${'week'}  | ${'2026-03-01T16:00'} | ${'2026-03-01T16:00'} | ${'2026-03-08T16:00'} | ${'Monday begins'}
    ${'America/New_York'} | ${'month'} | ${'2026-11-15T12:00'} | ${'2026-11-01T04:00'} | ${'2026-12-01T05:00'} | ${'summer time ends in it'}
    ${'Asia/Shanghai'}    | ${'year'}  | ${'2026-12-31T15:59'} | ${'2025-12-31T16:00'} | ${'2026-12-31T16:00'} | ${"New Year's Eve"}
    ${'America/New_York'} | ${'year'}  | ${'2028-01-01T04:59'} | ${'2027-01-01T05:00'} | ${'2028-01-01T05:00'} | ${'still the old year'}
    ${'Europe/Berlin'}    | ${'year'}  | ${'2028-07-01T00:00'} | ${'2027-12-31T23:00'} | ${'2028-12-31T23:00'} | ${'a leap year'}
    ${'Africa/Cairo'}     | ${'day'}   | ${'2026-04-24T12:00'} | ${'2026-04-23T22:00'} | ${'2026-04-24T21:00'} | ${'midnight does not exist'}
  `('$zone $unit of $at: $why', ({ zone, unit, at, start, end }) => {
    const period = civilPeriod(unit, Date.parse(`${at}Z`), zone)
    expect([utc(period.start), utc(period.end)]).toEqual([start, end])
  })

  it.each`
    billingDay | at                    | start                 | end
    ${1}       | ${'2026-03-15T12:00'} | ${'2026-02-28T16:00'} | ${'2026-03-31T16:00'}
    ${15}      | ${'2026-03-14T15:59'} | ${'2026-02-14T16:00'} | ${'2026-03-14T16:00'}
    ${31}      | ${'2026-03-01T00:00'} | ${'2026-02-27T16:00'} | ${'2026-03-30T16:00'}
  `('billing month from day $billingDay around $at', ({ billingDay, at, start, end }) => {
    const period = civilPeriod('billing-month', Date.parse(`${at}Z`), 'Asia/Shanghai', billingDay)
    expect([utc(period.start), utc(period.end)]).toEqual([start, end])
  })

  it('knows the date where the subscriber is', () => {
    expect(localDate(Date.parse('2026-03-01T23:30Z'), 'Asia/Shanghai')).toBe('2026-03-02')
    expect(localDate(Date.parse('2026-03-01T23:30Z'), 'America/New_York')).toBe('2026-03-01')
  })

  it('knows which names are zones', () => {
    const names = ['Europe/Berlin', 'Europe/Berlin', 'Mars/Olympus', '', 'UTC', '+01:00']
    expect(names.map(isTimeZone)).toEqual([true, true, false, false, true, false])
  })
})
