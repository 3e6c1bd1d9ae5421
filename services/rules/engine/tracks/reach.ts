import { type PaneUnit, paneOf, paneStart } from './panes.ts'
import type { RecordInHand } from './track.ts'

/**
 * How far a track over values looks back, and in which slots: exact times for rolling windows, panes for all that are cut into
 * them, one slot for a life. A lifetime counts events whatever the instant of the read.
 */
export type Reach =
  | { readonly kind: 'lifetime' }
  /** Longest window, in milliseconds. */
  | { readonly kind: 'rolling'; readonly length: number }
  /** The newest `panes` panes. */
  | { readonly kind: 'panes'; readonly unit: PaneUnit; readonly panes: number }

/** What one factor reads of it. */
export type ReachWindow =
  | { readonly kind: 'lifetime' }
  /** (t - length, t] */
  | { readonly kind: 'rolling'; readonly length: number }
  /** Panes of age `ago` .. `ago + periods - 1`; with `ago` > 0 unknown unless all began after the one of first sight. */
  | { readonly kind: 'panes'; readonly ago: number; readonly periods: number }

/** Makes the panes of 1969 in western zones no negative numbers. */
const bias = 1_000_000

/** Slots are whole numbers from 0 to below 2^44. */
export function slotOf(reach: Reach, t: number, record: RecordInHand): number {
  if (reach.kind === 'panes') return t === Number.NEGATIVE_INFINITY ? t : bias + paneOf(reach.unit, t, record)
  return reach.kind === 'rolling' ? t : 0
}

/** Slots that a reach spans. */
export const spanOf = (reach: Reach): number =>
  reach.kind === 'lifetime' ? Number.POSITIVE_INFINITY : reach.kind === 'panes' ? reach.panes : reach.length

/** The slots of the window that `openWindow` opened last: after `after`, up to `last`. */
export const slots = { after: 0, last: 0 }

/** Sets `slots` for a window as of an instant; false: it reaches back to before first sight, and is unknown. */
export function openWindow(reach: Reach, window: ReachWindow, at: number, record: RecordInHand): boolean {
  if (reach.kind === 'panes' && window.kind === 'panes') {
    slots.last = slotOf(reach, at, record) - window.ago
    slots.after = slots.last - window.periods
    return window.ago === 0 || slots.after >= slotOf(reach, record.since, record)
  }
  if (window.kind === 'rolling') {
    slots.last = at
    slots.after = at - window.length
  } else {
    slots.last = 0
    slots.after = -1
  }
  return true
}

/** @throws RangeError where the track can't serve the window */
export function checkWindow(reach: Reach, window: ReachWindow): void {
  if (reach.kind === 'lifetime' && window.kind === 'lifetime') return
  if (reach.kind === 'rolling' && window.kind === 'rolling' && window.length <= reach.length) return
  if (reach.kind === 'panes' && window.kind === 'panes' && window.ago + window.periods <= reach.panes) return
  throw new RangeError(`a window ${JSON.stringify(window)} over a track that reaches ${JSON.stringify(reach)}`)
}

/** When a slot begins and ends; of an exact time only the time. */
export function slotTimes(reach: Reach, slot: number, record: RecordInHand): { from: number; to?: number } {
  if (reach.kind === 'rolling') return { from: slot }
  if (reach.kind === 'lifetime') return { from: record.since }
  const from = paneStart(reach.unit, slot - bias, record)
  return { from, to: paneStart(reach.unit, slot - bias + 1, record) }
}
