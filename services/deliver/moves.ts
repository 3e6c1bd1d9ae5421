import { deterministicId } from '../domain/ids.ts'
import type { At } from '../flow/step.ts'
import type { Attempt } from '../records/types.ts'
import { topics } from '../topology.ts'
import type { Outcome } from './channel.ts'
import type { DeliverCode } from './codes.ts'
import { type ReceiptOutput, receiptOutput } from './receipt.ts'
import type { CommandState, DeliverState } from './state.ts'

export interface DeliverSettings {
  /** Name of the channel's adapter, for the attempts. */
  readonly provider: string
  /** How long one attempt may wait for the channel (bind, window, throttle) before it gives back "nothing left". */
  readonly patienceMs: number
  /** After that, how long its result may take; longer than the channel's submit timeout. */
  readonly resultTimeoutMs: number
  /** Pause before the next attempt of what did not leave: doubled from `first` up to `longest`. */
  readonly retryMs: { readonly first: number; readonly longest: number }
  /** Service messages: attempts that may have left without an answer, before it ends as unknown. */
  readonly unansweredMax: number
  /** Commands of one subscriber that are remembered. */
  readonly commandsMax: number
}

export const deliverDefaults = {
  patienceMs: 60_000,
  resultTimeoutMs: 60_000,
  retryMs: { first: 5_000, longest: 300_000 },
  unansweredMax: 3,
  commandsMax: 128,
} as const satisfies Omit<DeliverSettings, 'provider'>

export type DeliverOutput = AttemptOutput | ReceiptOutput

interface AttemptOutput {
  readonly topic: typeof topics.attempts
  readonly value: Attempt
}

/** A send, to be run once. It holds an address: it is never logged. */
export interface SendEffect {
  readonly attemptId: string
  readonly commandId: string
  readonly subscriberId: string
  readonly purpose: Attempt['purpose']
  readonly address: string
  readonly text: string
  readonly notAfter: number
  /** Not sent until then: give it back. */
  readonly giveUpAt: number
}

export interface SendResult {
  readonly attemptId: string
  readonly commandId: string
  readonly subscriberId: string
  readonly outcome: Outcome
}

/** What becomes of one command: its new state, and what goes out. */
export interface Move {
  readonly command: CommandState
  readonly outputs: readonly DeliverOutput[]
  readonly effect?: SendEffect
}

/** How long an id is remembered behind its not_after: as long as the longest life of a moment. */
export const rememberMs = 7 * 86_400_000

/** What may become of one command: claimed and sent, waiting, or settled by its receipt. */
export function createMoves(settings: DeliverSettings) {
  /** Claims and sends, or settles when it is too late or there is nowhere to send to. */
  function tryNow(state: DeliverState, command: CommandState, at: At): Move {
    const mayHaveLeft = command.unanswered > 0
    if (at.now >= command.not_after) {
      if (mayHaveLeft) return settle(state, command, at, 'unknown', command.code)
      return settle(state, command, at, 'expired', command.code ?? 'expired')
    }
    if (state.sms === null || command.text === null) {
      if (mayHaveLeft) return settle(state, command, at, 'unknown', command.code)
      return settle(state, command, at, 'failed', 'no-address')
    }
    return claim(state, command, state.sms, command.text, at)
  }

  function claim(state: DeliverState, command: CommandState, address: string, text: string, at: At): Move {
    const attempts = command.attempts + 1
    const attemptId = attemptIdOf(command.id, attempts)
    const giveUpAt = Math.min(command.not_after, at.now + settings.patienceMs)
    const due = giveUpAt + settings.resultTimeoutMs
    const { id: commandId, purpose, not_after: notAfter } = command
    const { subscriber_id: subscriberId } = state
    return {
      command: { ...command, phase: 'claimed', due, claimed_at: at.now, attempts },
      outputs: [
        {
          topic: topics.attempts,
          value: {
            attempt_id: attemptId,
            subscriber_id: subscriberId,
            attempted_at: at.now,
            command_id: commandId,
            channel: 'sms',
            purpose,
            provider: settings.provider,
          },
        },
      ],
      effect: { attemptId, commandId, subscriberId, purpose, address, text, notAfter, giveUpAt },
    }
  }

  /** The claim's result: of the attempt under way, or (a late one) of an earlier attempt. */
  function takeResult(state: DeliverState, command: CommandState, result: SendResult, at: At): Move | null {
    const { outcome } = result
    if (outcome.kind === 'accepted') {
      return settle(state, command, at, 'accepted', null, null, outcome.messageIds.length)
    }
    const current = command.phase === 'claimed' && result.attemptId === attemptIdOf(command.id, command.attempts)
    if (!current) return null
    const { code, detail } = outcome
    switch (outcome.kind) {
      case 'refused':
        // Of this attempt it's proof; one before it may have left.
        return settle(state, command, at, command.unanswered > 0 ? 'unknown' : 'failed', code, detail)
      case 'not-sent':
        return later({ ...command, code }, at)
      case 'unknown':
        return unanswered(state, { ...command, code }, at, (again) => later(again, at), detail)
    }
  }

  /** It may have left: only a service message is sent again, and not for ever. */
  function unanswered(
    state: DeliverState,
    command: CommandState,
    at: At,
    again: (command: CommandState) => Move,
    detail: string | null = null,
  ): Move {
    const counted = { ...command, unanswered: command.unanswered + 1 }
    const more = command.purpose === 'service' && counted.unanswered < settings.unansweredMax && command.text !== null
    return more ? again(counted) : settle(state, counted, at, 'unknown', counted.code, detail)
  }

  function later(command: CommandState, at: At): Move {
    const due = Math.min(command.not_after, at.now + pause(command))
    return { command: { ...command, phase: 'waiting', due: Math.max(due, at.now + 1) }, outputs: [] }
  }

  /** Doubled with each attempt, and three quarters to one and a quarter of that by the id, so that few come at once. */
  function pause(command: CommandState): number {
    const { first, longest } = settings.retryMs
    const base = Math.min(longest, first * 2 ** Math.min(20, command.attempts - 1))
    const spread = Number.parseInt(attemptIdOf(command.id, command.attempts).slice(0, 2), 36) / (36 * 36)
    return Math.round(base * (0.75 + spread / 2))
  }

  function settle(
    state: DeliverState,
    command: CommandState,
    at: At,
    status: ReceiptOutput['value']['status'],
    code: DeliverCode | null,
    detail: string | null = null,
    parts: number | null = null,
  ): Move {
    return {
      command: { ...command, phase: 'settled', due: command.not_after + rememberMs, text: null, code: null },
      outputs: [receipt(state, command, at, status, code, detail, parts)],
    }
  }

  function deadline(state: DeliverState, command: CommandState, at: At): Move {
    if (command.phase === 'waiting') return tryNow(state, command, at)
    return unanswered(state, { ...command, code: 'no-result' }, at, (again) => tryNow(state, again, at))
  }

  return { tryNow, takeResult, deadline, settle }
}

const attemptIdOf = (commandId: string, attempt: number) => deterministicId(commandId, 'attempt', String(attempt))

function receipt(
  state: DeliverState,
  command: CommandState,
  at: At,
  status: ReceiptOutput['value']['status'],
  code: DeliverCode | null,
  detail: string | null = null,
  parts: number | null = null,
): ReceiptOutput {
  const { subscriber_id } = state
  return receiptOutput({ subscriber_id, command_id: command.id, received_at: at.now, status, code, detail, parts })
}
