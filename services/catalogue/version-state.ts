import type { CatalogueVersions } from './open.ts'
import { orNone } from './schedule.ts'

/**
 * What a version is now: `refused` can't be used here; `superseded` never comes, because one that was published later is
 * in force by then.
 */
export type VersionState = 'in-force' | 'waiting' | 'past' | 'superseded' | 'refused'

/** The states of all versions by number. */
export function versionStates({
  history,
  schedule,
  now,
}: Pick<CatalogueVersions, 'history' | 'schedule' | 'now'>): ReadonlyMap<number, VersionState> {
  const clock = now()
  // Asked first: it tries what it gives, and tells by that what can't be used.
  const inForce = orNone(() => schedule.at(clock))?.number
  const states = new Map<number, VersionState>()
  /** Least time of the usable ones that were published later. */
  let overtakenAt = Number.POSITIVE_INFINITY
  for (const { number, activatesAt } of history.versions.toReversed()) {
    if (schedule.refused.has(number)) {
      states.set(number, 'refused')
      continue
    }
    if (number === inForce) states.set(number, 'in-force')
    else if (overtakenAt <= activatesAt) states.set(number, 'superseded')
    else states.set(number, activatesAt > clock ? 'waiting' : 'past')
    overtakenAt = Math.min(overtakenAt, activatesAt)
  }
  return states
}
