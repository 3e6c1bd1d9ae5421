import type { Drawn } from '../budgets/budgets.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { Command, Receipt } from '../records/types.ts'
import { isSeen, type Once } from './once.ts'
import { isInterim } from './open-tasks.ts'
import { boundedProducts } from './owned-products.ts'
import {
  type Candidate,
  type Decided,
  type DecideState,
  type Deferred,
  longestExpiryMs,
  type Touch,
  type Unrecorded,
} from './state.ts'
import { leftBy, noLaterThan } from './touches.ts'

/** Kept this much longer: a replay after the expiry finds what was decided, and adds no second decision. */
const replayMs = dayMs

/** Bounds of one subscriber's document; past them the entries that matter least go first. */
export interface Limits {
  /** The id soonest to be forgotten goes. A moment that came again then would repeat its command id, which deliver drops. */
  readonly decidedMost: number
  /** No further moment waits: it is suppressed. */
  readonly deferredMost: number
  /** Closings go, then the opening soonest to end. */
  readonly intervalsMost: number
  /** The oldest goes. */
  readonly touchesMost: number
  /** The oldest goes. */
  readonly answersMost: number
  /** The one soonest to be forgotten goes: nothing follows its command any more. */
  readonly chainsMost: number
  /** The window soonest to be over goes, and is not told of. */
  readonly awaitedMost: number
  /** Of a profile's list, and of orders, each. What hangs on products is held back once one had to go that counts. */
  readonly productsMost: number
  /** The soonest to expire goes, and isn't thought of again. */
  readonly losersMost: number
  /** The soonest to pass its time goes, and isn't taken back any more. */
  readonly openMost: number
  /** The one soonest to be given up goes. */
  readonly tasksMost: number
}

export const defaultLimits: Limits = {
  decidedMost: 2000,
  deferredMost: 100,
  intervalsMost: 200,
  touchesMost: 1000,
  answersMost: 100,
  chainsMost: 200,
  awaitedMost: 100,
  productsMost: 200,
  losersMost: 50,
  openMost: 50,
  tasksMost: 100,
}

/** Until when a moment's id is remembered. */
export const forgetAt = (expiresAt: number, now: number): number =>
  Math.max(now, Math.min(expiresAt, now + longestExpiryMs)) + replayMs

/** How long the catalogue makes things matter. */
export interface Kept {
  readonly touchesMs: number
  readonly answersMs: number
  readonly onceOf: (rule: string) => Once
}

/** The state without what can no longer matter at `now`; the same state if all of it can. */
export function withoutForgotten(
  state: DecideState,
  now: number,
  { touchesMs, answersMs, onceOf }: Kept,
  limits: Limits,
): DecideState {
  const { ended_at } = state.facts
  const decided = kept(state.decided, limits.decidedMost, ({ forget_at }) => forget_at > now, soonest)
  const deferred = kept(
    state.deferred,
    Infinity, // bounded where they are added
    (entry) => entry.moment !== null || entry.forget_at > now,
    soonest,
  )
  const intervals = kept(
    state.intervals,
    limits.intervalsMost,
    ({ until, at }) => until > now && (ended_at === null || at > ended_at),
    (a, b) => Number(a.open) - Number(b.open) || a.until - b.until,
  )
  const touches = kept(
    state.touches,
    limits.touchesMost,
    (touch) => leftBy(touch) > now - touchesMs,
    (a, b) => leftBy(a) - leftBy(b),
  )
  const contacts = kept(
    state.contacts,
    Infinity, // one a rule
    (contact) => isSeen(contact, onceOf(contact.rule), now) && (ended_at === null || contact.at > ended_at),
    (a, b) => a.at - b.at,
  )
  const unrecorded = kept(
    state.unrecorded,
    Infinity, // what a relay that was cut off had put on the log of one commit
    ({ forget_at }) => forget_at > now,
    soonest,
  )
  const answers = kept(
    state.answers,
    limits.answersMost,
    ({ at }) => at > now - answersMs && (ended_at === null || at > ended_at),
    (a, b) => a.at - b.at,
  )
  const chains = kept(state.chains, limits.chainsMost, ({ forget_at }) => forget_at > now, soonest)
  const awaited = kept(
    state.awaited,
    limits.awaitedMost,
    ({ issued_at }) => ended_at === null || issued_at > ended_at,
    (a, b) => a.until - b.until,
  )
  const losers = kept(state.losers, limits.losersMost, ({ forget_at }) => forget_at > now, soonest)
  const open = kept(
    state.open,
    limits.openMost,
    ({ not_after }) => not_after > now,
    (a, b) => a.not_after - b.not_after,
  )
  const tasks = kept(
    state.tasks,
    limits.tasksMost,
    ({ until, since }) => until > now && (ended_at === null || since > ended_at),
    (a, b) => a.until - b.until,
  )
  const endings = kept(
    state.endings,
    Infinity, // one a rule
    ({ forget_at }) => forget_at > now,
    soonest,
  )
  const products = boundedProducts(state.products, limits.productsMost)
  const same =
    products === state.products &&
    decided === state.decided &&
    deferred === state.deferred &&
    intervals === state.intervals &&
    touches === state.touches &&
    contacts === state.contacts &&
    unrecorded === state.unrecorded &&
    answers === state.answers &&
    chains === state.chains &&
    awaited === state.awaited &&
    losers === state.losers &&
    open === state.open &&
    tasks === state.tasks &&
    endings === state.endings
  if (same) return state
  const said = { touches, contacts, unrecorded, answers, awaited, chains, losers, open, tasks, endings }
  return { ...state, products, decided, deferred, intervals, ...said }
}

