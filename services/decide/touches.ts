import type { Receipt } from '../records/types.ts'
import type { Policy } from '../rules/catalogue.ts'
import { longestExpiryMs, type Purpose, type Touch } from './state.ts'

/**
 * The latest instant at which a touch left, or may leave yet. Deliver may hold a command for hours (the channel is down, paused, or
 * full) and sends it at any instant until its `not_after`: until a receipt says when it left, caps and gaps take it to leave as
 * late as it may, so that what is commanded beside it keeps its distance whenever that is.
 *
 * A task lies with people for weeks, and what it silences meanwhile its kind says (`holds`, one pool of leads). It counts when it
 * was given to them and, from the result on, when they spoke to the subscriber.
 */
export const leftBy = ({ state, channel, at, not_after }: Touch): number =>
  state === 'counted' || channel === 'task' ? at : Math.max(at, not_after ?? at + longestExpiryMs)

/**
 * What a receipt does to its touch. It counts once it has left, from when that is known, and stays counted; only the proof that it
 * didn't leave releases it. `unknown` proves nothing, but deliver says it once nothing more of the command can leave: its send was
 * given up and is not repeated, whoever claimed it. So it left by then, if it did.
 */
export function applyReceipt(touches: readonly Touch[], receipt: Receipt, now: number): readonly Touch[] {
  const index = touches.findIndex((touch) => touch.command_id === receipt.command_id)
  const touch = touches[index]
  if (!touch || touch.state === 'counted') return touches
  switch (receipt.status) {
    case 'unknown':
      return noLaterThan(touches, index, receipt.received_at)
    case 'failed':
    case 'expired':
      return touches.with(index, { ...touch, state: 'released' })
    default: {
      const at = Math.max(touch.at, Math.min(receipt.received_at, now))
      return touches.with(index, { ...touch, at, state: 'counted' })
    }
  }
}

/** It doesn't leave after `until`, whether it was known to leave earlier or not. */
export function noLaterThan(touches: readonly Touch[], index: number, until: number): readonly Touch[] {
  const touch = touches[index]
  if (!touch || (touch.not_after !== null && touch.not_after <= until)) return touches
  return touches.with(index, { ...touch, not_after: until })
}

/** Without what was said of the moment itself: another channel says the same again, and is no further touch. */
export const touchesBeside = (touches: readonly Touch[], momentId: string): readonly Touch[] =>
  touches.some(({ moment_id }) => moment_id === momentId)
    ? touches.filter(({ moment_id }) => moment_id !== momentId)
    : touches

export interface TooSoon {
  readonly gap: number
  /** Of one that may yet leave: when it was commanded. */
  readonly last: number
  /** It may yet leave until then. */
  readonly leavesBy?: number
  /** Whenever it leaves, the gap is over then. */
  readonly until: number
}

/** The last touch, whatever its purpose, is less than the purpose's gap ago, or yet to leave. Exactly the gap is enough. */
export function tooSoon(policy: Policy, touches: readonly Touch[], purpose: Purpose, now: number): TooSoon | undefined {
  const gap = policy.gaps[purpose]
  if (gap === undefined) return undefined
  let last: Touch | undefined
  for (const touch of touches) {
    if (touch.state !== 'released' && (!last || leftBy(touch) > leftBy(last))) last = touch
  }
  const left = last && leftBy(last)
  if (!last || left === undefined || now - left >= gap) return undefined
  return left > now ? { gap, last: last.at, leavesBy: left, until: left + gap } : { gap, last: left, until: left + gap }
}
