import type { Budgets } from '../budgets/budgets.ts'
import { localBudgets } from '../budgets/local.ts'
import type { ChannelHealths } from '../channel-health/board.ts'
import { type Holds, noHolds } from '../control/holds.ts'
import type { At, InputOf, Step, StepResult } from '../flow/step.ts'
import { type Learning, noLearning } from '../learning/learning.ts'
import type { Moment, Order, Profile, Receipt, Reply } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { type Channel, channels as everyChannel, topics } from '../topology.ts'
import { adopt } from './adopt.ts'
import { scoreTagsOf } from './arbitration.ts'
import { isBehind, mustWait } from './behind.ts'
import { behind } from './behind-another.ts'
import { touchesKeptMs } from './caps.ts'
import { type Chain, ended, nextLook, openChain, withChain } from './chains.ts'
import { applyProfileToChannels, applyReceiptToChannels } from './channel-facts.ts'
import { citationsOf } from './citations.ts'
import { type Contender, competes, type Look } from './competition.ts'
import { answersKeptMs } from './cooling.ts'
import { createFollow, type Followed } from './follow.ts'
import { applyInterval } from './intervals.ts'
import { createJudge } from './judge.ts'
import { afterReceipt, withMoment } from './losers.ts'
import {
  decidedOf,
  defaultLimits,
  forgetAt,
  type Kept,
  type Limits,
  waitingBeside,
  withAttemptDecided,
  withDecided,
  withDeferred,
  withMomentOfOpen,
  withOpen,
  withoutForgotten,
  withoutOpen,
  withoutWaiting,
  withTouch,
} from './memory.ts'
import { oncesOf, repeated, withContact } from './once.ts'
import { withoutEnded, withTaskOf } from './open-tasks.ts'
import { awaiting, nextOutcome, outcomesDue, outcomesOf, watched } from './outcomes.ts'
import { commandOf, type DecideOutput, decisionFound, decisionOf } from './outputs.ts'
import { applyOrder, applyProducts } from './owned-products.ts'
import { isAllKnown, mustWaitToKnow, pausedBy } from './pauses.ts'
import { createReasonOver } from './reason-over.ts'
import { nextRelease, released } from './release.ts'
import { applyReply } from './replies.ts'
import { createRounds } from './rounds.ts'
import { type Candidate, type DecideState, initialState, stateSchema, type Unrecorded } from './state.ts'
import { applyProfile, consentInForce } from './subscriber-facts.ts'
import { applyReceipt } from './touches.ts'
import { type GiveBack, givenBack, judgedWithTranches } from './tranches.ts'
import { type Asking, crowded, reachedLate, shadow, type Verdict } from './verdict.ts'
import { candidateOf, untilCaughtUp, untilGranted } from './waiting.ts'
import { withWhereabouts } from './whereabouts.ts'
import { createTakeBack, isForPeople } from './withdrawal.ts'

export type DecideInput =
  | InputOf<'moment', Moment>
  | InputOf<'receipt', Receipt>
  | InputOf<'reply', Reply>
  | InputOf<'profile', Profile>
  | InputOf<'order', Order>
export type DecideStep = Step<DecideState, DecideInput, DecideOutput, GiveBack, undefined>
type Result = StepResult<DecideState, DecideOutput, GiveBack>

export interface DecideSettings {
  /** Bounds of one subscriber's document; each has a default. */
  readonly limits?: Partial<Limits>
  /** What is paused; default: nothing can be. */
  readonly holds?: Holds
  /** What was learned from outcomes; default: nothing is. */
  readonly learning?: Learning
  /** What may be drawn of budgets; default: of each what its own rules let go, shared with nobody. */
  readonly budgets?: Budgets
  /** Through which the system sends; default: all. */
  readonly channels?: readonly Channel[]
  /** How they are; default: all are up. */
  readonly health?: ChannelHealths
}

