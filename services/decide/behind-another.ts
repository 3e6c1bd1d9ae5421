import type { StepResult } from '../flow/step.ts'
import type { DecideOutput } from './outputs.ts'
import type { DecideState } from './state.ts'
import type { GiveBack } from './tranches.ts'

type Result = StepResult<DecideState, DecideOutput, GiveBack>

/** What comes of the first, and then of the second. */
export function behind(first: Result, then: (state: DecideState) => Result): Result {
  const second = then(first.state)
  return {
    state: second.state,
    outputs: [...(first.outputs ?? []), ...(second.outputs ?? [])],
    effects: [...(first.effects ?? []), ...(second.effects ?? [])],
  }
}
