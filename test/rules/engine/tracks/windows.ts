import fc from 'fast-check'
import type { PaneUnit } from '../../../../services/rules/engine/tracks/panes.ts'
import type { Reach, ReachWindow } from '../../../../services/rules/engine/tracks/reach.ts'
import { day, hour, type Subscriber } from './arrivals.ts'

const unit = fc.constantFrom<PaneUnit[]>('hour', 'day', 'week', 'month', 'billing-month', hour, day)

/** A reach with a window that it can serve. */
export interface Served {
  readonly reach: Reach
  readonly window: ReachWindow
}

const whole = fc.constant<Served>({ reach: { kind: 'lifetime' }, window: { kind: 'lifetime' } })
const rolling = fc
  .tuple(
    fc.oneof(fc.constantFrom(1, hour, day), fc.integer({ min: 1, max: 40 * day })),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([length, part]): Served => {
    const shorter = Math.max(1, Math.floor(length * part))
    return { reach: { kind: 'rolling', length }, window: { kind: 'rolling', length: shorter } }
  })
const panes = fc
  .tuple(unit, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 5 }))
  .map(([unit, ago, periods, more]): Served => {
    return { reach: { kind: 'panes', unit, panes: ago + periods + more }, window: { kind: 'panes', ago, periods } }
  })

export const reaches: fc.Arbitrary<Served> = fc.oneof(whole, rolling, panes)

/** Which times the window has as of an instant; undefined: unknown. */
export function timesOf(
  reach: Reach,
  window: ReachWindow,
  at: number,
  record: Subscriber,
): ((t: number) => boolean) | undefined {
  if (reach.kind === 'panes' && window.kind === 'panes') {
    const { unit } = reach
    const of = (t: number) =>
      typeof unit === 'number' ? Math.floor(t / unit) : record.zone.periodOf(unit, t, record.billingDay)
    const newest = of(at) - window.ago
    if (window.ago > 0 && newest - window.periods + 1 <= of(record.since)) return undefined
    return (t) => of(t) <= newest && of(t) > newest - window.periods
  }
  if (window.kind === 'rolling') return (t) => t > at - window.length && t <= at
  return () => true
}
