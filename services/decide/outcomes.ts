import { commandId, deterministicId, outreachId } from '../domain/ids.ts'
import type { OutputTo } from '../flow/step.ts'
import type { Command, CommandAwaits, Decision, Order, Outcome, Receipt, Reply } from '../records/types.ts'
import type { Policy } from '../rules/catalogue.ts'
import { topics } from '../topology.ts'
import type { Awaited } from './awaited.ts'
import { answered, meaningOf } from './replies.ts'
import type { DecideState } from './state.ts'
import type { DecideInput } from './step.ts'

/** What becomes of a command; each once. */
type Kind = Outcome['outcome']

export type OutcomeOutput = OutputTo<Outcome>

interface Told {
  readonly state: DecideState
  readonly outputs: readonly OutcomeOutput[]
}

const nothing = (state: DecideState): Told => ({ state, outputs: [] })

/** Awaits the answers to a command that is issued now, and says that the subscriber was exposed to it. */
export function awaiting(state: DecideState, command: Command): Told {
  const awaited = withAwaited(state, command, command.issued_at)
  return awaited === state ? nothing(state) : tell(awaited, command.command_id, 'exposed', { at: command.issued_at })
}

/**
 * Awaits the answers to a command that is on the log; its exposure is told behind that, unless it is there too (see `adopted`). One whose
 * window is over awaits nothing: it may have been told of all.
 */
export function withAwaited(state: DecideState, command: Command, now: number): DecideState {
  const { awaits = null } = command
  return awaits === null ? state : withWindow(state, command, awaits, now)
}

type Windowed = Pick<
  Command,
  'command_id' | 'subscriber_id' | 'issued_at' | 'rule' | 'channel' | 'offer' | 'category' | 'campaign' | 'variant'
>

function withWindow(state: DecideState, command: Windowed, awaits: CommandAwaits, now: number): DecideState {
  const { command_id, subscriber_id, issued_at, rule, channel } = command
  if (awaits.until <= now) return state
  if (state.awaited.some((known) => known.command_id === command_id)) return state
  const { offer = null, category = null, campaign = null, variant = null } = command
  const { product = null, segment = null, experiment = null, half_life_ms = null, compared_as = null } = awaits
  const answers = { ...awaits, product, segment, experiment, half_life_ms, compared_as }
  const said = { command_id, subscriber_id, issued_at, rule, offer, category, campaign, variant, channel }
  const one: Awaited = { ...answers, ...said, told: [] }
  return { ...state, awaited: [...state.awaited, one] }
}

/** Looks from now on at what the subscriber does by themselves, if the decision is one that the holdout made and says so. */
export function watched<R extends { readonly state: DecideState; readonly outputs: readonly O[] }, O>(
  result: R,
  decision: Decision,
): { readonly state: DecideState; readonly outputs: readonly (O | OutcomeOutput)[] } {
  const state = withWatched(result.state, decision, decision.decided_at)
  if (state === result.state) return result
  const told = tell(state, heldBackAs(decision), 'held-out', { at: decision.decided_at })
  return { state: told.state, outputs: [...result.outputs, ...told.outputs] }
}

/** The same of a decision that is on the log; that it began is told behind that, as of a command. */
export function withWatched(state: DecideState, decision: Decision, now: number): DecideState {
  const { awaits = null, channel = null, decided_at: issued_at } = decision
  if (awaits === null || channel === null) return state
  return withWindow(state, { ...decision, command_id: heldBackAs(decision), channel, issued_at }, awaits, now)
}

/** The command that it would have become. */
const heldBackAs = ({ moment_id, channel }: Decision): string =>
  channel == null ? '' : commandId(outreachId(moment_id), channel, 1)

const isHeldOut = ({ compared_as = null }: Partial<Pick<Awaited, 'compared_as'>>): boolean =>
  compared_as === 'held-out' || compared_as === 'held-out-of-all'

/** With what a window begins. */
const beginOf = (one: Pick<Awaited, 'compared_as'>): Kind => (isHeldOut(one) ? 'held-out' : 'exposed')

/** An outcome is on the log: it isn't told again. */
export function adopted(state: DecideState, { command_id, outcome }: Outcome): DecideState {
  const known = state.awaited.find((one) => one.command_id === command_id)
  if (!known) return state
  if (outcome === 'ignored' || outcome === 'settled' || outcome === 'left') return without(state, known)
  return known.told.includes(outcome) ? state : replaced(state, { ...known, told: [...known.told, outcome] })
}

/** When the next window is over, or the next outcome due that an owner before this one did not come to tell. */
export const nextOutcome = ({ awaited }: DecideState): number =>
  awaited.reduce((next, one) => Math.min(next, one.told.includes(beginOf(one)) ? one.until : one.issued_at), Infinity)

/** What time brings. `clock`: all that happened until then was heard of. */
export function outcomesDue(state: DecideState, clock: number): Told {
  let next = nothing(state)
  for (const one of state.awaited) {
    const { command_id, issued_at, told } = one
    if (issued_at <= clock && !told.includes(beginOf(one))) {
      next = joined(next, tell(next.state, command_id, beginOf(one), { at: issued_at }))
    }
  }
  for (const one of next.state.awaited) {
    if (one.until > clock) continue
    const left = without(next.state, one)
    // What never left was no chance to accept anything.
    if (one.told.includes('unsent')) next = { ...next, state: left }
    else {
      const kind = answers.some((answer) => one.told.includes(answer)) ? 'settled' : 'ignored'
      next = { state: left, outputs: [...next.outputs, outcomeOf(one, kind, { at: one.until })] }
    }
  }
  return next
}

