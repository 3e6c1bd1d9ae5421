import { holdsBack } from '../domain/reason-codes.ts'
import type { At, StepResult } from '../flow/step.ts'
import type { Policy } from '../rules/catalogue.ts'
import { byWorth } from './arbitration.ts'
import {
  type Contender,
  canWait,
  commandOfWinner,
  competes,
  inWindow,
  type Look,
  lost,
  winnerOf,
  worthOf,
} from './competition.ts'
import { withLoser } from './losers.ts'
import { forgetAt, waitingBeside, withDeferred } from './memory.ts'
import type { DecideOutput } from './outputs.ts'
import { byUrgency, urgency } from './release.ts'
import type { Candidate, DecideState, Purpose } from './state.ts'
import type { GiveBack } from './tranches.ts'

type Result = StepResult<DecideState, DecideOutput, GiveBack>

export interface RoundsParts {
  readonly competition: Policy['competition']
  /** No further moment waits. */
  readonly deferredMost: number
  /** How a moment stands now; changes nothing. */
  readonly look: (state: DecideState, candidate: Candidate, at: At) => Look
  /** Does what was found right. */
  readonly conclude: (state: DecideState, contender: Contender, at: At) => Result
}

/** Moments of one subscriber beside each other: which of them is said. */
export interface Rounds {
  /** A moment that could be said, of a purpose with a window: it waits in that, or closes it where it can't wait. */
  enter(state: DecideState, contender: Contender, at: At): Result
  /** Moments whose waiting is over, in whatever order: what must be said first is, then what is worth most. */
  release(state: DecideState, candidates: readonly Candidate[], at: At): Result
}

export function createRounds({ competition = {}, deferredMost, look, conclude }: RoundsParts): Rounds {
  const contenderOf = (state: DecideState, candidate: Candidate, at: At): Contender => {
    return { candidate, look: look(state, candidate, at), triggeredAt: null }
  }

  function enter(state: DecideState, contender: Contender, at: At): Result {
    const { candidate } = contender
    const { purpose } = candidate
    const windowMs = competition[purpose]
    if (windowMs === undefined) return conclude(state, contender, at)
    const others = inWindow(state, purpose, at.now)
    const until = others[0]?.until ?? at.now + windowMs
    const isCrowded = waitingBeside(state, candidate) >= deferredMost
    if (!isCrowded && canWait(contender, until)) return { state: waiting(state, contender, until, at) }
    return settle(state, [contender, ...reopened(state, purpose, at)], at)
  }

  function release(state: DecideState, candidates: readonly Candidate[], at: At): Result {
    let next = state
    const outputs: DecideOutput[] = []
    for (const purpose of urgency) {
      const own = candidates.filter((candidate) => candidate.purpose === purpose).sort(byUrgency)
      if (own.length === 0) continue
      const result = competition[purpose] === undefined ? inTurn(next, own, at) : together(next, purpose, own, at)
      next = result.state
      outputs.push(...(result.outputs ?? []))
    }
    return { state: next, outputs }
  }

  /** Without a window each is judged with the touches of those before it: of those that may give way, what is worth most first. */
  function inTurn(state: DecideState, candidates: readonly Candidate[], at: At): Result {
    const [first] = candidates
    const isWeighed = candidates.length > 1 && first !== undefined && holdsBack('priority', first.purpose)
    const ordered = isWeighed
      ? candidates
          .map((candidate) => ({ candidate, worth: worthOf(look(state, candidate, at)) }))
          .sort((a, b) => byWorth(a.worth, b.worth))
          .map(({ candidate }) => candidate)
      : candidates
    let next = state
    const outputs: DecideOutput[] = []
    for (const candidate of ordered) {
      const result = conclude(next, contenderOf(next, candidate, at), at)
      next = result.state
      outputs.push(...(result.outputs ?? []))
    }
    return { state: next, outputs }
  }

  /** What is released while a window is open enters it; else those that are released together compete at once. */
  function together(state: DecideState, purpose: Purpose, candidates: readonly Candidate[], at: At): Result {
    const contenders = candidates.map((candidate) => contenderOf(state, candidate, at))
    const until = inWindow(state, purpose, at.now)[0]?.until
    if (until === undefined) return settle(state, contenders, at)
    const all = contenders.filter((one) => competes(one.look))
    if (!all.every((one) => canWait(one, until)))
      return settle(state, [...contenders, ...reopened(state, purpose, at)], at)
    const rest = settle(
      state,
      contenders.filter((one) => !competes(one.look)),
      at,
    )
    return { ...rest, state: all.reduce((next, one) => waiting(next, one, until, at), rest.state) }
  }

  /** Those of the open window, as they stand now. */
  const reopened = (state: DecideState, purpose: Purpose, at: At): readonly Contender[] =>
    inWindow(state, purpose, at.now).flatMap(({ moment }) => (moment ? [contenderOf(state, moment, at)] : []))

  /** One is said. What lost goes to the log before it does: a winner's decision there has theirs beside it (see adopt.ts). */
  function settle(state: DecideState, contenders: readonly Contender[], at: At): Result {
    let next = state
    const outputs: DecideOutput[] = []
    const take = (result: Result) => {
      next = result.state
      outputs.push(...(result.outputs ?? []))
    }
    const rivals = contenders.filter((one) => competes(one.look))
    for (const one of contenders) if (!rivals.includes(one)) take(conclude(next, one, at))
    if (rivals.length === 0) return { state: next, outputs }
    const winner = winnerOf(rivals)
    const command = commandOfWinner(winner)
    for (const one of rivals) {
      if (one === winner) continue
      const verdict = lost(one, winner)
      // Two commands that are on the log both stand.
      take(conclude(next, verdict ? { ...one, look: { kind: 'judged', verdict } } : one, at))
      if (verdict && command !== null) next = withLoser(next, one.candidate, command, at.now)
    }
    take(conclude(next, winner, at))
    return { state: next, outputs }
  }

  return { enter, release }
}

function waiting(state: DecideState, { candidate }: Contender, until: number, { now }: At): DecideState {
  const { moment_id, expires_at } = candidate
  const forget_at = forgetAt(expires_at, now)
  const entry = { moment_id, until, forget_at, moment: candidate, held_since: null, paused_by: null, competes: true }
  return withDeferred(state, entry)
}
