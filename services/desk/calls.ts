import type { Contact } from '../records/types.ts'
import type { Call } from './state.ts'

/** A call of which nothing is heard for so long has no part in anything any more. */
const rememberedMs = 6 * 3_600_000
const callsMost = 20

export const callOf = (calls: readonly Call[], id: string): Call | undefined =>
  calls.find(({ call_id }) => call_id === id)

/** Calls as an event tells them: what is over stays so, and of who is in it the newest word counts. */
export function callsAfter(calls: readonly Call[], event: Contact, now: number): readonly Call[] {
  const { call_id, event_time: at, phase, agent_id: agent = null } = event
  const index = calls.findIndex((call) => call.call_id === call_id)
  const known = calls[index]
  const isEnd = phase === 'ended'
  if (!known) {
    const call: Call = { call_id, agent, at, is_over: isEnd }
    return [...withoutPastCalls(calls, now), call].slice(-callsMost)
  }
  if (known.is_over || (at < known.at && !isEnd)) return calls
  return calls.with(index, { call_id, agent: agent ?? known.agent, at: Math.max(at, known.at), is_over: isEnd })
}

export function withoutPastCalls(calls: readonly Call[], now: number): readonly Call[] {
  const kept = calls.filter(({ at }) => at + rememberedMs > now)
  return kept.length === calls.length ? calls : kept
}