/**
 * Decide: judges each moment under the contact policy, once, on the instant of sending (`at.now`), and records what it
 * did. Quiet hours defer: the moment waits in the state and is judged again in full when they end.
 *
 * A moment has one last decision and, before it, one decision for each deferral. Ids of decisions and commands follow
 * from the moment's, so that a replay repeats them. What is on the log of an earlier run is adopted and stands.
 */
export function createDecideStep(catalogue: Catalogue, settings: DecideSettings = {}): DecideStep {
  const limits: Limits = { ...defaultLimits, ...settings.limits }
  const { holds = noHolds, budgets = localBudgets(), channels = everyChannel, health, learning = noLearning } = settings
  const { deferredMost } = limits
  const ways = { channels: new Set(channels), ...(health && { health }) }
  const judge = createJudge(catalogue, { deferredMost, holds, budgets, ...ways, learning })
  const scoreTags = scoreTagsOf(catalogue.offers)
  const { policy, ruleset } = catalogue
  const follow = createFollow(catalogue)
  const keeps: Kept = {
    touchesMs: touchesKeptMs(policy),
    answersMs: answersKeptMs(policy),
    onceOf: oncesOf(ruleset.rules),
  }
  const reasonOver = createReasonOver({ judge, look, conclude })
  const takeBack = createTakeBack(catalogue, budgets, holds.takesBack)
  const rounds = createRounds({ competition: policy.competition, deferredMost: limits.deferredMost, look, conclude })
  const tidy = ({ state, outputs = [], effects = [] }: Result, { now }: At): Result => ({
    state: withoutForgotten(state, now, keeps, limits),
    outputs,
    effects,
  })

  return {
    stateSchema,
    initial: initialState,
    handle(state, input, at) {
      const told = withOutcomes(state, handle(state, input, at), input)
      return tidy(withdrawing(state, told, input, at), at)
    },
    nextDue: (state) => Math.min(nextRelease(state.deferred, holds), nextOutcome(state), nextLook(state)),
    waiting: (state) => state.deferred.flatMap(({ paused_by }) => (paused_by === null ? [] : [pausedLane])),
    timer: (state, at) => tidy(due(state, at), at),
    adopt,
  }

  /** What the input says of commands comes behind what it changes. */
  function withOutcomes(before: DecideState, result: Result, input: DecideInput): Result {
    const told = outcomesOf(before, result.state, input, policy)
    return { ...result, state: told.state, outputs: [...(result.outputs ?? []), ...told.outputs] }
  }

  function due(state: DecideState, at: At): Result {
    const told = outcomesDue(state, at.clock)
    const released = release(told.state, at)
    const all = { ...released, outputs: [...told.outputs, ...(released.outputs ?? [])] }
    return behind(all, (next) => fallBack(follow.look(next, at), at))
  }

  function handle(state: DecideState, input: DecideInput, at: At): Result {
    switch (input.type) {
      case 'profile': {
        const facts = applyProfile(state.facts, input.value, scoreTags)
        const products = applyProducts(state.products, input.value, facts.ended_at)
        const channels = applyProfileToChannels(state.channels, input.value, facts.ended_at)
        const isSame = facts === state.facts && products === state.products && channels === state.channels
        return { state: isSame ? state : { ...state, facts, products, channels } }
      }
      case 'order': {
        const products = applyOrder(state.products, input.value, state.facts.ended_at)
        return { state: products === state.products ? state : { ...state, products } }
      }
      case 'receipt': {
        const touches = applyReceipt(state.touches, input.value, at.now)
        const effects = givenBack(state.touches, touches)
        const channels = applyReceiptToChannels(state.channels, input.value)
        const tasks = withoutEnded(state.tasks, input.value)
        const isSame = touches === state.touches && channels === state.channels && tasks === state.tasks
        const heard = withoutOpen(isSame ? state : { ...state, touches, channels, tasks }, input.value)
        const followed = behind({ state: heard, effects }, (next) => fallBack(follow.hear(next, input.value, at), at))
        return behind(followed, (next) => reconsider(next, input.value.command_id, at))
      }
      case 'reply':
        return fallBack(follow.heed(applyReply(state, input.value, policy.replies), input.value), at)
      case 'moment':
        if (input.value.reason_ended_at != null) return reasonOver(state, input.value, at)
        if (input.value.mode === 'shadow') return onTrial(state, input.value, at)
        return input.value.do_not_disturb
          ? disturbance(state, input.value, at)
          : moment(withWhereabouts(state, input.value, policy), input.value, at)
    }
  }

  function moment(state: DecideState, given: Moment, at: At): Result {
    const candidate = candidateOf(given)
    const decided = decidedOf(state, given.moment_id)
    // An adopted decision says that the subscriber was contacted; that this was for a moment of this time, the moment.
    const met = decided?.contacted ? withMomentOfOpen(contacted(state, candidate), candidate) : undefined
    if (met) return fallBack(follow.fill(met, candidate), at)
    if (decided) return { state: withMoment(state, candidate) }
    const waiting = state.deferred.find(({ moment_id }) => moment_id === given.moment_id)
    if (!waiting) return decideBehindHeld(state, candidate, given.triggered_at ?? null, at)
    if (waiting.moment) return { state }
    // Its deferral was adopted: it goes back to waiting, and that isn't decided a second time.
    return { state: withDeferred(state, { ...waiting, moment: candidate }) }
  }

  /** A shadow rule's moment: recorded, once, and nothing follows from it. */
  function onTrial(state: DecideState, given: Moment, { now }: At): Result {
    if (decidedOf(state, given.moment_id)) return { state }
    const candidate = candidateOf(given)
    const decision = decisionOf(candidate, shadow, catalogue.version, now)
    return { state: withDecided(state, candidate, false, now), outputs: [{ topic: topics.decisions, value: decision }] }
  }

  function contacted(state: DecideState, candidate: Candidate): DecideState {
    return keeps.onceOf(candidate.rule) === 0 ? state : withContact(state, candidate)
  }

  /** A moment that was decided changes its interval too: an adopted decision says that it did, and not what it said. */
  function disturbance(state: DecideState, given: Moment, { now }: At): Result {
    const intervals = applyInterval(state.intervals, given, forgetAt(given.expires_at, now))
    const changed = intervals === state.intervals ? state : { ...state, intervals }
    if (decidedOf(state, given.moment_id)) return { state: changed }
    const candidate = candidateOf(given)
    const decision = decisionOf(candidate, { outcome: 'recorded' }, catalogue.version, now)
    return {
      state: withDecided(changed, candidate, false, now),
      outputs: [{ topic: topics.decisions, value: decision }],
    }
  }

  /** What marketing and care rest on may lie on the log, and not be known here. */
  function mayBeUnheard(at: At): boolean {
    return isBehind(at) || !isAllKnown(holds)
  }

  function release(state: DecideState, at: At): Result {
    const due = released(state.deferred, at.now, mayBeUnheard(at), holds)
    const isFurther = ({ moment_id }: Candidate) => decidedOf(state, moment_id) !== undefined
    let result: Result = { state }
    for (const candidate of due.filter(isFurther)) {
      result = behind(result, (next) => decide(next, candidate, null, at))
    }
    const first = due.filter((candidate) => !isFurther(candidate))
    return first.length === 0 ? result : behind(result, (next) => rounds.release(next, first, at))
  }

  /** What lost to a command that provably didn't leave is judged again in full. */
  function reconsider(state: DecideState, commandId: string, at: At): Result {
    const { state: next, again } = afterReceipt(state, commandId, at.now)
    return again.length === 0 ? { state: next } : rounds.release(next, again, at)
  }

  /** What the subscriber says or does may speak against what is on its way to them. */
  function withdrawing(before: DecideState, result: Result, input: DecideInput, at: At): Result {
    const { state } = result
    if (before.open.length === 0 || state === before) return result
    const isSame =
      state.facts === before.facts &&
      state.products === before.products &&
      state.intervals === before.intervals &&
      state.endings === before.endings &&
      state.answers === before.answers
    if (isSame) return result
    const taken = takeBack(before, state, input, at)
    if (taken.outputs.length === 0) return result
    return { ...result, state: taken.state, outputs: [...(result.outputs ?? []), ...taken.outputs] }
  }

  /** What was held comes first, once it needn't be any more: it was there before. */
  function decideBehindHeld(state: DecideState, candidate: Candidate, triggeredAt: number | null, at: At): Result {
    const isHeld = mayBeUnheard(at) || state.deferred.every(({ held_since }) => held_since === null)
    if (isHeld) return decide(state, candidate, triggeredAt, at)
    return behind(release(state, at), (next) => decide(next, candidate, triggeredAt, at))
  }

  /** Commands that may have their turn are judged, and those that were found on the log without their decision get it. */
  function fallBack({ state, next = [], found = [] }: Followed, at: At): Result {
    let result: Result = { state }
    for (const { candidate, command } of found) {
      result = behind(result, (before) => record(before, candidate, command, at.now))
    }
    for (const { moment, late } of next) {
      result = behind(result, (before) => (late ? reached(before, moment, late, at) : decide(before, moment, null, at)))
    }
    return result
  }

  /** What was to be said through another channel need not be any more. */
  function reached(state: DecideState, candidate: Candidate, { attempt, command_id }: Chain, { now }: At): Result {
    const verdict = reachedLate(command_id)
    const value = decisionOf(candidate, verdict, catalogue.version, now, attempt + 1)
    return { state: withoutWaiting(state, candidate.moment_id), outputs: [{ topic: topics.decisions, value }] }
  }

  /** `triggeredAt` goes with the command; one that waited has none, as latency isn't measured over the night. */
  function decide(state: DecideState, candidate: Candidate, triggeredAt: number | null, at: At): Result {
    // It waited for a channel of a chain that has ended, or was forgotten: it must not begin anew.
    const chain = openChain(state, candidate.moment_id)
    if (!chain && decidedOf(state, candidate.moment_id)) return { state: withoutWaiting(state, candidate.moment_id) }
    const contender = { candidate, look: look(state, candidate, at), triggeredAt }
    // What is said a second way has won its competition.
    return !chain && competes(contender.look) ? rounds.enter(state, contender, at) : conclude(state, contender, at)
  }

  function look(state: DecideState, candidate: Candidate, at: At): Look {
    const { moment_id } = candidate
    const found = state.unrecorded.find((one) => one.moment_id === moment_id && one.attempt === 1)
    if (found) return { kind: 'found', found }
    const chain = openChain(state, moment_id)
    const mustHear = mustWait(candidate, at) || mustWaitToKnow(candidate, at.now, holds)
    const waits = mustHear && (chain !== undefined || !repeated(state, candidate, keeps.onceOf(candidate.rule)))
    const isCrowded = waits && waitingBeside(state, candidate) >= limits.deferredMost
    if (waits && !isCrowded) return { kind: 'waits' }
    const verdict = isCrowded ? crowded(waitingBeside(state, candidate)) : judgeNow(state, candidate, at, chain)
    return verdict.outcome === 'asking' ? { kind: 'asks' } : { kind: 'judged', verdict }
  }

  function conclude(state: DecideState, { candidate, look, triggeredAt }: Contender, at: At): Result {
    switch (look.kind) {
      case 'found':
        return behind(record(state, candidate, look.found, at.now), (next) =>
          fallBack(follow.fill(next, candidate), at),
        )
      case 'waits':
        return { state: untilCaughtUp(state, candidate, at) }
      case 'asks':
        return { state: untilGranted(state, candidate, at, budgets) }
      case 'judged':
        return act(state, candidate, look.verdict, triggeredAt, at)
    }
  }

  function act(state: DecideState, candidate: Candidate, verdict: Verdict, triggeredAt: number | null, at: At): Result {
    const { now } = at
    const chain = openChain(state, candidate.moment_id)
    const attempt = chain ? chain.attempt + 1 : 1
    if (verdict.outcome === 'paused') return pause(state, candidate, verdict, attempt, now)
    const value = decisionOf(candidate, verdict, catalogue.version, now, attempt)
    const decision: DecideOutput = { topic: topics.decisions, value }
    if (verdict.outcome === 'deferred') {
      const { moment_id, expires_at } = candidate
      const entry = {
        moment_id,
        until: verdict.until,
        forget_at: forgetAt(expires_at, now),
        moment: candidate,
        held_since: null,
        paused_by: null,
        competes: false,
      }
      return { state: withDeferred(state, entry), outputs: [decision] }
    }
    const isCommand = verdict.outcome === 'command'
    const decided = chain
      ? withAttemptDecided(state, candidate.moment_id, attempt)
      : withDecided(isCommand ? contacted(state, candidate) : state, candidate, isCommand, now)
    if (verdict.outcome !== 'command') {
      if (!chain) return watched({ state: decided, outputs: [decision] }, value)
      // What lost to it has its turn.
      const over = withChain(decided, ended(chain))
      return behind({ state: over, outputs: [decision] }, (next) => reconsider(next, chain.command_id, at))
    }
    const command = commandOf(candidate, verdict, value.decision_id, triggeredAt, now, attempt)
    const drawn = budgets.spend(command.command_id, verdict.draws, now)
    const reserved = withTouch(withTaskOf(decided, command), command, now, drawn)
    const isKept = holds.takesBack || isForPeople(command)
    const open = isKept ? withOpen(reserved, command, candidate.expires_at, candidate.at) : reserved
    const issued = awaiting(open, command)
    return {
      state: follow.said(issued.state, candidate, command),
      outputs: [decision, { topic: topics.commands[verdict.channel], value: command }, ...issued.outputs],
    }
  }

  /** It is `asking` only where it can be kept until the answer comes. */
  function judgeNow(state: DecideState, candidate: Candidate, at: At, chain: Chain | undefined): Verdict | Asking {
    const verdict = judgedWithTranches(() => judge(candidate, state, at, chain), budgets, at.now)
    const waiting = waitingBeside(state, candidate)
    return verdict.outcome === 'asking' && waiting >= limits.deferredMost ? crowded(waiting) : verdict
  }

  /** It waits for the end of the pause, decided once, and looks again now and then: the end may not have been heard of here. */
  function pause(
    state: DecideState,
    candidate: Candidate,
    verdict: Verdict & { readonly outcome: 'paused' },
    attempt: number,
    now: number,
  ): Result {
    const { moment_id, expires_at } = candidate
    const until = Math.min(expires_at, now + holds.lookAgainMs)
    const forget_at = forgetAt(expires_at, now)
    const paused_by = verdict.pause.id
    const waits = { moment_id, until, forget_at, moment: candidate, held_since: null, paused_by, competes: false }
    const isKnown = pausedBy(state, candidate) === paused_by
    const decision = decisionOf(candidate, verdict, catalogue.version, now, attempt)
    return {
      state: withDeferred(state, waits),
      outputs: isKnown ? [] : [{ topic: topics.decisions, value: decision }],
    }
  }

  /** The command is on the log, and its touch reserved: what is missing is the decision. */
  function record(state: DecideState, candidate: Candidate, found: Unrecorded, now: number): Result {
    const consent = consentInForce(state.facts, found.channel, candidate.purpose, found.issued_at)
    const cites = citationsOf(state.facts, candidate.purpose)
    const value = decisionFound(candidate, found, catalogue.version, consent?.ref ?? null, cites)
    const recorded =
      found.attempt > 1
        ? withAttemptDecided(state, candidate.moment_id, found.attempt)
        : withDecided(contacted(state, candidate), candidate, true, now)
    return { state: recorded, outputs: [{ topic: topics.decisions, value }] }
  }
}

/** What waits for a pause to end is counted as waiting for this. */
export const pausedLane = 'paused'
