import { type Holds, noHolds } from '../control/holds.ts'
import { deterministicId } from '../domain/ids.ts'
import type { At } from '../flow/step.ts'
import type { Attempt } from '../records/types.ts'
import { type Channel as ChannelName, topics } from '../topology.ts'
import type { Outcome } from './channel.ts'
import type { DeliverCode } from './codes.ts'
import { holdCodeOf } from './held-back.ts'
import { laneOf, type Purpose, type Urgency, urgencyOf } from './lane.ts'
import { type ReceiptOutput, receiptOutput } from './receipt.ts'
import type { CommandState, DeliverState } from './state.ts'

export interface DeliverSettings {
  /** By channel that there is, the name of its adapter, for the attempts. */
  readonly providers: Readonly<Partial<Record<ChannelName, string>>>
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
  /** Sends of one lane of a shard that may be under way; what comes beyond waits in the state, unclaimed. */
  readonly inFlightMax: number
  /** Pause before what found no place looks again: doubled from `first` up to `longest`. By urgency. */
  readonly heldMs: Readonly<Record<Urgency, { readonly first: number; readonly longest: number }>>
  /** Commands of one lane of a shard that may wait; beyond them new ones are shed. By urgency. */
  readonly waitingMax: Readonly<Record<Urgency, number>>
  /** What is paused and cancelled. */
  readonly holds: Holds
}

export const deliverDefaults = {
  patienceMs: 60_000,
  resultTimeoutMs: 60_000,
  retryMs: { first: 5_000, longest: 300_000 },
  unansweredMax: 3,
  commandsMax: 128,
  inFlightMax: 256,
  heldMs: { service: { first: 250, longest: 4_000 }, marketing: { first: 1_000, longest: 30_000 } },
  waitingMax: { service: 20_000, marketing: 5_000 },
  holds: noHolds,
} as const satisfies Omit<DeliverSettings, 'providers'>

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
  readonly channel: ChannelName
  readonly purpose: Purpose
  /** As of the command; a pause may hold it up to the send. */
  readonly campaigns: readonly string[]
  readonly issuedAt: number
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
    if (settings.holds.isCancelled(command)) {
      return settle(state, command, at, mayHaveLeft ? 'unknown' : 'failed', 'cancelled')
    }
    if (command.withdrawn !== null) {
      return settle(state, command, at, mayHaveLeft ? 'unknown' : 'failed', 'withdrawn', command.withdrawn)
    }
    const address = addressOf(state, command.channel)
    if (address === null || command.text === null) {
      if (mayHaveLeft) return settle(state, command, at, 'unknown', command.code)
      return settle(state, command, at, 'failed', 'no-address')
    }
    return waitForResume(command, at) ?? hold(state, command, at) ?? claim(state, command, address, command.text, at)
  }

  /** Paused, or it isn't known whether it is: it waits, unclaimed, until that changes. */
  function waitForResume(command: CommandState, at: At): Move | undefined {
    const code = holdCodeOf(settings.holds, command)
    // Once it may go it is no newcomer, which would be shed where too much waits for the channel.
    return code && wait({ ...command, held: Math.max(1, command.held), code }, settings.holds.lookAgainMs, at)
  }

  /**
   * As much is on its way in its lane as may be: it waits, unclaimed, so that nothing is in doubt after a crash. What is new
   * is shed when too much waits already: the log is read on, or what is urgent would wait behind what isn't.
   */
  function hold(state: DeliverState, command: CommandState, at: At): Move | undefined {
    const load = at.lane?.(laneOf(command))
    if (!load || load.inFlight < settings.inFlightMax) return undefined
    const urgency = urgencyOf(command.purpose)
    const isNew = command.attempts === 0 && command.held === 0
    if (isNew && load.waiting >= settings.waitingMax[urgency]) return settle(state, command, at, 'failed', 'shed')
    const { first, longest } = settings.heldMs[urgency]
    const pause = spread(command, Math.min(longest, first * 2 ** Math.min(20, command.held)))
    return wait({ ...command, held: command.held + 1, code: 'queue-full' }, pause, at)
  }

  function claim(state: DeliverState, command: CommandState, address: string, text: string, at: At): Move {
    const attempts = command.attempts + 1
    const attemptId = attemptIdOf(command.id, attempts)
    const giveUpAt = Math.min(command.not_after, at.now + settings.patienceMs)
    const due = giveUpAt + settings.resultTimeoutMs
    const { id: commandId, channel, purpose, campaigns, issued_at: issuedAt, not_after: notAfter } = command
    const about = { attemptId, commandId, subscriberId: state.subscriber_id, channel, purpose, campaigns, issuedAt }
    return {
      command: { ...command, phase: 'claimed', due, claimed_at: at.now, attempts, held: 0 },
      outputs: [
        {
          topic: topics.attempts,
          value: {
            attempt_id: attemptId,
            subscriber_id: state.subscriber_id,
            attempted_at: at.now,
            command_id: commandId,
            channel,
            purpose,
            provider: settings.providers[channel] ?? channel,
          },
        },
      ],
      effect: { ...about, address, text, notAfter, giveUpAt },
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
        return command.withdrawn === null ? later({ ...command, code }, at) : tryNow(state, command, at)
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

  /** The pause is doubled with each attempt. */
  function later(command: CommandState, at: At): Move {
    const { first, longest } = settings.retryMs
    return wait(command, spread(command, Math.min(longest, first * 2 ** Math.min(20, command.attempts - 1))), at)
  }

  function wait(command: CommandState, pause: number, at: At): Move {
    const due = Math.min(command.not_after, at.now + pause)
    return { command: { ...command, phase: 'waiting', due: Math.max(due, at.now + 1) }, outputs: [] }
  }

  /** Three quarters to one and a quarter of the pause by the id, so that few come at once. */
  function spread({ id, attempts }: CommandState, pause: number): number {
    const share = Number.parseInt(attemptIdOf(id, attempts).slice(0, 2), 36) / (36 * 36)
    return Math.round(pause * (0.75 + share / 2))
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

/** Where a channel reaches the subscriber; null: nowhere. */
const addressOf = ({ sms, ivr }: DeliverState, channel: ChannelName): string | null =>
  channel === 'sms' ? sms : channel === 'ivr' ? ivr : null

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
  const { id: command_id, channel } = command
  return receiptOutput({ subscriber_id, command_id, channel, received_at: at.now, status, code, detail, parts })
}
