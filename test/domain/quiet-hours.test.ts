import { describe, expect, it } from 'vitest'
import { nextQuietStart, type QuietWindow, quietUntil } from '../../services/domain/quiet-hours.ts'

const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
/** `22:00-08:00 12:00-14:00` */
const windowsOf = (text: string): QuietWindow[] =>
  text.split(' ').map((window) => ({ start: minutes(window.slice(0, 5)), end: minutes(window.slice(6)) }))
const utc = (at: number | undefined) =>
  at === undefined || at === Infinity ? '-' : new Date(at).toISOString().slice(5, 16)

describe('quiet until', () => {
  it.each`
    zone                  | windows                      | at                           | until            | why
    ${'Asia/Shanghai'}    | ${'22:00-08:00'}             | ${'2026-03-02T13:59:59.999'} | ${'-'}           | ${'just before the start'}
    ${'Asia/Shanghai'}    | ${'22:00-08:00'}             | ${'2026-03-02T14:00:00.000'} | ${'03-03T00:00'} | ${'the start is quiet'}
    ${'Asia/Shanghai'}    | ${'22:00-08:00'}             | ${'2026-03-02T16:00:00.000'} | ${'03-03T00:00'} | ${'midnight'}
    ${'Asia/Shanghai'}    | ${'22:00-08:00'}             | ${'2026-03-02T23:59:59.999'} | ${'03-03T00:00'} | ${'just before the end'}
    ${'Asia/Shanghai'}    | ${'22:00-08:00'}             | ${'2026-03-03T00:00:00.000'} | ${'-'}           | ${'the end is not quiet'}
    ${'Asia/Shanghai'}    | ${'12:00-14:00'}             | ${'2026-03-03T05:00:00.000'} | ${'03-03T06:00'} | ${'within a day'}
    ${'Asia/Shanghai'}    | ${'08:00-08:00'}             | ${'2026-03-03T00:00:00.000'} | ${'-'}           | ${'an empty window'}
    ${'Asia/Shanghai'}    | ${'22:00-00:00 00:00-08:00'} | ${'2026-03-02T15:00:00.000'} | ${'03-03T00:00'} | ${'windows that touch'}
    ${'Asia/Shanghai'}    | ${'22:00-07:00 06:00-09:00'} | ${'2026-03-02T15:00:00.000'} | ${'03-03T01:00'} | ${'windows that overlap'}
    ${'Europe/Berlin'}    | ${'22:00-08:00'}             | ${'2026-03-28T21:00:00.000'} | ${'03-29T06:00'} | ${'a night of 9 hours'}
    ${'Europe/Berlin'}    | ${'22:00-08:00'}             | ${'2026-10-24T20:00:00.000'} | ${'10-25T07:00'} | ${'a night of 11 hours'}
    ${'Europe/Berlin'}    | ${'22:00-02:30'}             | ${'2026-03-29T00:59:59.999'} | ${'03-29T01:00'} | ${'the end is in the gap'}
    ${'Europe/Berlin'}    | ${'22:00-02:30'}             | ${'2026-03-29T01:00:00.000'} | ${'-'}           | ${'the end is in the gap'}
    ${'Europe/Berlin'}    | ${'02:30-08:00'}             | ${'2026-03-29T01:00:00.000'} | ${'03-29T06:00'} | ${'the start is in the gap'}
    ${'Europe/Berlin'}    | ${'02:00-03:00'}             | ${'2026-03-29T01:00:00.000'} | ${'-'}           | ${'all of it is in the gap'}
    ${'Europe/Berlin'}    | ${'22:00-02:30'}             | ${'2026-10-25T00:30:00.000'} | ${'10-25T01:30'} | ${'the end comes twice: the later'}
    ${'Europe/Berlin'}    | ${'22:00-02:30'}             | ${'2026-10-25T01:30:00.000'} | ${'-'}           | ${'the end comes twice: the later'}
    ${'Europe/Berlin'}    | ${'02:30-08:00'}             | ${'2026-10-25T00:29:59.999'} | ${'-'}           | ${'the start comes twice: the earlier'}
    ${'Europe/Berlin'}    | ${'02:30-08:00'}             | ${'2026-10-25T00:30:00.000'} | ${'10-25T07:00'} | ${'the start comes twice: the earlier'}
    ${'Europe/Berlin'}    | ${'02:30-08:00'}             | ${'2026-10-25T01:00:00.000'} | ${'10-25T07:00'} | ${'02:00 again, inside'}
    ${'America/New_York'} | ${'21:00-02:30'}             | ${'2026-03-08T06:59:59.999'} | ${'03-08T07:00'} | ${'the end is in the gap'}
    ${'America/New_York'} | ${'21:00-02:30'}             | ${'2026-03-08T07:00:00.000'} | ${'-'}           | ${'the end is in the gap'}
    ${'America/New_York'} | ${'21:00-01:30'}             | ${'2026-11-01T06:29:59.999'} | ${'11-01T06:30'} | ${'the end comes twice: the later'}
    ${'America/New_York'} | ${'01:30-09:00'}             | ${'2026-11-01T05:30:00.000'} | ${'11-01T14:00'} | ${'the start comes twice: the earlier'}
    ${'America/New_York'} | ${'21:00-09:00'}             | ${'2026-11-01T05:30:00.000'} | ${'11-01T14:00'} | ${'a night of 13 hours'}
  `('$zone $windows at $at: $why', ({ zone, windows, at, until }) => {
    expect(utc(quietUntil(windowsOf(windows), [zone], Date.parse(`${at}Z`)))).toBe(until)
  })

  it('is quiet in a country while it is quiet in any of its zones', () => {
    const zones = ['America/New_York', 'America/Los_Angeles']
    const night = windowsOf('22:00-08:00')
    expect(utc(quietUntil(night, zones, Date.parse('2026-01-15T03:00Z')))).toBe('01-15T16:00')
    expect(utc(quietUntil(night, zones, Date.parse('2026-01-15T15:59Z')))).toBe('01-15T16:00')
    expect(utc(quietUntil(night, zones, Date.parse('2026-01-15T16:00Z')))).toBe('-')
  })

  it('comes to an end where quiet has none', () => {
    const at = Date.parse('2026-01-15T03:00Z')
    const until = quietUntil(windowsOf('00:00-12:00 12:00-00:00'), ['Asia/Shanghai'], at) ?? 0
    expect(until - at).toBeGreaterThan(7 * 24 * 3_600_000)
  })
})

