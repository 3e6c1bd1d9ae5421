import type { Receipt } from '../records/types.ts'
import type { Policy } from '../rules/catalogue.ts'
import type { Purpose, Touch } from './state.ts'

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

/** Without what was said of the moment itself: another channel says the same again, and is no further touch. */
export const touchesBeside = (touches: readonly Touch[], momentId: string): readonly Touch[] =>
  touches.some(({ moment_id }) => moment_id === momentId)
    ? touches.filter(({ moment_id }) => moment_id !== momentId)
    : touches

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
