import type { Rule } from '../rules/ruleset.ts'
import { type Candidate, type Contact, type DecideState, longestExpiryMs } from './state.ts'

/** As in a rule: milliseconds, 0 for no limit, or the subscriber's life. */
export type Once = Rule['once']

/** The longest that a rule can say; what is assumed of one that isn't in the catalogue, as it may come back. */
const longestOnceMs = 366 * 24 * 60 * 60_000

/** `once` by rule id. */
export function oncesOf(rules: readonly Rule[]): (rule: string) => Once {
  const onces = new Map(rules.map(({ id, once }) => [id, once]))
  return (rule) => onces.get(rule) ?? longestOnceMs
}

export interface Repeated {
  /** `at` of the moment that was first. */
  readonly last: number
  /** From this `at` on a moment is not a repetition; null: none ever is. */
  readonly until: number | null
}

/**
 * The subscriber was contacted for a moment of the same rule, or such a moment waits, and this one isn't `once` or more
 * behind it: exactly `once` is enough. Only the latest is looked at, so that a moment from before it is a repetition,
 * too; detect, which sees to `once` by its own state, never gives either. It is different after a fault: then detect may
 * have replayed its events with another result, and what was contacted is known here alone.
 *
 * What waits was held to this when it came and isn't again, or it would lose its turn to a later one. A command that was
 * adopted without its decision holds back everything before its moment comes again: when that was isn't known before,
 * only that it was no later than the command.
 */
export function repeated(state: DecideState, moment: Candidate, once: Once): Repeated | undefined {
  if (once === 0) return undefined
  const { ended_at } = state.facts
  let last = Number.NEGATIVE_INFINITY
  const see = ({ rule, at }: Contact) => {
    if (rule === moment.rule && (ended_at === null || at > ended_at)) last = Math.max(last, at)
  }
  for (const { rule, issued_at } of state.unrecorded) see({ rule, at: issued_at })
  if (!state.deferred.some(({ moment_id }) => moment_id === moment.moment_id)) {
    for (const contact of state.contacts) see(contact)
    for (const waiting of state.deferred) if (waiting.moment) see(waiting.moment)
  }
  if (last === Number.NEGATIVE_INFINITY) return undefined
  if (once === 'lifetime') return { last, until: null }
  return moment.at < last + once ? { last, until: last + once } : undefined
}

/** Keeps that the subscriber was contacted for the moment, whatever becomes of the command; one contact a rule, the latest. */
export function withContact(state: DecideState, { rule, at }: Contact): DecideState {
  const index = state.contacts.findIndex((known) => known.rule === rule)
  const known = state.contacts[index]
  if (known && known.at >= at) return state
  const contacts = known ? state.contacts.with(index, { rule, at }) : [...state.contacts, { rule, at }]
  return { ...state, contacts }
}

/** A moment that has not expired at `now` could still be a repetition of this one. */
export const isSeen = ({ at }: Contact, once: Once, now: number): boolean =>
  once === 'lifetime' || (once > 0 && at + once + longestExpiryMs > now)
