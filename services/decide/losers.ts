import { forgetAt } from './memory.ts'
import type { Candidate, DecideState, Loser } from './state.ts'

/** The moment has its decision, and is thought of again if the command that it lost to provably doesn't leave. */
export function withLoser(state: DecideState, moment: Candidate, lost_to: string, now: number): DecideState {
  const { moment_id, expires_at } = moment
  return withEntry(state, { moment_id, lost_to, forget_at: Math.min(expires_at, forgetAt(expires_at, now)), moment })
}

/** The same of a decision that is adopted; `moment` null: it is yet to be replayed. */
export const withEntry = (state: DecideState, entry: Loser): DecideState => ({
  ...state,
  losers: [...state.losers.filter(({ moment_id }) => moment_id !== entry.moment_id), entry],
})

/** The moment of an adopted decision has come again. */
export function withMoment(state: DecideState, moment: Candidate): DecideState {
  const entry = state.losers.find(({ moment_id }) => moment_id === moment.moment_id)
  return entry && !entry.moment ? withEntry(state, { ...entry, moment }) : state
}

/** As if the moment had not been decided: it is judged again. */
export const withoutLoser = (state: DecideState, momentId: string): DecideState => ({
  ...state,
  losers: state.losers.filter(({ moment_id }) => moment_id !== momentId),
  decided: state.decided.filter(({ moment_id }) => moment_id !== momentId),
})

/**
 * After a receipt of a command: what lost to it has lost for good once it has left, and is to be judged again (`again`) once it
 * provably didn't. While neither is known, it waits for what is heard later.
 */
export function afterReceipt(
  state: DecideState,
  commandId: string,
  now: number,
): { readonly state: DecideState; readonly again: readonly Candidate[] } {
  const own = state.losers.filter(({ lost_to }) => lost_to === commandId)
  const touch = own.length === 0 ? undefined : state.touches.find(({ command_id }) => command_id === commandId)
  if (!touch || touch.state === 'reserved') return { state, again: [] }
  const again =
    touch.state === 'released' ? own.flatMap(({ moment }) => (moment && now < moment.expires_at ? [moment] : [])) : []
  const losers = state.losers.filter(({ lost_to }) => lost_to !== commandId)
  return {
    state: again.reduce<DecideState>((next, one) => withoutLoser(next, one.moment_id), { ...state, losers }),
    again,
  }
}
