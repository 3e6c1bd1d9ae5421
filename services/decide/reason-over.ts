import type { At, StepResult } from '../flow/step.ts'
import type { Moment } from '../records/types.ts'
import { behind } from './behind-another.ts'
import { openChain } from './chains.ts'
import type { Look } from './competition.ts'
import { waitingInVain, withEnding } from './endings.ts'
import type { Judge } from './judge.ts'
import type { DecideOutput } from './outputs.ts'
import type { RoundsParts } from './rounds.ts'
import type { Candidate, DecideState } from './state.ts'
import type { GiveBack } from './tranches.ts'

type Result = StepResult<DecideState, DecideOutput, GiveBack>

export interface ReasonOverParts extends Pick<RoundsParts, 'look' | 'conclude'> {
  readonly judge: Judge
}

/**
 * What a rule told has no reason any more: what waits, whatever for, is dropped with a decision. What can be taken back is, as behind
 * everything that is heard.
 */
export function createReasonOver({ judge, look, conclude }: ReasonOverParts) {
  return function reasonOver(state: DecideState, given: Moment, at: At): Result {
    if (given.mode === 'shadow') return { state }
    const known = withEnding(state, given, at.now)
    if (known === state) return { state }
    return waitingInVain(known).reduce<Result>(
      (result, candidate) => behind(result, (next) => drop(next, candidate, at)),
      { state: known },
    )
  }

  function drop(state: DecideState, candidate: Candidate, at: At): Result {
    const stands = standing(state, candidate, at)
    return stands ? conclude(state, { candidate, look: stands, triggeredAt: null }, at) : { state }
  }

  /** Its command may be on the log already; then its decision is what is missing. */
  function standing(state: DecideState, candidate: Candidate, at: At): Look | undefined {
    const found = look(state, candidate, at)
    if (found.kind === 'found') return found
    const verdict = judge(candidate, state, at, openChain(state, candidate.moment_id))
    return verdict.outcome === 'asking' ? undefined : { kind: 'judged', verdict }
  }
}
