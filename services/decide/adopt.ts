import type { At } from '../flow/step.ts'
import type { Command, Decision } from '../records/types.ts'
import { type Chain, chainOf, ended, type Link, withChain, withLink } from './chains.ts'
import { lostTo } from './competition.ts'
import { withEntry, withoutLoser } from './losers.ts'
import {
  decidedOf,
  forgetAt,
  withAttemptDecided,
  withDecided,
  withDeferred,
  withOpen,
  withoutWaiting,
  withTouch,
  withUnrecorded,
} from './memory.ts'
import { withContact } from './once.ts'
import { withTask } from './open-tasks.ts'
import { adopted, withAwaited, withWatched } from './outcomes.ts'
import { type DecideOutput, isDecision, isOutcome } from './outputs.ts'
import { type Candidate, type DecideState, type Loser, longestExpiryMs } from './state.ts'
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
 * Where a command didn't reach the subscriber, another may have followed through another channel, with decisions of its own. Those
 * of one topic are read in their order; the commands of several topics in any. What was said last is known to its chain, so
 * that a receipt which comes again moves nothing that was moved by it before.
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

function adoptDecision(before: DecideState, decision: Decision, at: At): DecideState {
  const { moment_id, outcome } = decision
  // Its command says so, too.
  if (outcome === 'withdrawn') return before
  if (decision.attempt > 1) return adoptAttempt(before, decision, at)
  const loser = before.losers.find((entry) => entry.moment_id === moment_id)
  // What had lost to another command was judged again.
  const state = loser && loser.lost_to !== lostTo(decision) ? withoutLoser(before, moment_id) : before
  return decidedOf(state, moment_id) ? state : adoptFirst(state, decision, loser, at)
}

/** The decision of the moment itself. `loser`: as that it was known. */
function adoptFirst(state: DecideState, decision: Decision, loser: Loser | undefined, at: At): DecideState {
  const { now } = at
  const { moment_id, expires_at, outcome, command_id, channel, decided_at, pause_id = null } = decision
  const lost_to = lostTo(decision)
  const waiting = loser ?? state.deferred.find((entry) => entry.moment_id === moment_id)
  const moment = waiting?.moment ?? null
  if (outcome === 'deferred') {
    const until = decision.until ?? decided_at
    if (waiting && 'until' in waiting && waiting.until >= until) return state
    const forget_at = forgetAt(expires_at, now)
    const waits = { held_since: null, paused_by: pause_id, competes: false }
    return withDeferred(state, { moment_id, until, forget_at, moment, ...waits })
  }
  const known = withDecided(state, { moment_id, expires_at }, outcome === 'command', now)
  if (lost_to !== null) return adoptLoss(state, known, moment_id, lost_to, expires_at, moment)
  if (outcome !== 'command' || command_id == null || channel == null) return withWatched(known, decision, now)
  // A moment that waits was read before the stored position, and isn't replayed to say when it was.
  const contacted = moment ? withContact(known, moment) : known
  const touched = withTouch(contacted, { ...decision, command_id, channel, not_after: expires_at }, decided_at)
  return linked(touched, { ...decision, command_id, channel }, moment, decided_at, at)
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
  const found = before.unrecorded.find((entry) => entry.moment_id === moment_id && entry.attempt === 1)
  return found ? withUnrecorded(loser, found) : loser
}

/** The decision of a further attempt. A chain that isn't known was forgotten, and nothing follows of it. */
function adoptAttempt(state: DecideState, decision: Decision, at: At): DecideState {
  const { moment_id, expires_at, outcome, command_id, channel, decided_at, attempt, pause_id = null } = decision
  const chain = chainOf(state, moment_id)
  if (outcome === 'command' && command_id != null && channel != null) {
    const said = { ...decision, command_id, channel, not_after: expires_at }
    const touched = withTouch(withAttemptDecided(state, moment_id, attempt), said, decided_at)
    return linked(touched, said, null, decided_at, at)
  }
  if (!chain || chain.attempt >= attempt || chain.phase === 'ended') return state
  if (outcome !== 'deferred') return withChain(withAttemptDecided(state, moment_id, attempt), ended(chain))
  const until = decision.until ?? decided_at
  const waiting = state.deferred.find((entry) => entry.moment_id === moment_id)
  const open = withChain(state, { ...chain, phase: 'next', look_at: null })
  if (waiting && waiting.until >= until) return open
  const forget_at = forgetAt(expires_at, at.now)
  const waits = { held_since: null, paused_by: pause_id, competes: false }
  return withDeferred(open, { moment_id, until, forget_at, moment: chain.moment, ...waits })
}

function adoptCommand(state: DecideState, command: Command, at: At): DecideState {
  const { moment_id, command_id, rule, channel, offer = null, category = null, text, issued_at, attempt } = command
  const { campaign = null, variant = null } = command
  // What was asked for back is so once, whichever of the two is read first.
  const kept = state.deferred.find((entry) => entry.moment_id === moment_id)?.moment
  const open = withOpen(state, command, undefined, kept?.at ?? null)
  if (command.cancelled_because != null) return withWithdrawn(open, command)
  const touched = withAwaited(withTouch(open, command, issued_at), command, at.now)
  const tasks = withTask(touched.tasks, command)
  const reserved = tasks === touched.tasks ? touched : { ...touched, tasks }
  const chain = chainOf(state, moment_id)
  const loser = state.losers.find((entry) => entry.moment_id === moment_id)
  const isDecided = decidedOf(state, moment_id) !== undefined && !loser
  const isKnown = attempt === 1 ? isDecided : (chain?.attempt ?? 0) >= attempt
  if (isKnown) return chain ? linked(reserved, command, null, issued_at, at) : reserved
  const waiting = loser ?? state.deferred.find((entry) => entry.moment_id === moment_id)
  const joined = linked(reserved, command, waiting?.moment ?? null, issued_at, at)
  const forget_at = forgetAt(issued_at + longestExpiryMs, at.now)
  const said = { attempt, command_id, rule, channel, offer, category, text, issued_at, campaign, variant }
  const settled = attempt > 1 ? withoutWaiting(joined, moment_id) : joined
  return withUnrecorded(settled, { moment_id, forget_at, ...said })
}

/** Puts a command into its chain, which is looked at at once: how long its silence may last is not known here. */
function linked(
  state: DecideState,
  said: Omit<Link, 'offer' | 'issued_at'> & { readonly offer?: string | null },
  moment: Chain['moment'],
  issued_at: number,
  { now }: At,
): DecideState {
  const { moment_id, purpose, attempt, command_id, channel, offer = null } = said
  const link = { moment_id, purpose, attempt, command_id, offer, channel, issued_at }
  return withLink(state, link, moment, issued_at, forgetAt(issued_at + longestExpiryMs, now))
}
