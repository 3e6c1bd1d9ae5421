import type { CommandAwaits } from '../records/types.ts'
import type { Campaign } from '../rules/campaigns.ts'
import type { Offer } from '../rules/catalogue.ts'
import { usualAnswerWithin } from '../rules/learning.ts'
import type { Arm } from './experiment.ts'
import type { Case } from './gates.ts'
import { cellOf } from './odds.ts'

/**
 * What answers to the command are awaited, and what is learned from them: it is said in the command, so that whoever adopts it from the
 * log awaits the same under any catalogue. Messages which offer nothing (a notice, a legal text) await nothing.
 */
export function awaitsOf(subject: Case, offer: Offer, { stopped }: Arm): CommandAwaits | null {
  const { moment, policy, campaign, now } = subject
  if (moment.purpose !== 'marketing' && moment.purpose !== 'care') return null
  const cell = cellOf(subject)
  return {
    until: now + (offer.answerWithin ?? policy.answerWithin ?? usualAnswerWithin),
    product: offer.product ?? null,
    segment: cell?.segment ?? null,
    segments: moment.segments,
    experiment: experimentOf(campaign, stopped),
    learn: cell !== undefined,
    half_life_ms: cell === undefined ? null : (policy.learning?.halfLife ?? null),
  }
}

/** Who gets the control's in place of what was stopped, counts for neither: they have seen the other one before. */
const experimentOf = (campaign: Campaign | undefined, stopped: string | null): string | null =>
  campaign && campaign.variants.length > 0 && stopped === null ? campaign.experiment : null