describe('next quiet start', () => {
  it.each`
    zone               | windows                      | at                    | start            | why
    ${'Asia/Shanghai'} | ${'22:00-08:00'}             | ${'2026-03-03T00:00'} | ${'03-03T14:00'} | ${'this evening'}
    ${'Asia/Shanghai'} | ${'22:00-08:00 12:00-14:00'} | ${'2026-03-03T00:00'} | ${'03-03T04:00'} | ${'the first of two'}
    ${'Asia/Shanghai'} | ${'12:00-14:00'}             | ${'2026-03-03T06:00'} | ${'03-04T04:00'} | ${'tomorrow'}
    ${'Europe/Berlin'} | ${'02:10-02:50'}             | ${'2026-03-28T12:00'} | ${'03-30T00:10'} | ${'not on the night that skips it'}
    ${'Europe/Berlin'} | ${'02:30-08:00'}             | ${'2026-10-24T12:00'} | ${'10-25T00:30'} | ${'comes twice: the earlier'}
    ${'Asia/Shanghai'} | ${'08:00-08:00'}             | ${'2026-03-03T06:00'} | ${'-'}           | ${'an empty window'}
  `('$zone $windows after $at: $why', ({ zone, windows, at, start }) => {
    expect(utc(nextQuietStart(windowsOf(windows), [zone], Date.parse(`${at}Z`)))).toBe(start)
  })
})
