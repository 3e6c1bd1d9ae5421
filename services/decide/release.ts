import type { Candidate, Deferred, Purpose } from './state.ts'

/** When the first of the waiting moments is to be judged again; Infinity if none waits. */
export function nextRelease(deferred: readonly Deferred[]): number {
  let next = Infinity
  for (const { moment, until } of deferred) if (moment && until < next) next = until
  return next
}

const urgency: readonly Purpose[] = ['regulatory', 'service', 'care', 'marketing']

/**
 * Moments whose time has come (and those that were held, if there is no need to be any more), in the order in which they
 * compete: the purpose that must be said first, then the one that expires first, then by id. Each is judged with the touches
 * of those before it.
 */
export function released(deferred: readonly Deferred[], now: number, isHeld: boolean): readonly Candidate[] {
  return deferred
    .flatMap(({ moment, until, held_since }) =>
      moment && (until <= now || (!isHeld && held_since !== null)) ? [moment] : [],
    )
    .sort(
      (a, b) =>
        urgency.indexOf(a.purpose) - urgency.indexOf(b.purpose) ||
        a.expires_at - b.expires_at ||
        (a.moment_id < b.moment_id ? -1 : 1),
    )
}
