import type { Policy } from './catalogue.ts'
import { checkSegment, type KnownSegments } from './known-segments.ts'
import type { RawPolicy } from './raw.ts'
import type { Subject } from './subject.ts'

/** The policy's holdout, where there is one; a salt without one is a fault. */
export function checkHoldout(raw: RawPolicy, subject: Subject): Pick<Policy, 'holdout'> {
  const { holdout = 0, holdout_salt } = raw
  if (raw.holdout === undefined && holdout_salt !== undefined) {
    const message = 'a salt without a holdout draws nobody; add one, e.g. holdout: 0.05, or take the salt out'
    subject.fault('KM_CATALOGUE_VALUE', message, ['holdout_salt'])
  }
  return holdout === 0 ? {} : { holdout: { share: holdout, salt: holdout_salt ?? 'policy' } }
}

/** The weights of segments, each of which has to be one. */
export function checkWeights(
  { priority_weights: weights }: RawPolicy,
  subject: Subject,
  segments: KnownSegments,
): Pick<Policy, 'priorityWeights'> {
  for (const id of Object.keys(weights ?? {})) {
    checkSegment(id, segments, subject, ['priority_weights', id])
  }
  return weights ? { priorityWeights: weights } : {}
}
