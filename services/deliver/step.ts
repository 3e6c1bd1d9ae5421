import { CodedError } from '../domain/errors.ts'
import type { Stand } from '../flow/places.ts'
import type { At, InputOf, LaneLoad, Step, StepResult } from '../flow/step.ts'
import type { Address, Attempt, Command, Receipt } from '../records/types.ts'
import { topics } from '../topology.ts'
import { adoptAttempt, adoptReceipt } from './adopt.ts'
import type { DeliverSettings } from './deliver-settings.ts'
import { dueOf, isHeldBack } from './held-back.ts'
import { laneOf, partyName, partyOf, pausedLane } from './lane.ts'
import { createMoves, type DeliverOutput, type Move } from './moves.ts'
import { giveUp, takePush } from './push-addresses.ts'
import type { SendEffect, SendResult } from './send-effect.ts'
import { blankCommand, type CommandState, type DeliverState, initialState, stateSchema } from './state.ts'

export type { DeliverOutput } from './moves.ts'

export type DeliverInput = InputOf<'command', Command> | InputOf<'address', Address>

type Result = StepResult<DeliverState, DeliverOutput, SendEffect>

/**
 * Deliver's step, for all channels. Each command is claimed (with an attempt on the log) before it is sent, is sent again only on
 * proof that nothing left, and service messages also after an attempt that may have left. Past not_after nothing leaves.
 * Its `handle` throws a CodedError KM_DELIVER_WRONG_CHANNEL for a command of a channel without a provider.
 */
export function createDeliverStep(
  settings: DeliverSettings,
): Step<DeliverState, DeliverInput, DeliverOutput, SendEffect, SendResult> {
  const moves = createMoves(settings)
  const { holds } = settings

  function takeAddress(state: DeliverState, address: Address): DeliverState {
    const { subscriber_id, event_time: at } = address
    const { sms = null, ivr = null, push = null } = address
    const bySms = sms !== null && at >= state.address_time && { sms, address_time: at }
    const byVoice = ivr !== null && at >= state.ivr_time && { ivr, ivr_time: at }
    const byPush = push !== null && at >= state.push_time && takePush(state, push, at)
    return bySms || byVoice || byPush ? { ...state, subscriber_id, ...bySms, ...byVoice, ...byPush } : state
  }

  function takeCommand(before: DeliverState, command: Command, at: At): Result {
    if (settings.providers[command.channel] === undefined) {
      throw new CodedError(
        'KM_DELIVER_WRONG_CHANNEL',
        `a command for '${command.channel}', a channel that deliver has no adapter for`,
      )
    }
    const state = { ...before, subscriber_id: command.subscriber_id }
    const known = state.commands.find(({ id }) => id === command.command_id)
    if (command.cancelled_because != null)
      return known ? takeBack(before, known, command.cancelled_because, at) : { state: before }
    if (known) return takeAgain(before, known, command)
    const fresh: CommandState = {
      ...blankCommand,
      id: command.command_id,
      channel: command.channel,
      purpose: command.purpose,
      campaigns: campaignsOf(command),
      issued_at: command.issued_at,
      phase: 'waiting',
      due: at.now,
      not_after: command.not_after,
      ...saidOf(command),
    }
    const room = makeRoom(state, at)
    if (!room) return { state: before, outputs: moves.fail(state, fresh, at, 'too-many-commands').outputs }
    return apply(room, [moves.tryNow(room, fresh, at)])
  }

  /** An id that was seen changes nothing, but an attempt adopted from the log learns what its command said. */
  function takeAgain(state: DeliverState, known: CommandState, command: Command): Result {
    if (known.phase === 'settled' || known.text !== null) return { state }
    const { not_after, issued_at } = command
    const learnt = { ...known, ...saidOf(command), not_after, issued_at, campaigns: campaignsOf(command) }
    return apply(state, [{ command: learnt, outputs: [] }])
  }

  /** What is under way may have left, and isn't sent again; of what isn't known any more nothing is left to take back. */
  function takeBack(state: DeliverState, known: CommandState, reason: string, at: At): Result {
    if (known.phase === 'settled') return { state }
    const command = { ...known, withdrawn: reason }
    return apply(state, [known.phase === 'waiting' ? moves.tryNow(state, command, at) : { command, outputs: [] }])
  }

  /** Drops ids whose time has passed; null when as many commands are remembered as may be. */
  function makeRoom(state: DeliverState, at: At): DeliverState | null {
    const commands = state.commands.filter(({ phase, due }) => phase !== 'settled' || due > at.now)
    if (commands.length < settings.commandsMax) return { ...state, commands }
    // Past its not_after an id that comes again is dropped as expired: it can be forgotten first.
    const over = commands.find(({ phase, not_after }) => phase === 'settled' && not_after <= at.now)
    return over ? { ...state, commands: commands.filter((command) => command !== over) } : null
  }

  return {
    stateSchema,
    initial: initialState,

    handle: (state, input, at) =>
      input.type === 'address' ? { state: takeAddress(state, input.value) } : takeCommand(state, input.value, at),

    nextDue: (state) =>
      state.commands.reduce(
        (earliest, command) => (command.phase === 'settled' ? earliest : Math.min(earliest, dueOf(holds, command))),
        Number.POSITIVE_INFINITY,
      ),

    waiting: (state) =>
      state.commands.flatMap((command) => {
        if (command.phase !== 'waiting') return []
        if (isHeldBack(command)) return [pausedLane(command)]
        return [laneOf(command), partyName(laneOf(command), partyOf(command))]
      }),

    inLine: (state) => state.commands.flatMap((command) => (isInLine(command) ? [standOf(command)] : [])),

    place(state, { lane, party }, at) {
      const isMeant = (command: CommandState) =>
        isInLine(command) && laneOf(command) === lane && partyOf(command) === party
      const command = state.commands.find(isMeant)
      return command ? apply(state, [moves.tryNow(state, command, at)]) : { state }
    },

    timer: (state, at) => {
      const due = state.commands.filter((command) => command.phase !== 'settled' && dueOf(holds, command) <= at.now)
      const inTurn = countingClaims(at)
      return apply(
        state,
        due.map((command) => inTurn((own) => moves.deadline(state, command, own))),
      )
    },

    effectResult: (before, result, at) => {
      const gone = result.outcome.kind === 'refused' ? result.outcome.gone : undefined
      const state = gone ? giveUp(before, gone) : before
      const command = state.commands.find(({ id }) => id === result.commandId)
      const move = command && moves.takeResult(state, command, result, at)
      return move ? apply(state, [move]) : { state }
    },

    adopt(state, output, at) {
      switch (output.topic.name) {
        case topics.attempts.name:
          return adoptAttempt(state, output.value as Attempt, at, settings)
        case topics.receipts.name:
          return adoptReceipt(state, output.value as Receipt, at)
        default:
          return state
      }
    },
  }
}

