import type { Holds } from '../control/holds.ts'
import type { Outreach } from '../control/scope.ts'
import type { At } from '../flow/step.ts'
import type { DeliverCode } from './codes.ts'
import { urgencyOf } from './lane.ts'
import type { CommandState } from './state.ts'

/** Why nothing may leave for now; undefined: it may. */
export function holdCodeOf(holds: Holds, outreach: Outreach): DeliverCode | undefined {
  if (holds.pauseOf(outreach)) return 'paused'
  return holds.isUnknown(outreach.purpose) ? 'pauses-unknown' : undefined
}

/** The shard's clock may be behind the time of day by so much. Milliseconds; as in decide, longer than a command takes to get here. */
const behindMostMs = 5_000

/**
 * Behind an outage a command may lie on the log with what takes it back, which isn't read yet. What rests on what the subscriber said
 * waits until that was read; what serves them doesn't.
 */
export const mustReadOn = (
  { purpose }: Pick<Outreach, 'purpose'>,
  { now, clock }: Pick<At, 'now' | 'clock'>,
): boolean => urgencyOf(purpose) === 'marketing' && now - clock > behindMostMs

/** It waits for a pause to end. */
export const isHeldBack = ({ phase, code }: CommandState): boolean =>
  phase === 'waiting' && (code === 'paused' || code === 'pauses-unknown')

/** When a command that isn't settled is looked at: at once, if it waits for a pause that has ended, or was cancelled. */
export function dueOf(holds: Holds, command: CommandState): number {
  if (command.phase !== 'waiting') return command.due
  const isReady = holds.isCancelled(command) || (isHeldBack(command) && holdCodeOf(holds, command) === undefined)
  return isReady ? Math.min(command.due, command.issued_at) : command.due
}
