import type { Holds } from '../control/holds.ts'
import type { Candidate, Deferred, Purpose } from './state.ts'

/** When the first of the waiting moments is to be judged again; Infinity if none waits. */
export function nextRelease(deferred: readonly Deferred[], holds: Holds): number {
  return deferred.reduce((next, entry) => Math.min(next, releaseAt(entry, holds)), Infinity)
}

/** At once, where it waits for nothing but a pause that has ended. */
function releaseAt({ moment, until, held_since, paused_by }: Deferred, holds: Holds): number {
  if (!moment) return Infinity
  const isResumed = paused_by !== null && held_since === null && !holds.isInForce(paused_by)
  return isResumed ? Math.min(until, moment.at) : until
}

/** What must be said first. */
export const urgency: readonly Purpose[] = ['regulatory', 'service', 'care', 'marketing']

/** Of one purpose: the one that expires first, then by id. */
export const byUrgency = (a: Candidate, b: Candidate): number =>
  a.expires_at - b.expires_at || (a.moment_id < b.moment_id ? -1 : 1)

/** Moments whose time has come, and those that were held, if there is no need to be any more. */
export function released(
  deferred: readonly Deferred[],
  now: number,
  isHeld: boolean,
  holds: Holds,
): readonly Candidate[] {
  return deferred.flatMap((entry) => {
    const isDue = releaseAt(entry, holds) <= now || (!isHeld && entry.held_since !== null)
    return entry.moment && isDue ? [entry.moment] : []
  })
}
