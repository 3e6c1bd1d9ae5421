import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayMs, isoDate, timeZone } from '../../../services/domain/time-zones.ts'
import { instantOnDay, nextScheduled } from '../../../services/rules/engine/schedules.ts'

describe('a schedule is next due', () => {
  it.each`
    every              | at    | billingDay | after                  | zone               | on
    ${'day'}           | ${0}  | ${1}       | ${'2026-03-02T10:00Z'} | ${'Asia/Shanghai'} | ${'2026-03-03'}
    ${'day'}           | ${9}  | ${1}       | ${'2026-03-02T00:59Z'} | ${'Asia/Shanghai'} | ${'2026-03-02'}
    ${'day'}           | ${9}  | ${1}       | ${'2026-03-02T01:00Z'} | ${'Asia/Shanghai'} | ${'2026-03-03'}
    ${'week'}          | ${9}  | ${1}       | ${'2026-03-02T01:00Z'} | ${'Asia/Shanghai'} | ${'2026-03-09'}
    ${'week'}          | ${9}  | ${1}       | ${'2026-03-01T23:00Z'} | ${'Asia/Shanghai'} | ${'2026-03-02'}
    ${'month'}         | ${0}  | ${1}       | ${'2026-03-31T16:00Z'} | ${'Asia/Shanghai'} | ${'2026-05-01'}
    ${'billing-month'} | ${0}  | ${31}      | ${'2026-02-01T00:00Z'} | ${'Asia/Shanghai'} | ${'2026-02-28'}
    ${'billing-month'} | ${0}  | ${31}      | ${'2026-02-28T00:00Z'} | ${'Asia/Shanghai'} | ${'2026-03-31'}
    ${'billing-month'} | ${10} | ${15}      | ${'2026-02-15T01:59Z'} | ${'Asia/Shanghai'} | ${'2026-02-15'}
    ${'day'}           | ${2}  | ${1}       | ${'2026-03-28T12:00Z'} | ${'Europe/Berlin'} | ${'2026-03-29'}
  `('every $every at $at after $after: $on', ({ every, at, billingDay, after, zone, on }) => {
    const day = nextScheduled({ every, minuteOfDay: at * 60 }, timeZone(zone), billingDay, Date.parse(after))
    expect(isoDate(day)).toBe(on)
  })

  it('once a period, in order, never in the past', () => {
    const schedule = fc.record({
      every: fc.constantFrom('day' as const, 'week' as const, 'month' as const, 'billing-month' as const),
      minuteOfDay: fc.nat(1439),
    })
    const zone = fc.constantFrom('Asia/Shanghai', 'Australia/Lord_Howe', 'America/New_York', 'Africa/Casablanca')
    const least = { day: 23 / 24, week: 6.9, month: 27.9, 'billing-month': 27.9 }
    const most = { day: 25 / 24, week: 7.1, month: 31.1, 'billing-month': 31.1 }
    fc.assert(
      fc.property(
        schedule,
        zone,
        fc.integer({ min: 1, max: 31 }),
        fc.nat(40 * 365 * 1440),
        (one, name, billing, minute) => {
          const place = timeZone(name)
          let after = minute * 60_000 + dayMs
          let last: number | undefined
          for (let i = 0; i < 14; i++) {
            const at = instantOnDay(one.minuteOfDay, nextScheduled(one, place, billing, after), place)
            expect(at).toBeGreaterThan(after)
            if (last !== undefined) {
              expect((at - last) / dayMs).toBeGreaterThanOrEqual(least[one.every])
              expect((at - last) / dayMs).toBeLessThanOrEqual(most[one.every])
            }
            last = at
            after = at
          }
        },
      ),
    )
  })
})
