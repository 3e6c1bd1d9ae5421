import type { Acceptance } from '../rules/acceptance.ts'
import type { Offer } from '../rules/catalogue.ts'
import type { Case } from './gates.ts'

/**
 * What it is worth to say this now, in minor units of money: the probability that it is accepted times what an acceptance brings
 * (its value without its cost), less what the message costs; times the weights of the segments that the subscriber is in.
 * null: the offer says nothing of its acceptance, and isn't weighed.
 */
export function expectedValue(subject: Case): number | null {
  const { offer, channel, policy } = subject
  if (offer?.acceptance === undefined) return null
  const { value = 0, cost = 0, acceptance } = offer
  const gain = probability(acceptance, subject) * (value - cost) - (policy.channelCosts?.[channel] ?? 0)
  return gain * weightOf(subject)
}

/** 0..1: a model's score, where the profile has one, else the first that fits, else the prior. */
function probability(acceptance: Acceptance, { moment, channel, state }: Case): number {
  if (typeof acceptance === 'number') return acceptance
  const { score, by = [], prior } = acceptance
  const known = score === undefined ? undefined : state.facts.scores?.values[score]
  if (known !== undefined) return known
  const segments = Object.values(moment.segments)
  const fit = by.find(
    (one) =>
      (one.segment === undefined || segments.includes(one.segment)) &&
      (one.channel === undefined || one.channel === channel),
  )
  return (fit ?? { prior }).prior
}

function weightOf({ moment, policy: { priorityWeights = {} } }: Case): number {
  let weight = 1
  for (const segment of Object.values(moment.segments)) {
    if (Object.hasOwn(priorityWeights, segment)) weight *= priorityWeights[segment] ?? 1
  }
  return weight
}

/** What is worth more comes first; behind it what isn't weighed. 0: neither. */
export function byWorth(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return b - a
}

/** The tags in which models say how likely an acceptance is. */
export const scoreTagsOf = (offers: readonly Offer[]): ReadonlySet<string> =>
  new Set(
    offers.flatMap(({ acceptance }) =>
      typeof acceptance === 'object' && acceptance.score !== undefined ? [acceptance.score] : [],
    ),
  )
