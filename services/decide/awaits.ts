import type { CommandAwaits } from '../records/types.ts'
import type { Campaign } from '../rules/campaigns.ts'
import type { Offer } from '../rules/catalogue.ts'
import { usualAnswerWithin } from '../rules/learning.ts'
import type { Arm } from './experiment.ts'
import type { Case, Facts } from './gates.ts'
import { cellOf } from './odds.ts'

/**
 * What answers to the command are awaited, and what is learned from them: it is said in the command, so that whoever adopts it from the
 * log awaits the same under any catalogue. Messages which offer nothing (a notice, a legal text) await nothing.
 */
export function awaitsOf(subject: Case, offer: Offer, arm: Arm): CommandAwaits | null {
  const { moment, policy, campaign, now } = subject
  if (moment.purpose !== 'marketing' && moment.purpose !== 'care') return null
  const cell = cellOf(subject)
  return {
    until: now + (offer.answerWithin ?? policy.answerWithin ?? usualAnswerWithin),
    product: offer.product ?? null,
    segment: cell?.segment ?? null,
    segments: moment.segments,
    experiment: experimentOf(campaign, arm.stopped),
    learn: cell !== undefined,
    half_life_ms: cell === undefined ? null : (policy.learning?.halfLife ?? null),
    compared_as: isCompared(subject, arm) ? 'addressed' : null,
  }
}

/**
 * Within what it is counted what the subscriber does by themselves, whom the holdout kept from hearing of it: as long as they would
 * have had to answer. Nothing is learned from it, as nothing was tried.
 */
export function awaitsOfHeldOut(subject: Case, of: Facts[string] | undefined, arm: Arm): CommandAwaits | null {
  const { offer } = subject
  const awaits = offer && isCompared(subject, arm) ? awaitsOf(subject, offer, arm) : null
  return awaits && { ...awaits, learn: false, compared_as: of === 'all' ? 'held-out-of-all' : 'held-out' }
}

/**
 * One window of a campaign at a time, on either side: who is addressed hears less often of it than those whom no cap keeps it from,
 * and would else be looked at more seldom.
 */
const isCompared = ({ moment, policy, campaign, state }: Case, arm: Arm): boolean =>
  moment.purpose === 'marketing' &&
  (policy.holdout !== undefined || (campaign?.holdout ?? 0) > 0) &&
  !state.awaited.some((one) => one.campaign === arm.campaign && one.compared_as !== null)

/** Who gets the control's in place of what was stopped, counts for neither: they have seen the other one before. */
const experimentOf = (campaign: Campaign | undefined, stopped: string | null): string | null =>
  campaign && campaign.variants.length > 0 && stopped === null ? campaign.experiment : null
