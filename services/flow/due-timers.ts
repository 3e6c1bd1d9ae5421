import type { Handling } from './handling.ts'
import type { Residents } from './residents.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * Loads whoever is due first up to `until` and fires, at most `most` timers, giving others turns. False: more is due, which
 * must come before anything else. A civil hour makes a whole shard due at once: neither its states nor what it puts out are
 * to be in memory together.
 */
export async function fireSome<Effect, EffectResult>(
  handling: Handling<Effect, EffectResult>,
  residents: Residents,
  scheduler: Pick<Scheduler, 'turn'>,
  { until, most }: { readonly until: number; readonly most: number },
): Promise<boolean> {
  await residents.forTimers(handling.timers, until, most)
  handling.mayFire = most
  while (!handling.runTimers(until)) {
    if (handling.mayFire === 0) return false
    await scheduler.turn()
  }
  return true
}