const saidOf = ({
  text,
  link = null,
  sender = null,
  awaits = null,
}: Command): Pick<CommandState, 'text' | 'link' | 'sender' | 'awaited_until'> => ({
  text,
  link,
  sender,
  awaited_until: awaits?.until ?? 0,
})

const campaignsOf = ({ rule, campaign }: Command): readonly string[] =>
  campaign == null || campaign === rule ? [rule] : [rule, campaign]

/** It waits for its turn in the line of its channel. */
const isInLine = (command: CommandState): boolean =>
  command.phase === 'waiting' && command.held > 0 && !isHeldBack(command)

const standOf = (command: CommandState): Stand => ({ lane: laneOf(command), party: partyOf(command) })

/** The room that is told is of before the step: what one command takes, the next of the subscriber doesn't find any more. */
function countingClaims(at: At): (move: (at: At) => Move) => Move {
  const { lane: load } = at
  if (!load) return (move) => move(at)
  const claims = new Map<string, number>()
  const lane = (name: string): LaneLoad => ({ ...load(name), room: load(name).room - (claims.get(name) ?? 0) })
  return (move) => {
    const made = move({ ...at, lane })
    const name = laneOf(made.command)
    if (made.effect) claims.set(name, (claims.get(name) ?? 0) + 1)
    return made
  }
}

function apply(state: DeliverState, moves: readonly Move[]): Result {
  if (moves.length === 0) return { state }
  const moved = new Map(moves.map((move) => [move.command.id, move.command]))
  const commands = state.commands.map((command) => moved.get(command.id) ?? command)
  const known = new Set(state.commands.map(({ id }) => id))
  for (const move of moves) if (!known.has(move.command.id)) commands.push(move.command)
  return {
    state: { ...state, commands },
    outputs: moves.flatMap((move) => move.outputs),
    effects: moves.flatMap((move) => move.effect ?? []),
  }
}
