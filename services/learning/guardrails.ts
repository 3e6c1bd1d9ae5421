import type { TalliedVariant } from '../records/types.ts'
import type { Campaign } from '../rules/campaigns.ts'
import type { Guardrail } from '../rules/guardrails.ts'
import { rateAtLeast, rateAtMost } from './beta.ts'

/** A variant that has to stop, and why. */
export interface Breach {
  readonly campaign: string
  readonly experiment: string
  readonly variant: string
  readonly reason: string
}

type Counts = Pick<TalliedVariant, 'exposed' | 'unsent' | 'refused' | 'opted_out'>

/** Exposures that may have been seen: what provably never left was none. */
export const seen = ({ exposed, unsent }: Pick<Counts, 'exposed' | 'unsent'>): number => Math.max(0, exposed - unsent)

/** The variants of a campaign whose guardrails are broken by what is counted. */
export function breachesOf(campaign: Campaign, counts: ReadonlyMap<string, Counts>): readonly Breach[] {
  const control = counts.get(campaign.control ?? '')
  return campaign.variants.flatMap(({ id, stopIf }) => {
    const own = counts.get(id)
    const reason = own && stopIf.map((rail) => broken(rail, own, control)).find((why) => why !== undefined)
    if (reason === undefined) return []
    return [{ campaign: campaign.id, experiment: campaign.experiment, variant: id, reason }]
  })
}

/**
 * Why the rail is broken; undefined: it isn't, as far as is known. A fixed limit is broken when the rate is above it with the rail's
 * confidence; one against the control when the least that the rate may be is above the most that the control's may be, times the
 * factor, each with that confidence: more careful than a test of the two would be.
 */
function broken(rail: Guardrail, own: Counts, control: Counts | undefined): string | undefined {
  const { rate, above, exposures, confidence } = rail
  const trials = seen(own)
  if (trials < exposures) return undefined
  const hits = hitsOf(rate, own)
  const least = rateAtLeast(Math.min(hits, trials), trials, confidence)
  const found = `${rate} rate ${percent(hits / trials)} (${hits} of ${trials}), at least ${percent(least)}`
  if ('rate' in above) return least > above.rate ? `${found}; the guardrail is ${percent(above.rate)}` : undefined
  const others = control ? seen(control) : 0
  if (!control || others < exposures) return undefined
  const most = rateAtMost(hitsOf(rate, control), others, confidence)
  if (least <= above.timesControl * most) return undefined
  return `${found}; the guardrail is ${above.timesControl} times the control's, which is at most ${percent(most)}`
}

const hitsOf = (rate: Guardrail['rate'], { refused, opted_out }: Counts): number =>
  rate === 'opt-out' ? opted_out : refused

const percent = (rate: number): string => `${(100 * rate).toFixed(2)} %`