const answers = ['accepted', 'refused', 'opted-out'] as const satisfies readonly Kind[]

/**
 * What the input says of commands: within the window, and each kind once. `before`: the state that the input met, in which a reply
 * finds what it answers.
 */
export function outcomesOf(
  before: DecideState,
  after: DecideState,
  input: DecideInput,
  { replies }: Pick<Policy, 'replies'>,
): Told {
  if (after.awaited.length === 0) return nothing(after)
  switch (input.type) {
    case 'reply':
      return ofReply(before, after, input.value, replies)
    case 'order':
      return ofOrder(after, input.value)
    case 'receipt':
      return ofReceipt(after, input.value)
    case 'profile':
      return ofLeaving(before, after)
    default:
      return nothing(after)
  }
}

function ofReply(before: DecideState, after: DecideState, reply: Reply, words: Policy['replies']): Told {
  const kind = meaningOf(reply, words)
  if (!kind) return nothing(after)
  const touch = answered(before.touches, reply)
  const cause = { at: reply.event_time, by: 'reply' } as const
  const told = touch ? tell(after, touch.command_id, kind, cause) : nothing(after)
  // Who is held out says yes or no to something else; how many do is what the others' are held against.
  return kind === 'accepted' ? told : tellAll(told, kind, cause, isHeldOut)
}

/** Who leaves does it in every window that is compared. */
function ofLeaving({ facts: before }: DecideState, after: DecideState): Told {
  const at = after.facts.ended_at
  if (at === null || at === before.ended_at) return nothing(after)
  return tellAll(
    nothing(after),
    'left',
    { at },
    ({ compared_as, issued_at }) => compared_as !== null && issued_at <= at,
  )
}

/** An order of the product accepts the offer that was made last, and is a purchase in every window that is compared. */
function ofOrder(state: DecideState, { action, product_id, event_time: at }: Order): Told {
  if (action !== 'subscribe' && action !== 'change') return nothing(state)
  const last = state.awaited.findLast(
    (one) =>
      !isHeldOut(one) &&
      one.product === product_id &&
      one.issued_at <= at &&
      at < one.until &&
      !one.told.includes('unsent'),
  )
  const cause = { at, by: 'order', product_id } as const
  const told = last ? tell(state, last.command_id, 'accepted', cause) : nothing(state)
  return tellAll(
    told,
    'bought',
    cause,
    ({ product, issued_at, compared_as }) => compared_as !== null && product === product_id && issued_at <= at,
  )
}

function ofReceipt(state: DecideState, { command_id, status, received_at: at }: Receipt): Told {
  const known = state.awaited.find((one) => one.command_id === command_id)
  if (!known) return nothing(state)
  if (status === 'clicked') return tell(state, command_id, 'accepted', { at, by: 'receipt' })
  const isUnsent = status === 'failed' || status === 'expired'
  // Who answered has read it, whatever the channel says.
  return isUnsent && !answers.some((answer) => known.told.includes(answer))
    ? tell(state, command_id, 'unsent', { at, by: 'receipt' })
    : nothing(state)
}

interface Cause {
  readonly at: number
  readonly by?: NonNullable<Outcome['by']>
  readonly product_id?: string
}

/** Of each window of these. */
function tellAll(told: Told, kind: Kind, cause: Cause, isMeant: (one: Awaited) => boolean): Told {
  return told.state.awaited
    .filter(isMeant)
    .reduce((next, { command_id }) => joined(next, tell(next.state, command_id, kind, cause)), told)
}

function tell(state: DecideState, commandId: string, kind: Kind, cause: Cause): Told {
  const one = state.awaited.find(({ command_id }) => command_id === commandId)
  if (!one || one.told.includes(kind) || cause.at >= one.until) return nothing(state)
  return {
    state: replaced(state, { ...one, told: [...one.told, kind] }),
    outputs: [outcomeOf(one, kind, cause)],
  }
}

function outcomeOf(one: Awaited, outcome: Kind, { at, by, product_id }: Cause): OutcomeOutput {
  const { until: _until, told, product: _product, issued_at: _issued, ...rest } = one
  const value: Outcome = {
    ...rest,
    outcome_id: deterministicId('outcome', one.command_id, outcome),
    occurred_at: at,
    outcome,
    ...(by && { by }),
    ...(product_id !== undefined && { product_id }),
    accepted: outcome === 'settled' && told.includes('accepted'),
  }
  return { topic: topics.outcomes, value }
}

const replaced = (state: DecideState, one: Awaited): DecideState => ({
  ...state,
  awaited: state.awaited.map((known) => (known.command_id === one.command_id ? one : known)),
})

const without = (state: DecideState, { command_id }: Awaited): DecideState => ({
  ...state,
  awaited: state.awaited.filter((known) => known.command_id !== command_id),
})

const joined = (first: Told, then: Told): Told => ({ state: then.state, outputs: [...first.outputs, ...then.outputs] })
