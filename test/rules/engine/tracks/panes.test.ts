import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeZone } from '../../../../services/domain/time-zones.ts'
import { paneClock } from '../../../../services/rules/engine/tracks/panes.ts'
import { subscriber } from './arrivals.ts'

const minute = 60_000

// A day of 23 hours, one of 25, hours put back over midnight, half an hour, two hours: what is kept of the instant before must not tell.
test.each([
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['America/St_Johns', '2010-11-07T02:31Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Antarctica/Troll', '2026-10-25T01:00Z'],
  ['Asia/Shanghai', '2026-05-31T16:00Z'],
])('one instant after the other has the pane that it has alone: %s about %s', (zone, changed) => {
  const about = fc.integer({ min: -30 * 60, max: 30 * 60 }).map((minutes) => Date.parse(changed) + minutes * minute)
  fc.assert(
    fc.property(
      fc.array(about, { minLength: 2, maxLength: 20 }),
      fc.constantFrom(1, 15, 31),
      (instants, billingDay) => {
        const record = subscriber(timeZone(zone), 0, billingDay)
        for (const unit of ['hour', 'day', 'week', 'month', 'billing-month'] as const) {
          const clock = paneClock(unit)
          const panes = instants.map((t) => clock.paneOf(t, record))
          expect(panes).toEqual(instants.map((t) => record.zone.periodOf(unit, t, billingDay)))
        }
      },
    ),
    { numRuns: 100 },
  )
})
