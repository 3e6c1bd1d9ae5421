import { holdsBack } from '../domain/reason-codes.ts'
import type { At } from '../flow/step.ts'
import type { Candidate, Deferred } from './state.ts'

/**
 * The shard's clock may be behind the time of day by so much, and policy is judged all the same. Milliseconds; longer than a
 * moment takes to get here, and shorter than a take-over: what was said while a shard had no owner is read first.
 */
const behindMost = 5_000

/**
 * Policy is judged on the instant of sending, and what was said until then may lie on the log and not be heard of here:
 *
 * - after an outage the shard reads by time, so that its clock is where it is in its reading;
 * - what the subscriber does reaches the shard by way of detect, as do-not-disturb; while detect is away, or catches up, a
 *   complaint lies on the log that nobody has read (`At.heard`).
 */
export const isBehind = (at: At): boolean => readsBehind(at) || at.now - (at.heard ?? at.now) > behindMost

/** The shard itself is. */
const readsBehind = ({ now, clock }: At): boolean => now - clock > behindMost

/**
 * Whether the moment is to wait while that is so. It holds for messages that rest on what the subscriber said (consent,
 * do-not-disturb): for them a wrong message costs more than a late one. What has expired needs no waiting.
 */
export const mustWait = ({ purpose, offers, expires_at }: Candidate, at: At): boolean =>
  isBehind(at) && at.now < expires_at && offers.length > 0 && holdsBack('consent', purpose)

const firstLookMs = 1_000
const longestLookMs = 256_000

/**
 * When a moment that waits is looked at again: if the shard itself is behind, when its clock has come to where the time of
 * day is now. Else it isn't known here when detect will have caught up: ever more seldom, as each look is a write.
 */
export function lookAgainAt({ expires_at }: Candidate, heldSince: number, at: At): number {
  if (readsBehind(at)) return at.now
  let wait = firstLookMs
  while (wait < longestLookMs && 8 * wait <= at.now - heldSince) wait *= 2
  return Math.min(at.now + wait, expires_at)
}

/** Since when the moment waits for that; null: for something else. */
export const heldSince = (deferred: readonly Deferred[], momentId: string): number | null =>
  deferred.find(({ moment_id }) => moment_id === momentId)?.held_since ?? null
