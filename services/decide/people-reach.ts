import { holdsBack } from '../domain/reason-codes.ts'
import type { Case, Facts } from './gates.ts'
import { liveCall } from './live-call.ts'
import { assignmentOf } from './task-of.ts'

/** Why there is no person who could say it. */
interface Nobody {
  /** When there is at the latest; null: not known. */
  readonly until: number | null
  readonly facts: Facts
}

/**
 * What stands in the way of a person saying it: an agent is there only while the subscriber is in a call, a task needs a kind and
 * a team, and there is one at a time of a kind. undefined: nothing, or the channel is none of people.
 */
export function nobodyThere(subject: Case): Nobody | undefined {
  const { channel, state, now, offer } = subject
  if (channel === 'desk' && !liveCall(state.intervals, now))
    return { until: null, facts: { 'no-reach.live_call': false } }
  if (channel !== 'task') return undefined
  const found = assignmentOf(subject)
  if (!found) return { until: null, facts: { 'no-reach.task': offer?.task ?? null } }
  // What do-not-disturb doesn't hold back, nobody is asked to do twice all the same.
  const open = holdsBack('do-not-disturb', subject.moment.purpose)
    ? undefined
    : state.tasks.find(({ kind, until }) => kind === found.kind.id && now < until)
  return open && { until: open.until, facts: { 'no-reach.open_task': open.command_id } }
}
