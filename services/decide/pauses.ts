import type { Holds, Pause } from '../control/holds.ts'
import type { Facts } from './gates.ts'
import type { Option } from './options.ts'
import type { Candidate, DecideState } from './state.ts'

/** The pause that holds an option; undefined: none does. */
export const pauseOf = ({ subject: { moment, channel } }: Option, holds: Holds): Pause | undefined =>
  holds.pauseOf({ channel, purpose: moment.purpose, campaigns: [moment.rule] })

export const pausedFacts = ({ id, author, since }: Pause): Facts => ({
  'paused.id': id,
  'paused.by': author,
  'paused.since': since,
})

/**
 * Whether the moment is to wait, undecided, as it isn't known at present what is paused. It holds for messages that needn't
 * be said; what has expired needs no waiting.
 */
export const mustWaitToKnow = ({ purpose, offers, expires_at }: Candidate, now: number, holds: Holds): boolean =>
  holds.isUnknown(purpose) && now < expires_at && offers.length > 0

/** Nothing that waits for that has to wait any longer. */
export const isAllKnown = (holds: Holds): boolean => !holds.isUnknown('marketing') && !holds.isUnknown('care')

/** The pause that a moment waits for already; null: it waits for none. */
export const pausedBy = ({ deferred }: DecideState, { moment_id }: Candidate): string | null =>
  deferred.find((entry) => entry.moment_id === moment_id)?.paused_by ?? null
