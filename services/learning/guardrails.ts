import type { TalliedArm, TalliedVariant } from '../records/types.ts'
import type { Campaign } from '../rules/campaigns.ts'
import type { Guardrail } from '../rules/guardrails.ts'
import { rateAtLeast, rateAtMost } from './beta.ts'
import { sumOf } from './uplift.ts'

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
export function breachesOf(
  campaign: Campaign,
  counts: ReadonlyMap<string, Counts>,
  arms: readonly TalliedArm[] = [],
): readonly Breach[] {
  const others: Others = { control: counts.get(campaign.control ?? ''), holdout: holdoutOf(campaign, arms) }
  return campaign.variants.flatMap(({ id, stopIf }) => {
    const own = counts.get(id)
    const reason = own && stopIf.map((rail) => broken(rail, own, others)).find((why) => why !== undefined)
    if (reason === undefined) return []
    return [{ campaign: campaign.id, experiment: campaign.experiment, variant: id, reason }]
  })
}

/** Whom a variant is held against. */
type Others = Readonly<Record<'control' | 'holdout', Counts | undefined>>

/** Those who hear nothing of the campaign meanwhile; where it holds nobody out, those who hear of nothing. */
function holdoutOf({ id, experiment, holdout }: Campaign, arms: readonly TalliedArm[]): Counts | undefined {
  const own = arms.filter((one) => one.campaign === id && one.experiment === experiment)
  const { windows, refused, opted_out } = sumOf(own, holdout > 0 ? 'held-out' : 'held-out-of-all')
  return windows === 0 ? undefined : { exposed: windows, unsent: 0, refused, opted_out }
}

/**
 * Why the rail is broken; undefined: it isn't, as far as is known. A fixed limit is broken when the rate is above it with the rail's
 * confidence; one against others (the control, or the holdout) when the least that the rate may be is above the most that theirs may be, times the
 * factor, each with that confidence: more careful than a test of the two would be.
 */
function broken(rail: Guardrail, own: Counts, all: Others): string | undefined {
  const { rate, above, exposures, confidence } = rail
  const trials = seen(own)
  if (trials < exposures) return undefined
  const hits = hitsOf(rate, own)
  const least = rateAtLeast(Math.min(hits, trials), trials, confidence)
  const found = `${rate} rate ${percent(hits / trials)} (${hits} of ${trials}), at least ${percent(least)}`
  if ('rate' in above) return least > above.rate ? `${found}; the guardrail is ${percent(above.rate)}` : undefined
  const others = all[above.against]
  const trialsOfOthers = others ? seen(others) : 0
  if (!others || trialsOfOthers < exposures) return undefined
  const most = rateAtMost(Math.min(hitsOf(rate, others), trialsOfOthers), trialsOfOthers, confidence)
  if (least <= above.times * most) return undefined
  return `${found}; the guardrail is ${above.times} times the ${above.against}'s, which is at most ${percent(most)}`
}

const hitsOf = (rate: Guardrail['rate'], { refused, opted_out }: Counts): number =>
  rate === 'opt-out' ? opted_out : refused

const percent = (rate: number): string => `${(100 * rate).toFixed(2)} %`
