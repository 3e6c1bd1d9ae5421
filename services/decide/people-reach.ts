import { holdsBack } from '../domain/reason-codes.ts'
import type { Case, Facts } from './gates.ts'
import { liveCall } from './live-call.ts'
import { assignmentOf } from './task-of.ts'

/**
 * What stands in the way of a person saying it: an agent is there only while the subscriber is in a call, a task needs a kind and
 * a team, and there is one at a time of a kind. undefined: nothing, or the channel is none of people.
 */
export function nobodyThere(subject: Case): Facts | undefined {
  const { channel, state, now, offer } = subject
  if (channel === 'desk' && !liveCall(state.intervals, now)) return { 'no-reach.live_call': false }
  if (channel !== 'task') return undefined
  const found = assignmentOf(subject)
  if (!found) return { 'no-reach.task': offer?.task ?? null }
  // What do-not-disturb doesn't hold back, nobody is asked to do twice all the same.
  const open = holdsBack('do-not-disturb', subject.moment.purpose)
    ? undefined
    : state.tasks.find(({ kind, until }) => kind === found.kind.id && now < until)
  return open && { 'no-reach.open_task': open.command_id }
}
