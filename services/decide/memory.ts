import type { Command } from '../records/types.ts'
import type { Candidate, DecideState, Deferred } from './state.ts'

const dayMs = 24 * 60 * 60_000
/** No moment lives longer. */
const longestExpiryMs = 7 * dayMs
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
}

export const defaultLimits: Limits = { decidedMost: 2000, deferredMost: 100, intervalsMost: 200, touchesMost: 1000 }

/** Until when a moment's id is remembered. */
export const forgetAt = (expiresAt: number, now: number): number =>
  Math.max(now, Math.min(expiresAt, now + longestExpiryMs)) + replayMs

/** The state without what can no longer matter at `now`; the same state if all of it can. */
export function withoutForgotten(state: DecideState, now: number, touchesKeptMs: number, limits: Limits): DecideState {
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
    ({ at }) => at > now - touchesKeptMs,
    (a, b) => a.at - b.at,
  )
  const same =
    decided === state.decided &&
    deferred === state.deferred &&
    intervals === state.intervals &&
    touches === state.touches
  return same ? state : { ...state, decided, deferred, intervals, touches }
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

/** The moment has its last decision. */
export const isDecided = (state: DecideState, momentId: string) =>
  state.decided.some(({ moment_id }) => moment_id === momentId)

const without = (deferred: readonly Deferred[], momentId: string) =>
  deferred.some(({ moment_id }) => moment_id === momentId)
    ? deferred.filter(({ moment_id }) => moment_id !== momentId)
    : deferred

export function withDecided(
  state: DecideState,
  { moment_id, expires_at }: Pick<Candidate, 'moment_id' | 'expires_at'>,
  now: number,
): DecideState {
  const decided = [...state.decided, { moment_id, forget_at: forgetAt(expires_at, now) }]
  return { ...state, decided, deferred: without(state.deferred, moment_id) }
}

export const withDeferred = (state: DecideState, entry: Deferred): DecideState => ({
  ...state,
  deferred: [...without(state.deferred, entry.moment_id), entry],
})

/** Reserves the touch of a command. */
export const withTouch = (
  state: DecideState,
  { command_id, purpose, channel }: Pick<Command, 'command_id' | 'purpose' | 'channel'>,
  at: number,
): DecideState => ({
  ...state,
  touches: [...state.touches, { command_id, purpose, channel, at, state: 'reserved' }],
})
