import { deterministicId } from '../domain/ids.ts'
import { kindOfSender } from '../domain/sms-sender.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { At, LaneLoad } from '../flow/step.ts'
import type { Attempt } from '../records/types.ts'
import { type Channel as ChannelName, topics } from '../topology.ts'
import type { DeliverCode } from './codes.ts'
import type { DeliverSettings } from './deliver-settings.ts'
import { holdCodeOf, mustReadOn } from './held-back.ts'
import { laneOf, partyName, partyOf, urgencyOf } from './lane.ts'
import { pushAddresses } from './push-addresses.ts'
import { type ReceiptEnd, type ReceiptOutput, receiptOutput } from './receipt.ts'
import type { SendEffect, SendResult } from './send-effect.ts'
import type { CommandState, DeliverState } from './state.ts'

export type DeliverOutput = AttemptOutput | ReceiptOutput

interface AttemptOutput {
  readonly topic: typeof topics.attempts
  readonly value: Attempt
}

/** What becomes of one command: its new state, and what goes out. */
export interface Move {
  readonly command: CommandState
  readonly outputs: readonly DeliverOutput[]
  readonly effect?: SendEffect
}

/** What stands in line looks by itself, too, should it have been forgotten there: at the latest when all look again. */
const lookShare = 0.8
/** A campaign of which less than this share of the bound waits has few waiting. */
const fewShare = 0.05

/** How long an id is remembered behind its not_after: as long as the longest life of a moment. */
export const rememberMs = 7 * dayMs

