import { describe, expect, it } from 'vitest'
import { dayNumber, isoDate, timeZone } from '../../services/domain/time-zones.ts'

const utc = (text: string) => Date.parse(text)

describe('wall times and instants', () => {
  it.each([
    // zone, wall time, instant
    ['Asia/Shanghai', '2026-06-01T09:00Z', '2026-06-01T01:00Z', 'no transitions'],
    ['Europe/Berlin', '2026-03-29T01:59Z', '2026-03-29T00:59Z', 'before the gap'],
    ['Europe/Berlin', '2026-03-29T02:30Z', '2026-03-29T01:00Z', 'in the gap: the first instant after it'],
    ['Europe/Berlin', '2026-03-29T03:00Z', '2026-03-29T01:00Z', 'behind the gap'],
    ['Europe/Berlin', '2026-10-25T02:30Z', '2026-10-25T00:30Z', 'twice: the earlier'],
    ['Europe/Berlin', '2026-10-25T03:00Z', '2026-10-25T02:00Z', 'behind the hour that exists twice'],
    ['America/New_York', '2026-03-08T02:00Z', '2026-03-08T07:00Z', 'first minute of a gap'],
    ['Australia/Lord_Howe', '2026-04-05T01:45Z', '2026-04-04T14:45Z', 'twice, by half an hour'],
    ['Pacific/Apia', '2011-12-30T12:00Z', '2011-12-30T10:00Z', 'a day that was left out'],
  ])('%s %s is %s (%s)', (zone, wall, instant) => {
    expect(new Date(timeZone(zone).instantOf(utc(wall))).toISOString()).toBe(new Date(utc(instant)).toISOString())
  })
})

describe('civil days', () => {
  it.each([
    ['Europe/Berlin', '2026-03-28T22:59:59.999Z', '2026-03-28', 'the day before'],
    ['Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29', 'a day of 23 hours begins'],
    ['Europe/Berlin', '2026-03-29T21:59:59.999Z', '2026-03-29', 'its last millisecond'],
    ['Europe/Berlin', '2026-03-29T22:00Z', '2026-03-30', 'and ends'],
    ['Europe/Berlin', '2026-10-24T22:00Z', '2026-10-25', 'a day of 25 hours begins'],
    ['Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-25', 'its last millisecond'],
    ['Europe/Berlin', '2026-10-25T23:00Z', '2026-10-26', 'and ends'],
    ['Asia/Shanghai', '2026-01-01T16:00Z', '2026-01-02', 'no transitions'],
  ])('%s at %s: %s (%s)', (zone, instant, date) => {
    expect(isoDate(timeZone(zone).civilDay(utc(instant)))).toBe(date)
  })

  it('are the same in whatever order they are asked for', () => {
    const zone = timeZone('America/Santiago')
    const hours = Array.from({ length: 9000 }, (_, i) => utc('2025-06-01T00:00Z') + ((i * 7919) % 9000) * 3_600_000)
    const format = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Santiago', dateStyle: 'short' })
    for (const hour of hours) expect(isoDate(zone.civilDay(hour))).toBe(format.format(hour))
  })
})

it('refuses a zone that does not exist', () => {
  expect(() => timeZone('Asia/Peking2')).toThrow(expect.objectContaining({ code: 'KM_TIME_ZONE_UNKNOWN' }))
})

it('numbers days from 1970', () => {
  expect([dayNumber(1970, 1, 1), dayNumber(1969, 12, 31), isoDate(dayNumber(2024, 2, 29))]).toEqual([
    0,
    -1,
    '2024-02-29',
  ])
})
