import { holdsBack } from '../domain/reason-codes.ts'
import type { At } from '../flow/step.ts'
import type { Candidate } from './state.ts'

/**
 * The shard's clock may be behind the time of day by so much, and policy is judged all the same. Milliseconds; longer than a
 * moment takes to get here, and shorter than a take-over: what was said while a shard had no owner is read first.
 */
const behindMost = 5_000

/**
 * Policy is judged on the instant of sending, and what was said until then may lie on the log and not be read yet: after an
 * outage the shard reads by time, so that its clock is where it is in its reading. A moment that comes then waits until the
 * clock is where the time of day was. It holds for messages that rest on what the subscriber said (consent, do-not-disturb):
 * for them a wrong message costs more than a late one. What has expired needs no waiting.
 */
export const isBehind = ({ purpose, offers, expires_at }: Candidate, { now, clock }: At): boolean =>
  now - clock > behindMost && now < expires_at && offers.length > 0 && holdsBack('consent', purpose)
