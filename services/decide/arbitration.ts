import type { LearnedOdds } from '../records/types.ts'
import type { Offer } from '../rules/catalogue.ts'
import type { Case } from './gates.ts'
import { oddsOf } from './odds.ts'

/** What it is worth to say something, and how likely an acceptance was taken to be where that was learned. */
export interface Worth {
  readonly score: number | null
  readonly learned: LearnedOdds | null
}

/**
 * What it is worth to say this now, in minor units of money: the probability that it is accepted times what an acceptance brings
 * (its value without its cost), less what the message costs; times the weights of the segments that the subscriber is in.
 * null: the offer says nothing of its acceptance, and isn't weighed.
 */
export function worthOf(subject: Case): Worth {
  const { offer, channel, policy } = subject
  if (offer?.acceptance === undefined) return { score: null, learned: null }
  const { value = 0, cost = 0, acceptance } = offer
  const { probability, learned } = oddsOf(acceptance, subject)
  const gain = probability * (value - cost) - (policy.channelCosts?.[channel] ?? 0)
  return { score: gain * weightOf(subject), learned }
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
