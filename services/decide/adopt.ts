import type { At } from '../flow/step.ts'
import { forgetAt, isDecided, withDecided, withDeferred, withTouch } from './memory.ts'
import { type DecideOutput, isDecision } from './outputs.ts'
import type { DecideState } from './state.ts'

/**
 * Takes a decision that is on the log though the state went back behind it. A last decision stands: the replayed moment
 * finds itself decided, and the touch of its command is there before anything else is judged. A deferral stands too,
 * but the decision doesn't hold the moment: a place is kept in which the replayed moment waits, until the same time and
 * without a second decision. (A deferral of a moment that the state holds moves its time.) Commands are not adopted:
 * their decisions say all of it.
 */
export function adopt(state: DecideState, output: DecideOutput, at: At): DecideState {
  if (!isDecision(output)) return state
  const decision = output.value
  const { moment_id, expires_at } = decision
  if (isDecided(state, moment_id)) return state
  if (decision.outcome === 'deferred') {
    const known = state.deferred.find((entry) => entry.moment_id === moment_id)
    const until = decision.until ?? decision.decided_at
    if (known && known.until >= until) return state
    const forget_at = forgetAt(expires_at, at.now)
    return withDeferred(state, { moment_id, until, forget_at, moment: known?.moment ?? null })
  }
  const known = withDecided(state, { moment_id, expires_at }, at.now)
  const { outcome, command_id, channel, purpose } = decision
  if (outcome !== 'command' || command_id == null || channel == null) return known
  return withTouch(known, { command_id, channel, purpose }, decision.decided_at)
}
