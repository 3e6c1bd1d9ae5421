import type { Command } from '../records/types.ts'
import type { TimelineStep } from './timeline.ts'

/**
 * A receipt among the steps that are yet to come is of this command: no other of its subscriber and channel is expected in between,
 * as a line's receipt is of the last one. `untaken`: so many decisions of the subscriber, up to the command's own, were made and are
 * named by lines yet to come.
 */
export function isToldOf(steps: readonly TimelineStep[], command: Command, untaken: number): boolean {
  const { subscriber_id, channel } = command
  let isLast = true
  let known = untaken
  for (const step of steps) {
    if (!('subscriber' in step) || step.subscriber !== subscriber_id) continue
    if (step.kind === 'receipt') {
      if (step.channel === channel || (step.channel === undefined && isLast)) return true
    } else if (step.kind === 'decision') {
      if (known-- > 0 || step.decision.outcome !== 'command') continue
      if (step.decision.channel === undefined || step.decision.channel === channel) return false
      isLast = false
    }
  }
  return false
}
