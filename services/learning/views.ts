import type { TalliedVariant } from '../records/types.ts'
import type { Campaign } from '../rules/campaigns.ts'
import type { Catalogue, Offer } from '../rules/catalogue.ts'
import { type Channel, channels } from '../topology.ts'
import { betaQuantile, rateInterval } from './beta.ts'
import { seen } from './guardrails.ts'
import type { OpenLearning } from './open.ts'

/** A rate of the exposures, and where the true one is with 95 % confidence; null: there are none. */
export interface RateView {
  readonly rate: number
  readonly low: number
  readonly high: number
}

export interface VariantView {
  readonly variant: string
  readonly share: number
  readonly is_control: boolean
  /** Commands that may have been seen, and what became of them. */
  readonly exposures: number
  readonly accepted: number
  readonly refused: number
  readonly opted_out: number
  /** The window is over without an answer. */
  readonly ignored: number
  readonly acceptance: RateView | null
  readonly refusal: RateView | null
  readonly opt_out: RateView | null
  /** ISO-8601; null: it isn't stopped. */
  readonly stopped_since: string | null
  readonly stopped_why: string | null
}

export interface ExperimentView {
  readonly campaign: string
  /** Of the edition: what is tried was not changed since. */
  readonly experiment: string
  readonly variants: readonly VariantView[]
}

/** How likely an acceptance of an offer is held to be. */
export interface OddsView {
  readonly offer: string
  readonly channel: Channel
  readonly segment: string | null
  readonly prior: number
  readonly strength: number
  /** Commands whose window is over, older ones counting less where that is declared. */
  readonly accepted: number
  readonly others: number
  readonly probability: number
  /** The middle 95 % of what is thought possible. */
  readonly low: number
  readonly high: number
}

const confidence = 0.95

export const experimentView = (campaign: Campaign, learning: OpenLearning): ExperimentView => {
  const { id, experiment, variants, control } = campaign
  const counts = learning.variantsOf(experiment)
  return {
    campaign: id,
    experiment,
    variants: variants.map(({ id: variant, share }) => {
      const stop = learning.stopOf(experiment, variant)
      return {
        variant,
        share,
        is_control: variant === control,
        ...figures(counts.get(variant)),
        stopped_since: stop ? new Date(stop.since).toISOString() : null,
        stopped_why: stop?.reason ?? null,
      }
    }),
  }
}

function figures(counts: TalliedVariant | undefined) {
  const { accepted = 0, refused = 0, opted_out = 0, ignored = 0 } = counts ?? {}
  const exposures = counts ? seen(counts) : 0
  const rateOf = (hits: number): RateView | null => {
    if (exposures === 0) return null
    const most = Math.min(hits, exposures)
    return { rate: most / exposures, ...rateInterval(most, exposures, confidence) }
  }
  const rates = { acceptance: rateOf(accepted), refusal: rateOf(refused), opt_out: rateOf(opted_out) }
  return { exposures, accepted, refused, opted_out, ignored, ...rates }
}

/** Of the offers that learn, what each prior has become; channels through which nothing was learned aren't told. */
export const oddsViews = ({ offers, policy }: Catalogue, learning: OpenLearning, now: number): readonly OddsView[] =>
  policy.learning?.learn === false
    ? []
    : offers.flatMap((offer) => oddsOf(offer, policy.learning?.halfLife, learning, now))

function oddsOf(
  { id: offer, acceptance }: Offer,
  halfLife: number | undefined,
  learning: OpenLearning,
  now: number,
): OddsView[] {
  if (typeof acceptance !== 'object' || acceptance.strength === undefined) return []
  const { prior: usual, strength, by = [] } = acceptance
  const segments = [...new Set([...by.map(({ segment = null }) => segment), null])]
  return segments.flatMap((segment) =>
    channels.flatMap((channel) => {
      const found = learning.learned({ offer, channel, segment }, now, halfLife)
      if (!found) return []
      const fit = by.find(
        (one) => (one.segment ?? null) === segment && (one.channel === undefined || one.channel === channel),
      )
      const prior = fit?.prior ?? usual
      const [alpha, beta] = [prior * strength + found.accepted, (1 - prior) * strength + found.others]
      const tail = (1 - confidence) / 2
      const bounds = { low: betaQuantile(tail, alpha, beta), high: betaQuantile(1 - tail, alpha, beta) }
      return [{ offer, channel, segment, prior, strength, ...found, probability: alpha / (alpha + beta), ...bounds }]
    }),
  )
}
