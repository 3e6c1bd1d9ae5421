import { deterministicId } from '../domain/ids.ts'
import type { OutputTo } from '../flow/step.ts'
import type { Command, CommandAwaits, Order, Outcome, Receipt, Reply } from '../records/types.ts'
import type { Policy } from '../rules/catalogue.ts'
import { type Channel, topics } from '../topology.ts'
import { answered, meaningOf } from './replies.ts'
import type { DecideState } from './state.ts'
import type { DecideInput } from './step.ts'

/** A command to which answers are awaited. */
export interface Awaited extends CommandAwaits {
  readonly command_id: string
  readonly subscriber_id: string
  readonly issued_at: number
  readonly rule: string
  readonly offer: string | null
  readonly category: string | null
  readonly campaign: string | null
  readonly variant: string | null
  readonly channel: Channel
  /** Outcomes that are on the log, or on their way there. */
  readonly told: readonly string[]
}

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
  const { command_id, subscriber_id, issued_at, rule, channel, awaits = null } = command
  if (awaits === null || awaits.until <= now) return state
  if (state.awaited.some((known) => known.command_id === command_id)) return state
  const { offer = null, category = null, campaign = null, variant = null } = command
  const { product = null, segment = null, experiment = null, half_life_ms = null } = awaits
  const answers = { ...awaits, product, segment, experiment, half_life_ms }
  const said = { command_id, subscriber_id, issued_at, rule, offer, category, campaign, variant, channel }
  const one: Awaited = { ...answers, ...said, told: [] }
  return { ...state, awaited: [...state.awaited, one] }
}

/** An outcome is on the log: it isn't told again. */
export function adopted(state: DecideState, { command_id, outcome }: Outcome): DecideState {
  const known = state.awaited.find((one) => one.command_id === command_id)
  if (!known) return state
  if (outcome === 'ignored' || outcome === 'settled') return without(state, known)
  return known.told.includes(outcome) ? state : replaced(state, { ...known, told: [...known.told, outcome] })
}

/** When the next window is over, or the next outcome due that an owner before this one did not come to tell. */
export const nextOutcome = ({ awaited }: DecideState): number =>
  awaited.reduce(
    (next, { told, issued_at, until }) => Math.min(next, told.includes('exposed') ? until : issued_at),
    Infinity,
  )

/** What time brings. `clock`: all that happened until then was heard of. */
export function outcomesDue(state: DecideState, clock: number): Told {
  let next = nothing(state)
  for (const { command_id, issued_at, told } of state.awaited) {
    if (issued_at <= clock && !told.includes('exposed')) {
      next = joined(next, tell(next.state, command_id, 'exposed', { at: issued_at }))
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
    default:
      return nothing(after)
  }
}

function ofReply(before: DecideState, after: DecideState, reply: Reply, words: Policy['replies']): Told {
  const kind = meaningOf(reply, words)
  const touch = kind && answered(before.touches, reply)
  return touch ? tell(after, touch.command_id, kind, { at: reply.event_time, by: 'reply' }) : nothing(after)
}

/** An order of the product accepts the offer that was made last. */
function ofOrder(state: DecideState, { action, product_id, event_time: at }: Order): Told {
  if (action !== 'subscribe' && action !== 'change') return nothing(state)
  const last = state.awaited.findLast(
    ({ product, issued_at, until, told }) =>
      product === product_id && issued_at <= at && at < until && !told.includes('unsent'),
  )
  return last ? tell(state, last.command_id, 'accepted', { at, by: 'order', product_id }) : nothing(state)
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
