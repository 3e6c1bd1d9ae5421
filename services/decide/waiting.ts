import type { Budgets } from '../budgets/budgets.ts'
import type { At } from '../flow/step.ts'
import type { Moment } from '../records/types.ts'
import { heldSince, lookAgainAt } from './behind.ts'
import { forgetAt, withDeferred } from './memory.ts'
import { pausedBy } from './pauses.ts'
import type { Candidate, DecideState } from './state.ts'
import { askAgainAt } from './tranches.ts'

/** No decision yet: it is judged again as soon as the tranche may be there. A first use of a budget loses no moment. */
export function untilGranted(state: DecideState, candidate: Candidate, { now }: At, budgets: Budgets): DecideState {
  const { moment_id, expires_at } = candidate
  const held_since = heldSince(state.deferred, moment_id) ?? now
  const until = Math.min(expires_at, askAgainAt(held_since, now, budgets))
  const forget_at = forgetAt(expires_at, now)
  const paused_by = pausedBy(state, candidate)
  const waits = { held_since, paused_by, competes: false }
  return withDeferred(state, { moment_id, until, forget_at, moment: candidate, ...waits })
}

/** No decision yet: it is judged once it is known here what was said on the log. */
export function untilCaughtUp(state: DecideState, candidate: Candidate, at: At): DecideState {
  const { moment_id, expires_at } = candidate
  const held_since = heldSince(state.deferred, moment_id) ?? at.now
  const until = lookAgainAt(candidate, held_since, at)
  const forget_at = forgetAt(expires_at, at.now)
  const paused_by = pausedBy(state, candidate)
  return withDeferred(state, {
    moment_id,
    until,
    forget_at,
    moment: candidate,
    held_since,
    paused_by,
    competes: false,
  })
}

/** What judging a moment needs of it. */
export const candidateOf = (moment: Moment): Candidate => {
  const { moment_id, subscriber_id, rule, purpose, at, expires_at, offers, evidence, segments } = moment
  return { moment_id, subscriber_id, rule, purpose, at, expires_at, offers, evidence, segments }
}