const soonest = (a: { readonly forget_at: number }, b: { readonly forget_at: number }) => a.forget_at - b.forget_at

/** The entries that pass `keep`, and of these the last `most` in the given order. */
function kept<T>(
  entries: readonly T[],
  most: number,
  keep: (entry: T) => boolean,
  order: (a: T, b: T) => number,
): readonly T[] {
  if (entries.length <= most && entries.every(keep)) return entries
  const passed = entries.filter(keep)
  return passed.length <= most ? passed : passed.toSorted(order).slice(passed.length - most)
}

/** The moment has its last decision: this. */
export const decidedOf = (state: DecideState, momentId: string): Decided | undefined =>
  state.decided.find(({ moment_id }) => moment_id === momentId)

/** Moments that wait beside this one. */
export const waitingBeside = ({ deferred }: DecideState, { moment_id }: Pick<Candidate, 'moment_id'>): number =>
  deferred.filter((entry) => entry.moment_id !== moment_id).length

const without = <T extends { readonly moment_id: string }>(entries: readonly T[], momentId: string) =>
  entries.some(({ moment_id }) => moment_id === momentId)
    ? entries.filter(({ moment_id }) => moment_id !== momentId)
    : entries

/** The moment has its last decision; `contacted`: that is a command. */
export function withDecided(
  state: DecideState,
  { moment_id, expires_at }: Pick<Candidate, 'moment_id' | 'expires_at'>,
  contacted: boolean,
  now: number,
): DecideState {
  return {
    ...state,
    decided: [...state.decided, { moment_id, forget_at: forgetAt(expires_at, now), contacted }],
    deferred: without(state.deferred, moment_id),
    unrecorded: withoutAttempt(state.unrecorded, moment_id, 1),
  }
}

/** Of a moment that was decided before, the command of another attempt is recorded, or will never be. */
export const withAttemptDecided = (state: DecideState, momentId: string, attempt: number): DecideState => ({
  ...state,
  deferred: without(state.deferred, momentId),
  unrecorded: withoutAttempt(state.unrecorded, momentId, attempt),
})

const withoutAttempt = (entries: readonly Unrecorded[], momentId: string, attempt: number) =>
  entries.some((one) => one.moment_id === momentId && one.attempt === attempt)
    ? entries.filter((one) => one.moment_id !== momentId || one.attempt !== attempt)
    : entries

/** Nothing of the moment waits any more. */
export const withoutWaiting = (state: DecideState, momentId: string): DecideState => {
  const deferred = without(state.deferred, momentId)
  return deferred === state.deferred ? state : { ...state, deferred }
}

export const withDeferred = (state: DecideState, entry: Deferred): DecideState => ({
  ...state,
  deferred: [...without(state.deferred, entry.moment_id), entry],
})

export const withUnrecorded = (state: DecideState, entry: Unrecorded): DecideState => ({
  ...state,
  unrecorded: [...withoutAttempt(state.unrecorded, entry.moment_id, entry.attempt), entry],
})

/**
 * Nothing was heard of the command yet: it may be taken back, once. `expires_at`: of its moment; undefined: that isn't known, as the
 * command was found on the log. `moment_at`: when its moment was, if that is known.
 */
export function withOpen(
  state: DecideState,
  command: Command,
  expires_at?: number,
  moment_at: number | null = null,
): DecideState {
  const { command_id, moment_id, attempt, not_after } = command
  if (state.open.some((one) => one.command_id === command_id)) return state
  const withdrawn = command.cancelled_because != null
  const known = { expires_at: expires_at ?? not_after, adopted: expires_at === undefined }
  return {
    ...state,
    open: [...state.open, { command_id, moment_id, moment_at, attempt, not_after, withdrawn, ...known }],
  }
}

/** The moment of an adopted command has come again: it is known of when it is. */
export const withMomentOfOpen = (
  state: DecideState,
  { moment_id, at }: Pick<Candidate, 'moment_id' | 'at'>,
): DecideState =>
  state.open.some((one) => one.moment_id === moment_id && one.moment_at === null)
    ? {
        ...state,
        open: state.open.map((one) => (one.moment_id === moment_id ? { ...one, moment_at: one.moment_at ?? at } : one)),
      }
    : state

/** Something was heard of the command; people tell of what they have not ended yet. */
export const withoutOpen = (state: DecideState, receipt: Receipt): DecideState =>
  !isInterim(receipt) && state.open.some(({ command_id }) => command_id === receipt.command_id)
    ? { ...state, open: state.open.filter(({ command_id }) => command_id !== receipt.command_id) }
    : state

/** What a command or its decision says of its touch; a decision says as `not_after` when its moment expires, which is no earlier. */
export type Said = Pick<
  Command,
  'command_id' | 'moment_id' | 'purpose' | 'channel' | 'rule' | 'offer' | 'category' | 'not_after'
>

/** Reserves the touch of a command, once. `drawn`: what it took of budgets. */
export function withTouch(state: DecideState, said: Said, at: number, drawn: readonly Drawn[] = []): DecideState {
  const { command_id, moment_id, purpose, channel, rule, offer = null, category = null, not_after } = said
  const known = state.touches.findIndex((touch) => touch.command_id === command_id)
  if (known >= 0) return { ...state, touches: noLaterThan(state.touches, known, not_after) }
  const what = { command_id, moment_id, purpose, channel, rule, offer, category }
  const touch: Touch = { ...what, at, state: 'reserved', drawn, not_after }
  return { ...state, touches: [...state.touches, touch] }
}
