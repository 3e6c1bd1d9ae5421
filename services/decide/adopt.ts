import type { At } from '../flow/step.ts'
import type { Command, Decision } from '../records/types.ts'
import { lostTo } from './competition.ts'
import { withEntry, withoutLoser } from './losers.ts'
import { decidedOf, forgetAt, withDecided, withDeferred, withOpen, withTouch, withUnrecorded } from './memory.ts'
import { withContact } from './once.ts'
import { adopted, withAwaited } from './outcomes.ts'
import { type DecideOutput, isDecision, isOutcome } from './outputs.ts'
import { type Candidate, type DecideState, longestExpiryMs } from './state.ts'
import { withWithdrawn } from './withdrawal.ts'

/**
 * Takes a decision or a command that is on the log though the state went back behind it. Of one commit, commands go to
 * the log before decisions; so of a moment that was answered with a command the log may hold
 *
 * - neither: it is judged as new;
 * - the command alone: it stands, whatever a replay would say now. Its touch is there before anything else is judged,
 *   and the moment, when it is replayed or its waiting ends, gets the decision that is missing and nothing else;
 * - both: the moment finds itself decided;
 * - the decision alone: never.
 *
 * Any other last decision stands likewise. A deferral stands too, but doesn't hold the moment: a place is kept in which
 * the replayed moment waits, until the same time and without a second decision. (A deferral of a moment that the state
 * holds moves its time.) The result is the same in whatever order, and how often, decisions and commands are read.
 *
 * A decision for `priority` keeps the moment as one that lost, to be judged again if what it lost to doesn't leave; a later one of
 * the same moment says that it was.
 *
 * What the subscriber said (opt-outs, refusals) is nothing of decide's own: replies come again from the position that went back
 * with the state, and find the touches that they answer adopted.
 */
export function adopt(state: DecideState, output: DecideOutput, at: At): DecideState {
  if (isOutcome(output)) return adopted(state, output.value)
  return isDecision(output) ? adoptDecision(state, output.value, at) : adoptCommand(state, output.value, at)
}

function adoptDecision(before: DecideState, decision: Decision, { now }: At): DecideState {
  const { moment_id, expires_at, outcome, command_id, channel, decided_at, pause_id = null } = decision
  // Its command says so, too.
  if (outcome === 'withdrawn') return before
  const lost_to = lostTo(decision)
  const loser = before.losers.find((entry) => entry.moment_id === moment_id)
  // What had lost to another command was judged again.
  const state = loser && loser.lost_to !== lost_to ? withoutLoser(before, moment_id) : before
  if (decidedOf(state, moment_id)) return state
  const waiting = loser ?? state.deferred.find((entry) => entry.moment_id === moment_id)
  if (outcome === 'deferred') {
    const until = decision.until ?? decided_at
    if (waiting && 'until' in waiting && waiting.until >= until) return state
    const forget_at = forgetAt(expires_at, now)
    const moment = waiting?.moment ?? null
    const waits = { held_since: null, paused_by: pause_id, competes: false }
    return withDeferred(state, { moment_id, until, forget_at, moment, ...waits })
  }
  const known = withDecided(state, { moment_id, expires_at }, outcome === 'command', now)
  if (lost_to !== null) return adoptLoss(state, known, moment_id, lost_to, expires_at, waiting?.moment ?? null)
  if (outcome !== 'command' || command_id == null || channel == null) return known
  // A moment that waits was read before the stored position, and isn't replayed to say when it was.
  const contacted = waiting?.moment ? withContact(known, waiting.moment) : known
  return withTouch(contacted, { ...decision, command_id, channel }, decided_at)
}

/** It may be judged again; a command of it that is on the log comes of that, and its decision is missing. */
function adoptLoss(
  before: DecideState,
  known: DecideState,
  moment_id: string,
  lost_to: string,
  forget_at: number,
  moment: Candidate | null,
): DecideState {
  const loser = withEntry(known, { moment_id, lost_to, forget_at, moment })
  const found = before.unrecorded.find((entry) => entry.moment_id === moment_id)
  return found ? withUnrecorded(loser, found) : loser
}

function adoptCommand(state: DecideState, command: Command, { now }: At): DecideState {
  const { moment_id, command_id, rule, channel, offer = null, category = null, text, issued_at } = command
  const { campaign = null, variant = null } = command
  // What was asked for back is so once, whichever of the two is read first.
  const open = withOpen(state, command)
  if (command.cancelled_because != null) return withWithdrawn(open, command)
  const reserved = withAwaited(withTouch(open, command, issued_at), command, now)
  const isLoser = state.losers.some((entry) => entry.moment_id === moment_id)
  if (decidedOf(state, moment_id) && !isLoser) return reserved
  const forget_at = forgetAt(issued_at + longestExpiryMs, now)
  const said = { command_id, rule, channel, offer, category, text, issued_at, campaign, variant }
  return withUnrecorded(reserved, { moment_id, forget_at, ...said })
}
