import type { Moment } from '../records/types.ts'
import type { Ending } from './ending.ts'
import { forgetAt } from './memory.ts'
import type { Candidate, DecideState } from './state.ts'

/** With what a moment record says has ended; the same state if it is known. Of each rule the newest is kept. */
export function withEnding(
  state: DecideState,
  { rule, reason_ended_at, expires_at }: Moment,
  now: number,
): DecideState {
  const at = reason_ended_at ?? Number.NEGATIVE_INFINITY
  const known = state.endings.find((ending) => ending.rule === rule)
  if (reason_ended_at == null || (known && known.at >= at)) return state
  const others = state.endings.filter((ending) => ending.rule !== rule)
  return { ...state, endings: [...others, { rule, at, forget_at: forgetAt(expires_at, now) }] }
}

/** What ended the reason of the rule's moment of `at`; undefined: nothing that is known. What comes at the same instant isn't after it. */
export const endingOf = (
  { endings }: DecideState,
  { rule, at }: { readonly rule: string | null; readonly at: number },
): Ending | undefined => endings.find((ending) => ending.rule === rule && ending.at > at)

/** Those that wait, whatever for, and have no reason any more. */
export const waitingInVain = (state: DecideState): readonly Candidate[] =>
  state.endings.length === 0
    ? []
    : state.deferred.flatMap(({ moment }) => (moment && endingOf(state, moment) ? [moment] : []))
