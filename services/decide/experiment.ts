import { draw } from '../domain/draw.ts'
import type { Learning, Stop } from '../learning/learning.ts'
import type { Campaign, Variant } from '../rules/campaigns.ts'
import type { Holdout, Offer } from '../rules/catalogue.ts'
import type { Case, Facts } from './gates.ts'

/** What a subscriber gets is drawn by their id and a salt alone, so that no version of anything changes it. */

/** With which campaign, and as which variant of it, a moment is answered. */
export interface Arm {
  readonly campaign: string | null
  readonly variant: string | null
  /** The one that was drawn, and stopped: the control stands in for it. */
  readonly stopped: string | null
}

/** Of what is answered without looking at its rule. */
export const noArm: Arm = { campaign: null, variant: null, stopped: null }

/** The subscriber's variant; undefined: the campaign tries nothing. */
function variantOf({ salt, variants }: Campaign, subscriber: string): Variant | undefined {
  if (variants.length === 0) return undefined
  const drawn = draw('variant', salt, subscriber)
  let end = 0
  for (const variant of variants) {
    end += variant.share
    if (drawn < end) return variant
  }
  // Shares add up to 1 but for the rounding of their sum.
  return variants.at(-1)
}

/** What a subscriber of a variant gets now. */
export interface InForce {
  readonly variant: Variant | undefined
  /** Id of the variant that it stands in for. */
  readonly stopped: string | null
  /** Nothing is to be said to those who are in it. */
  readonly silence: Stop | undefined
}

/** The subscriber's variant, or what stands in for it since it was stopped. */
export function variantInForce(campaign: Campaign | undefined, subscriber: string, learning: Learning): InForce {
  const variant = campaign && variantOf(campaign, subscriber)
  const stop =
    campaign && variant && variant.stopIf.length > 0 ? learning.stopOf(campaign.experiment, variant.id) : undefined
  if (!campaign || !variant || !stop) return { variant, stopped: null, silence: undefined }
  if (variant.whenStopped === 'nothing') return { variant, stopped: null, silence: stop }
  const control = campaign.variants.find(({ id }) => id === campaign.control)
  return { variant: control, stopped: variant.id, silence: undefined }
}

/** Why a subscriber gets what isn't drawn for them. */
export const stoppedFacts = ({ stopped }: Arm): Facts => (stopped === null ? {} : { 'variant.stopped': stopped })

/** The offers with what the variant puts in their place; one that would stand there twice stands at the first. */
export function varied(
  offers: readonly Offer[],
  variant: Variant | undefined,
  byId: ReadonlyMap<string, Offer>,
): readonly Offer[] {
  if (!variant) return offers
  const varied = new Map<string, Offer>()
  for (const offer of offers) {
    const other = Object.hasOwn(variant.offers, offer.id) ? byId.get(variant.offers[offer.id] ?? '') : offer
    const message = Object.hasOwn(variant.messages, offer.id) ? variant.messages[offer.id] : undefined
    if (other && !varied.has(other.id)) varied.set(other.id, message ? { ...other, message } : other)
  }
  return [...varied.values()]
}

/** Whether the subscriber is one of those who are held out of all marketing, or of the campaign. It never ends. */
export function heldOut({
  moment,
  policy,
  campaign,
}: Omit<Case, 'offer' | 'channel'>): { readonly until: null; readonly facts: Facts } | undefined {
  const { subscriber_id } = moment
  if (policy.holdout && isDrawn('all', policy.holdout, subscriber_id)) {
    return { until: null, facts: { of: 'all', share: policy.holdout.share } }
  }
  if (!campaign || campaign.holdout === 0) return undefined
  const { id, salt, holdout: share } = campaign
  return isDrawn('campaign', { share, salt }, subscriber_id)
    ? { until: null, facts: { of: 'campaign', campaign: id, share } }
    : undefined
}

/** A larger share draws the same subscribers and some more. */
const isDrawn = (of: 'all' | 'campaign', { share, salt }: Holdout, subscriber: string): boolean =>
  draw('holdout', of, salt, subscriber) < share
