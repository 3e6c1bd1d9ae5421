import { draw } from '../domain/draw.ts'
import { betaQuantile } from '../learning/beta.ts'
import type { Cell } from '../learning/learning.ts'
import type { LearnedOdds } from '../records/types.ts'
import type { Acceptance } from '../rules/acceptance.ts'
import type { Policy } from '../rules/catalogue.ts'
import type { Case } from './gates.ts'

/** How likely it is that somebody accepts, 0..1; `learned`: what it rests on, if it isn't just what the catalogue or a model says. */
export interface Odds {
  readonly probability: number
  readonly learned: LearnedOdds | null
}

type Mapping = Exclude<Acceptance, number>

/** A model's score, where the profile has one, else the prior of the first that fits, and what was learned. */
export function oddsOf(acceptance: Acceptance, subject: Case): Odds {
  if (typeof acceptance === 'number') return { probability: acceptance, learned: null }
  const known = acceptance.score === undefined ? undefined : subject.state.facts.scores?.values[acceptance.score]
  if (known !== undefined) return { probability: known, learned: null }
  const { prior, segment } = fitting(acceptance, subject)
  if (!learns(acceptance, subject.policy)) return { probability: prior, learned: null }
  return learnedOdds(prior, acceptance.strength, segment ?? null, subject)
}

/** What the offer's acceptance would be looked up by, if it learns from this. */
export function cellOf(subject: Case): Pick<Cell, 'segment'> | undefined {
  const { acceptance } = subject.offer ?? {}
  if (typeof acceptance !== 'object' || !learns(acceptance, subject.policy)) return undefined
  return { segment: fitting(acceptance, subject).segment ?? null }
}

const learns = (acceptance: Mapping, { learning }: Policy): acceptance is Mapping & { readonly strength: number } =>
  acceptance.strength !== undefined && learning?.learn !== false

function fitting({ by = [], prior }: Mapping, { moment, channel }: Case) {
  const segments = Object.values(moment.segments)
  const fit = by.find(
    (one) =>
      (one.segment === undefined || segments.includes(one.segment)) &&
      (one.channel === undefined || one.channel === channel),
  )
  return fit ?? { prior, segment: undefined }
}

/**
 * The prior counts as so many commands, and those that were answered, or not, come on top: Beta(alpha, beta). It is reckoned with its
 * mean, or in the part of the moments that explores with a sample (Thompson 1933), so that what is little known gets its chance in
 * proportion to how good it may be. The sample is the quantile of a number that is drawn by the moment: the same in any process, and
 * whenever it is judged again.
 */
function learnedOdds(prior: number, strength: number, segment: string | null, subject: Case): Odds {
  const { moment, channel, campaign, policy, learning, now } = subject
  const offer = subject.offer?.id ?? ''
  const found = learning.learned({ offer, channel, segment }, now, policy.learning?.halfLife)
  const alpha = prior * strength + (found?.accepted ?? 0)
  const beta = (1 - prior) * strength + (found?.others ?? 0)
  const salt = campaign?.salt ?? moment.rule
  const explored = draw('explore', salt, moment.moment_id) < (policy.learning?.explore ?? 0)
  const probability = explored
    ? betaQuantile(draw('sample', salt, moment.moment_id, offer, channel), alpha, beta)
    : alpha / (alpha + beta)
  return { probability, learned: { alpha, beta, probability, explored, tallied_at: learning.talliedAt } }
}
