import type { Case, Facts } from './gates.ts'
import { liveCall } from './live-call.ts'
import { assignmentOf } from './task-of.ts'

/**
 * What stands in the way of a person saying it: an agent is there only while the subscriber is in a call, and a task needs a kind
 * and a team. undefined: nothing, or the channel is none of people.
 */
export function nobodyThere(subject: Case): Facts | undefined {
  const { channel, state, now, offer } = subject
  if (channel === 'desk' && !liveCall(state.intervals, now)) return { 'no-reach.live_call': false }
  if (channel === 'task' && !assignmentOf(subject)) return { 'no-reach.task': offer?.task ?? null }
  return undefined
}
