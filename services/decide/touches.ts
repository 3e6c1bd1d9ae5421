import { civilPeriod } from '../domain/civil-time.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { Receipt } from '../records/types.ts'
import type { Cap, Policy } from '../rules/catalogue.ts'
import type { Purpose, Touch } from './state.ts'

/** Longer than any civil period of that unit, with its days of 25 hours. */
const civilMs = { day: 2 * dayMs, week: 8 * dayMs, month: 32 * dayMs }

/** How long a touch is kept: a month at least, so that a policy which is made stricter finds what was sent before it. */
export function touchesKeptMs(policy: Policy): number {
  const caps = policy.caps.map(({ window }) => (window.kind === 'rolling' ? window.length : civilMs[window.unit]))
  return Math.max(civilMs.month, ...caps, ...Object.values(policy.gaps))
}

/**
 * For how long what was sent may hold back a marketing message: the longest window of its caps, and its gap. A civil period is
 * taken as long as it can be. 0: nothing is remembered for it.
 */
export function capsReachMs({ caps, gaps }: Policy): number {
  const windows = caps
    .filter(({ purposes }) => purposes.includes('marketing'))
    .map(({ window }) => (window.kind === 'rolling' ? window.length : civilMs[window.unit]))
  return Math.max(gaps.marketing ?? 0, ...windows)
}

/**
 * What a receipt does to its touch. It counts once it has left, from when that is known, and stays counted; only the
 * proof that it didn't leave releases it; `unknown` proves nothing.
 */
export function applyReceipt(touches: readonly Touch[], receipt: Receipt, now: number): readonly Touch[] {
  const index = touches.findIndex((touch) => touch.command_id === receipt.command_id)
  const touch = touches[index]
  if (!touch || touch.state === 'counted') return touches
  switch (receipt.status) {
    case 'unknown':
      return touches
    case 'failed':
    case 'expired':
      return touches.with(index, { ...touch, state: 'released' })
    default: {
      const at = Math.max(touch.at, Math.min(receipt.received_at, now))
      return touches.with(index, { ...touch, at, state: 'counted' })
    }
  }
}

export interface CapUse {
  readonly cap: Cap
  /** Touches in its window. */
  readonly count: number
  readonly isReached: boolean
  /** Of one that is reached: when the window has room again; null: never, the cap is 0. */
  readonly until: number | null
}

/** Of the caps that leave no room for one more touch of the purpose at `now`, the one that lasts longest. */
export function capReached(
  policy: Policy,
  touches: readonly Touch[],
  purpose: Purpose,
  now: number,
  zone: string,
): CapUse | undefined {
  let worst: CapUse | undefined
  for (const cap of policy.caps) {
    if (!cap.purposes.includes(purpose)) continue
    const use = capUse(cap, touches, now, zone)
    if (use.isReached && (!worst || (use.until ?? Infinity) > (worst.until ?? Infinity))) worst = use
  }
  return worst
}

/** How far a cap is used up at `now`. */
export function capUse(cap: Cap, touches: readonly Touch[], now: number, zone: string): CapUse {
  const counted = touches.filter((touch) => touch.state !== 'released' && cap.purposes.includes(touch.purpose))
  const times = counted.map((touch) => touch.at)
  const { window, most } = cap
  if (window.kind === 'civil') {
    const { start, end } = civilPeriod(window.unit, now, zone)
    const count = times.filter((at) => at >= start).length
    return { cap, count, isReached: count >= most, until: most === 0 ? null : end }
  }
  const inside = times.filter((at) => at > now - window.length).sort((a, b) => a - b)
  // There is room when all but `most - 1` of them are `length` old. With `most` 0 there never is.
  const leaves = inside[inside.length - most]
  const isReached = inside.length >= most
  return { cap, count: inside.length, isReached, until: leaves === undefined ? null : leaves + window.length }
}

export interface TooSoon {
  readonly gap: number
  readonly last: number
  readonly until: number
}

/** The last touch, whatever its purpose, is less than the purpose's gap ago. Exactly the gap is enough. */
export function tooSoon(policy: Policy, touches: readonly Touch[], purpose: Purpose, now: number): TooSoon | undefined {
  const gap = policy.gaps[purpose]
  if (gap === undefined) return undefined
  const last = Math.max(...touches.map((touch) => (touch.state === 'released' ? Number.NEGATIVE_INFINITY : touch.at)))
  return now - last < gap ? { gap, last, until: last + gap } : undefined
}