/** What may become of one command: claimed and sent, waiting, or settled by its receipt. */
export function createMoves(settings: DeliverSettings) {
  /** Claims and sends, or settles when it is too late or there is nowhere to send to. */
  function tryNow(state: DeliverState, command: CommandState, at: At): Move {
    const mayHaveLeft = command.unanswered > 0
    if (at.now >= command.not_after) {
      if (mayHaveLeft) return settle(state, command, at, { status: 'unknown', code: command.code })
      return settle(state, command, at, { status: 'expired', code: lateCode(command, at) })
    }
    if (settings.holds.isCancelled(command)) return fail(state, command, at, 'cancelled')
    if (command.withdrawn !== null) return fail(state, command, at, 'withdrawn', command.withdrawn)
    const address = addressFor(state, command.channel)
    if (address === null || command.text === null) {
      if (mayHaveLeft) return settle(state, command, at, { status: 'unknown', code: command.code })
      const isKnown = addressesOf(state, command.channel).length > 0
      return fail(state, command, at, 'no-address', isKnown ? unfitAddress : null)
    }
    const fault = faultOf(command.text, command.sender)
    if (fault) return fail(state, command, at, fault)
    // The clock comes to what is the time of day now once all until then was read.
    if (mustReadOn(command, at)) return wait(command, 0, at)
    return waitForResume(command, at) ?? hold(state, command, at) ?? claim(state, command, address, command.text, at)
  }

  /** Where the channel reaches the subscriber; null: nowhere. */
  const addressFor = (state: DeliverState, channel: ChannelName): string | null =>
    addressesOf(state, channel).find((address) => settings.reaches(channel, address)) ?? null

  /** Of an address that leads nowhere it is proven that nothing left: another device of the subscriber may be told. */
  function hasAnother(state: DeliverState, channel: ChannelName, gone: string): boolean {
    const address = addressFor(state, channel)
    return address !== null && address !== gone
  }

  /** Paused, or it isn't known whether it is: it waits, unclaimed, until that changes. */
  function waitForResume(command: CommandState, at: At): Move | undefined {
    const code = holdCodeOf(settings.holds, command)
    // Once it may go it is no newcomer, which would be shed where too much waits for the channel.
    return code && wait({ ...command, held: Math.max(1, command.held), code }, settings.holds.lookAgainMs, at)
  }

  /**
   * Its channel has no place for it now: it stands in line, unclaimed, so that nothing is in doubt after a crash, and is
   * called when its turn has come. What is new is shed when too much waits already: the log is read on, or what is urgent
   * would wait behind what isn't.
   */
  function hold(state: DeliverState, command: CommandState, at: At): Move | undefined {
    const load = at.lane?.(laneOf(command))
    if (!load || load.room > 0) return undefined
    const isNew = command.attempts === 0 && command.held === 0
    if (isNew && isTooMuch(command, load, at)) return fail(state, command, at, 'shed')
    const code = load.isClosed ? 'channel-down' : 'queue-full'
    return wait({ ...command, held: 1, code }, spread(command, lookShare * settings.holds.lookAgainMs), at)
  }

  function isTooMuch(command: CommandState, { waiting }: LaneLoad, at: At): boolean {
    const most = settings.waitingMax[urgencyOf(command.purpose)]
    const own = at.lane?.(partyName(laneOf(command), partyOf(command))).waiting ?? 0
    return waiting >= (own < fewShare * most ? 2 * most : most)
  }

  /** What was in the way to the end. */
  function lateCode(command: CommandState, at: At): DeliverCode {
    const isClosed = command.held > 0 && command.code === 'queue-full' && at.lane?.(laneOf(command)).isClosed
    return isClosed ? 'channel-down' : (command.code ?? 'expired')
  }

  function claim(state: DeliverState, command: CommandState, address: string, text: string, at: At): Move {
    const attempts = command.attempts + 1
    const attemptId = attemptIdOf(command.id, attempts)
    const giveUpAt = Math.min(command.not_after, at.now + settings.patienceMs)
    const due = giveUpAt + settings.resultTimeoutMs
    const { id: commandId, channel, purpose, campaigns, issued_at: issuedAt, not_after: notAfter, sender } = command
    const about = { attemptId, commandId, subscriberId: state.subscriber_id, channel, purpose, campaigns, issuedAt }
    const said = { address, text, link: command.link, sender, awaitedUntil: command.awaited_until }
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
      effect: { ...about, claimedAt: at.now, ...said, notAfter, giveUpAt },
    }
  }

  /** The claim's result: of the attempt under way, or (a late one) of an earlier attempt. */
  function takeResult(state: DeliverState, command: CommandState, result: SendResult, at: At): Move | null {
    const { outcome } = result
    if (outcome.kind === 'accepted') {
      return settle(state, command, at, { status: 'accepted', parts: outcome.messageIds.length })
    }
    const current = command.phase === 'claimed' && result.attemptId === attemptIdOf(command.id, command.attempts)
    if (!current) return null
    const { code, detail } = outcome
    switch (outcome.kind) {
      case 'refused':
        if (outcome.gone && hasAnother(state, command.channel, outcome.gone.address)) return tryNow(state, command, at)
        // Of this attempt it's proof; one before it may have left.
        return fail(state, command, at, code, detail)
      case 'not-sent':
        return command.withdrawn === null
          ? tryAgain(state, { ...command, code }, at, detail)
          : tryNow(state, command, at)
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
    return more ? again(counted) : fail(state, counted, at, counted.code, detail)
  }

  /** It couldn't be handed over, and its channel has closed: it stands in line, and goes when the channel is open again. */
  function whenOpen(state: DeliverState, command: CommandState, at: At): Move | undefined {
    const isClosed = command.code === 'channel-down' && at.lane?.(laneOf(command)).isClosed
    return isClosed ? hold(state, command, at) : undefined
  }

  /** As its channel has planned it for such a reason; when that was often enough, it hasn't left and doesn't any more. */
  function tryAgain(state: DeliverState, command: CommandState, at: At, detail: string | null): Move {
    const plan = command.code === null ? undefined : settings.againPlans[command.channel]?.[command.code]
    if (!plan) return whenOpen(state, command, at) ?? later(command, at)
    const counted = { ...command, fruitless: command.fruitless + 1 }
    if (counted.fruitless < plan.times) return wait(counted, spread(counted, plan.pauseMs), at)
    return fail(state, counted, at, counted.code, detail)
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

  /** Ends in vain: as unknown where one of its attempts may have left, else as failed. */
  function fail(
    state: DeliverState,
    command: CommandState,
    at: At,
    code: DeliverCode | null,
    detail: string | null = null,
  ): Move {
    return settle(state, command, at, { status: command.unanswered > 0 ? 'unknown' : 'failed', code, detail })
  }

  function settle(state: DeliverState, command: CommandState, at: At, end: ReceiptEnd): Move {
    const { subscriber_id } = state
    const { id: command_id, channel } = command
    return {
      command: { ...command, phase: 'settled', due: command.not_after + rememberMs, text: null, code: null },
      outputs: [receiptOutput({ subscriber_id, command_id, channel, received_at: at.now, ...end })],
    }
  }

  function deadline(state: DeliverState, command: CommandState, at: At): Move {
    if (command.phase === 'waiting') return tryNow(state, command, at)
    return unanswered(state, { ...command, code: 'no-result' }, at, (again) => tryNow(state, again, at))
  }

  return { tryNow, takeResult, deadline, fail }
}

const addressesOf = (state: DeliverState, channel: ChannelName): readonly string[] => {
  switch (channel) {
    case 'sms':
      return state.sms === null ? [] : [state.sms]
    case 'ivr':
      return state.ivr === null ? [] : [state.ivr]
    case 'push':
      return pushAddresses(state)
    default:
      return []
  }
}

/** What no channel could send, wherever its command comes from: the catalogue's own commands are checked before. */
function faultOf(text: string, sender: string | null): DeliverCode | undefined {
  if (text.trim() === '') return 'empty-text'
  return sender !== null && kindOfSender(sender) === undefined ? 'sender-invalid' : undefined
}

const unfitAddress = 'an address is known, and is none of this channel'

const attemptIdOf = (commandId: string, attempt: number) => deterministicId(commandId, 'attempt', String(attempt))
