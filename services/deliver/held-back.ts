import type { Holds } from '../control/holds.ts'
import type { Outreach } from '../control/scope.ts'
import type { DeliverCode } from './codes.ts'
import type { CommandState } from './state.ts'

/** Why nothing may leave for now; undefined: it may. */
export function holdCodeOf(holds: Holds, outreach: Outreach): DeliverCode | undefined {
  if (holds.pauseOf(outreach)) return 'paused'
  return holds.isUnknown(outreach.purpose) ? 'pauses-unknown' : undefined
}

/** It waits for a pause to end. */
export const isHeldBack = ({ phase, code }: CommandState): boolean =>
  phase === 'waiting' && (code === 'paused' || code === 'pauses-unknown')

/** When a command that isn't settled is looked at: at once, if it waits for a pause that has ended, or was cancelled. */
export function dueOf(holds: Holds, command: CommandState): number {
  if (command.phase !== 'waiting') return command.due
  const isReady = holds.isCancelled(command) || (isHeldBack(command) && holdCodeOf(holds, command) === undefined)
  return isReady ? Math.min(command.due, command.issued_at) : command.due
}
