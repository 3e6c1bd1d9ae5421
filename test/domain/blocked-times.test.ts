import { describe, expect, it, test } from 'vitest'
import {
  type BlockedTimes,
  blockedUntil,
  type DayType,
  dayTypes,
  isHoliday,
  nextBlockedStart,
  parseBand,
} from '../../services/domain/blocked-times.ts'
import { calendarOf } from './days-off.ts'

/** `sunday,holiday 18:00-21:00`, the days or the bands left out. */
function block(text: string): BlockedTimes {
  const words = text.split(/[ ,]/).filter((word) => word !== '')
  const isDay = (word: string): word is DayType => (dayTypes as readonly string[]).includes(word)
  return {
    days: words.filter(isDay),
    bands: words.flatMap((word) => (isDay(word) ? [] : (parseBand(word) ?? []))),
  }
}

const at = (text: string) => Date.parse(`2026-${text.replace(' ', 'T')}`)
const calendar = calendarOf('2026-01-01', '2026-12-31', ['2026-05-01'])

test.each`
  text             | start        | end
  ${'00:00-06:00'} | ${0}         | ${360}
  ${'21:00-24:00'} | ${1260}      | ${1440}
  ${'21:00-00:00'} | ${1260}      | ${1440}
  ${'22:00-06:00'} | ${1320}      | ${360}
  ${'24:00-06:00'} | ${undefined} | ${undefined}
  ${'9:00-12:00'}  | ${undefined} | ${undefined}
  ${'09:00'}       | ${undefined} | ${undefined}
  ${'09:00-12:60'} | ${undefined} | ${undefined}
`('$text is read', ({ text, start, end }) => {
  expect(parseBand(text)).toEqual(start === undefined ? undefined : { start, end })
})

describe('blocked times', () => {
  // An ordinary day, midnight, a band into the next day; a gap and an hour that comes twice; days of 23 and 25 hours;
  // a midnight that comes twice.
  it.each`
    zone                  | blocks                                                        | from              | until
    ${'Asia/Shanghai'}    | ${['monday 18:00-21:00']}                                     | ${'03-02 10:00Z'} | ${'03-02 13:00Z'}
    ${'America/New_York'} | ${['monday 18:00-21:00']}                                     | ${'03-02 23:00Z'} | ${'03-03 02:00Z'}
    ${'Asia/Shanghai'}    | ${['monday']}                                                 | ${'03-01 16:00Z'} | ${'03-02 16:00Z'}
    ${'Asia/Shanghai'}    | ${['friday 22:00-06:00']}                                     | ${'03-06 14:00Z'} | ${'03-06 22:00Z'}
    ${'Asia/Shanghai'}    | ${['friday 18:00-21:00,21:00-24:00', 'saturday 00:00-06:00']} | ${'03-06 10:00Z'} | ${'03-06 22:00Z'}
    ${'Asia/Shanghai'}    | ${['holiday 09:00-12:00']}                                    | ${'05-01 01:00Z'} | ${'05-01 04:00Z'}
    ${'Asia/Shanghai'}    | ${['holiday']}                                                | ${'04-30 16:00Z'} | ${'05-01 16:00Z'}
    ${'Asia/Shanghai'}    | ${['holiday', 'saturday', 'sunday']}                          | ${'04-30 16:00Z'} | ${'05-03 16:00Z'}
    ${'Europe/Berlin'}    | ${['sunday 02:30-03:30']}                                     | ${'03-29 01:00Z'} | ${'03-29 01:30Z'}
    ${'Europe/Berlin'}    | ${['sunday 01:00-02:30']}                                     | ${'03-29 00:00Z'} | ${'03-29 01:00Z'}
    ${'Europe/Berlin'}    | ${['sunday 02:30-03:30']}                                     | ${'10-25 00:30Z'} | ${'10-25 02:30Z'}
    ${'Europe/Berlin'}    | ${['sunday 01:00-02:30']}                                     | ${'10-24 23:00Z'} | ${'10-25 01:30Z'}
    ${'Europe/Berlin'}    | ${['saturday 22:00-08:00']}                                   | ${'03-28 21:00Z'} | ${'03-29 06:00Z'}
    ${'Europe/Berlin'}    | ${['sunday']}                                                 | ${'03-28 23:00Z'} | ${'03-29 22:00Z'}
    ${'Europe/Berlin'}    | ${['sunday']}                                                 | ${'10-24 22:00Z'} | ${'10-25 23:00Z'}
    ${'America/New_York'} | ${['sunday 02:30-03:30']}                                     | ${'03-08 07:00Z'} | ${'03-08 07:30Z'}
    ${'America/New_York'} | ${['sunday 00:30-01:30']}                                     | ${'11-01 04:30Z'} | ${'11-01 06:30Z'}
    ${'America/Havana'}   | ${['sunday']}                                                 | ${'11-01 04:00Z'} | ${'11-02 05:00Z'}
    ${'America/Havana'}   | ${['saturday']}                                               | ${'10-31 04:00Z'} | ${'11-01 05:00Z'}
  `('in $zone: $blocks from $from until $until', ({ zone, blocks, from, until }) => {
    const times = blocks.map(block)
    const place = { zones: [zone], calendar }
    expect(blockedUntil(times, place, at(from) - 1)).toBeUndefined()
    expect(nextBlockedStart(times, place, at(from) - 1)).toBe(at(from))
    expect(blockedUntil(times, place, at(from))).toBe(at(until))
    expect(blockedUntil(times, place, at(until) - 1)).toBe(at(until))
    expect(blockedUntil(times, place, at(until))).toBeUndefined()
  })

  it('have no end where they go on for more than two weeks', () => {
    const place = { zones: ['Asia/Shanghai'], calendar }
    expect(blockedUntil([block('')], place, at('03-02 00:00Z'))).toBeNull()
    expect(blockedUntil([block('00:00-12:00'), block('12:00-00:00')], place, at('03-02 00:00Z'))).toBeNull()
    expect(blockedUntil([block('08:00-08:00')], place, at('03-02 00:00Z'))).toBeNull()
    expect(blockedUntil([], place, at('03-02 00:00Z'))).toBeUndefined()
    expect(nextBlockedStart([block('holiday')], place, at('03-02 00:00Z'))).toBe(Number.POSITIVE_INFINITY)
  })

  it('take a day for a holiday where the calendar does not say', () => {
    const ends = calendarOf('2026-01-01', '2026-06-30', ['2026-05-01'])
    const day = (text: string) => at(`${text} 00:00Z`) / 86_400_000
    expect(isHoliday(ends, day('05-01'))).toBe(true)
    expect(isHoliday(ends, day('05-02'))).toBe(false)
    expect(isHoliday(ends, day('07-01'))).toBeUndefined()
    expect(isHoliday(undefined, day('05-02'))).toBeUndefined()
    const holiday = [block('holiday')]
    expect(blockedUntil(holiday, { zones: ['UTC'], calendar: ends }, at('06-30 23:59Z'))).toBeUndefined()
    expect(blockedUntil(holiday, { zones: ['UTC'], calendar: ends }, at('07-01 00:00Z'))).toBeNull()
    expect(blockedUntil(holiday, { zones: ['UTC'], calendar: undefined }, at('06-30 12:00Z'))).toBeNull()
  })
})
