import type { PeriodUnit } from '../../../domain/civil-periods.ts'
import type { RecordInHand } from './track.ts'

const hourMs = 3_600_000
const dayMs = 86_400_000

/** Milliseconds (at least 1,000, aligned to 1970-01-01T00:00Z), or a civil period of the subscriber's zone. */
export type PaneUnit = number | PeriodUnit

/** Index of the pane around an instant; it grows by one from a pane to the next and fits in 32 bits (of seconds: to 2038). */
export const paneOf = (unit: PaneUnit, t: number, record: RecordInHand): number =>
  typeof unit === 'number' ? Math.floor(t / unit) : record.zone.periodOf(unit, t, record.billingDay)

/** Finds the pane around an instant; the one found last is kept, as most events fall into the same. */
export interface PaneClock {
  paneOf(t: number, record: RecordInHand): number
}

/** One class for both kinds of unit: engines make one piece of code of who calls it and what is called. */
class UnitClock implements PaneClock {
  private readonly unit: PaneUnit
  /** Where the pane is known: [from, to), of a zone and billing day. */
  private from = Number.POSITIVE_INFINITY
  private to = Number.NEGATIVE_INFINITY
  private zone: RecordInHand['zone'] | undefined
  private billingDay = 0
  private pane = 0

  constructor(unit: PaneUnit) {
    this.unit = unit
  }

  paneOf(t: number, record: RecordInHand): number {
    const { unit } = this
    if (typeof unit === 'number') return Math.floor(t / unit)
    const { zone, billingDay } = record
    if (t >= this.from && t < this.to && zone === this.zone && billingDay === this.billingDay) return this.pane
    return this.find(unit, t, zone, billingDay)
  }

  /** The local hour or day around the instant has one pane, if the offset is one in it. */
  private find(unit: PeriodUnit, t: number, zone: RecordInHand['zone'], billingDay: number): number {
    const length = unit === 'hour' ? hourMs : dayMs
    const offset = zone.offsetAt(t)
    const from = Math.floor((t + offset) / length) * length - offset
    const isKnown = zone.isSteady(from, from + length)
    this.pane = zone.periodOf(unit, t, billingDay)
    this.from = isKnown ? from : Number.POSITIVE_INFINITY
    this.to = isKnown ? from + length : Number.NEGATIVE_INFINITY
    this.zone = zone
    this.billingDay = billingDay
    return this.pane
  }
}

const civilClocks = new Map<PeriodUnit, PaneClock>()

/** The same for all who ask for a civil unit. */
export function paneClock(unit: PaneUnit): PaneClock {
  if (typeof unit === 'number') return new UnitClock(unit)
  const clock = civilClocks.get(unit) ?? new UnitClock(unit)
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
