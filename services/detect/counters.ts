import type { MomentKind } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'

/** What one shard's engine counted since it started; read by the service for its metrics. */
export interface DetectCounters {
  /** Records taken, in the order of event types; duplicates and late ones are among them. */
  readonly events: number[]
  readonly late: Record<EventType, number>
  duplicates: number
  /** Events of an identity that has ended. */
  ended: number
  /** Of live rules. */
  readonly moments: Map<string, { readonly kind: MomentKind; count: number }>
  /** Of rules on trial, by rule. */
  readonly shadowMoments: Map<string, number>
  /** Moments that were already expired when they were noticed. */
  momentsExpired: number
  /** Times that the two oldest entries of an exact window became one. */
  inexact: number
  /** Seen ids that were pushed out by the bound. */
  seenOverflows: number
  /** Marks of patterns that were pushed out by their bounds. */
  patternOverflows: number
  /** Remembered firings of patterns that were pushed out by their bounds. */
  firingOverflows: number
  /** Events that were given to settled rules before their time, because a subscriber had too many of them. */
  heldOverflows: number
  /** Times that a date was asked for behind the end of a calendar's data. */
  calendarEnds: number
  /** Records rewritten into another layout. */
  migrations: number
}

const zeros = (): Record<EventType, number> =>
  Object.fromEntries(eventTypes.map((type) => [type, 0])) as Record<EventType, number>

export const createCounters = (): DetectCounters => ({
  events: eventTypes.map(() => 0),
  late: zeros(),
  duplicates: 0,
  ended: 0,
  moments: new Map(),
  shadowMoments: new Map(),
  momentsExpired: 0,
  inexact: 0,
  seenOverflows: 0,
  patternOverflows: 0,
  firingOverflows: 0,
  heldOverflows: 0,
  calendarEnds: 0,
  migrations: 0,
})
