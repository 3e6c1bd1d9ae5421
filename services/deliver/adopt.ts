import { dayMs } from '../domain/time-zones.ts'
import type { At } from '../flow/step.ts'
import type { Attempt, Receipt } from '../records/types.ts'
import type { DeliverSettings } from './deliver-settings.ts'
import { rememberMs } from './moves.ts'
import { blankCommand, type CommandState, type DeliverState } from './state.ts'

/** A state that begins anew reads what was commanded long ago once more: so long at least its receipts are remembered. */
const replayMs = dayMs

/**
 * Takes an attempt that is on the log though the state went back behind it: it counts as one that may have left, until its
 * receipt says more.
 */
export function adoptAttempt(
  state: DeliverState,
  attempt: Attempt,
  at: At,
  { patienceMs, resultTimeoutMs }: DeliverSettings,
): DeliverState {
  const command = state.commands.find(({ id }) => id === attempt.command_id)
  if (command && (command.phase === 'settled' || command.claimed_at >= attempt.attempted_at)) return state
  // Until its command comes again, its life is taken to be the longest.
  const notAfter = command?.not_after ?? attempt.attempted_at + rememberMs
  if (!command && notAfter <= at.now) return state
  return withCommand(state, attempt.subscriber_id, {
    ...blankCommand,
    ...command,
    id: attempt.command_id,
    channel: attempt.channel,
    purpose: attempt.purpose,
    phase: 'claimed',
    due: Math.min(notAfter, attempt.attempted_at + patienceMs) + resultTimeoutMs,
    not_after: notAfter,
    claimed_at: attempt.attempted_at,
    attempts: (command?.attempts ?? 0) + 1,
    held: 0,
  })
}

/** Takes a receipt that is on the log: its command is settled, whatever the state says, and isn't sent or settled again. */
export function adoptReceipt(state: DeliverState, receipt: Receipt, at: At): DeliverState {
  const { command_id, subscriber_id, received_at } = receipt
  const command = state.commands.find(({ id }) => id === command_id)
  if (command?.phase === 'settled') return state
  const notAfter = command?.not_after ?? received_at
  const { issued_at, claimed_at, attempts, unanswered, fruitless } = command ?? blankCommand
  return withCommand(state, subscriber_id, {
    ...blankCommand,
    id: command_id,
    channel: receipt.channel,
    // A receipt doesn't say it, and of what is settled nobody asks for it.
    purpose: command?.purpose ?? 'marketing',
    issued_at,
    phase: 'settled',
    due: Math.max(notAfter + rememberMs, at.now + replayMs),
    not_after: notAfter,
    claimed_at,
    attempts,
    unanswered,
    fruitless,
  })
}

function withCommand(state: DeliverState, subscriber_id: string, command: CommandState): DeliverState {
  const others = state.commands.filter(({ id }) => id !== command.id)
  return { ...state, subscriber_id, commands: [...others, command] }
}
