import type { PeriodUnit } from '../../../domain/civil-periods.ts'
import type { RecordInHand } from './track.ts'

/** Milliseconds (at least 1,000, aligned to 1970-01-01T00:00Z), or a civil period of the subscriber's zone. */
export type PaneUnit = number | PeriodUnit

/** Index of the pane around an instant; it grows by one from a pane to the next and fits in 32 bits (of seconds: to 2038). */
export const paneOf = (unit: PaneUnit, t: number, record: RecordInHand): number =>
  typeof unit === 'number' ? Math.floor(t / unit) : record.zone.periodOf(unit, t, record.billingDay)

/** Finds the pane around an instant; that of the last one is kept, as many factors are read as of one instant. */
export interface PaneClock {
  paneOf(t: number, record: RecordInHand): number
}

class CivilClock implements PaneClock {
  private readonly unit: PeriodUnit
  private at = Number.NaN
  private zone: RecordInHand['zone'] | undefined
  private billingDay = 0
  private pane = 0

  constructor(unit: PeriodUnit) {
    this.unit = unit
  }

  paneOf(t: number, record: RecordInHand): number {
    const { zone, billingDay } = record
    if (t !== this.at || zone !== this.zone || billingDay !== this.billingDay) {
      this.pane = zone.periodOf(this.unit, t, billingDay)
      this.at = t
      this.zone = zone
      this.billingDay = billingDay
    }
    return this.pane
  }
}

const civilClocks = new Map<PeriodUnit, PaneClock>()

/** The same for all who ask for the unit. */
export function paneClock(unit: PaneUnit): PaneClock {
  if (typeof unit === 'number') return { paneOf: (t) => Math.floor(t / unit) }
  const clock = civilClocks.get(unit) ?? new CivilClock(unit)
  civilClocks.set(unit, clock)
  return clock
}

/** The instant at which a pane begins. */
export const paneStart = (unit: PaneUnit, pane: number, record: RecordInHand): number =>
  typeof unit === 'number' ? pane * unit : record.zone.startOf(unit, pane, record.billingDay)

/** @throws RangeError */
export function checkPaneUnit(unit: PaneUnit): void {
  if (typeof unit === 'number' && !(unit >= 1000)) throw new RangeError(`a pane of ${unit} ms is too short`)
}

const dayMs = 86_400_000
const longest: Record<PeriodUnit, number> = {
  hour: dayMs / 24,
  day: dayMs,
  week: 7 * dayMs,
  month: 31 * dayMs,
  'billing-month': 31 * dayMs,
}

const shortest: Record<PeriodUnit, number> = {
  hour: dayMs / 24,
  day: dayMs,
  week: 7 * dayMs,
  month: 28 * dayMs,
  'billing-month': 28 * dayMs,
}

/**
 * A time that a track of so many panes surely holds: all panes that begin later than the one around its beginning. A day of 23
 * hours costs up to a pane, months of 31 days some.
 */
export const surelyHeld = (unit: PaneUnit, panes: number): number =>
  typeof unit === 'number' ? panes * unit : panes * shortest[unit] - dayMs / 12

/**
 * A time in which `panes` panes and one more have surely passed, whatever the clock changes: who was first seen before it needs
 * no look into the calendar.
 */
export const surelyPassed = (unit: PaneUnit, panes: number): number =>
  (panes + 1) * (typeof unit === 'number' ? unit : longest[unit]) + 2 * dayMs
