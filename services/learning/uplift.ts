import type { TalliedArm } from '../records/types.ts'
import type { Campaign } from '../rules/campaigns.ts'
import { rateInterval } from './beta.ts'
import { type Difference, differenceOf } from './difference.ts'
import type { RateView } from './views.ts'

/** What those do who are addressed, or who are held out: in how many windows, and with which part of them. */
export interface ArmView {
  readonly windows: number
  readonly bought: RateView | null
  readonly opted_out: RateView | null
  readonly left: RateView | null
}

/** What a campaign brings, held against those who hear nothing of it. */
export interface UpliftView {
  /** null: all marketing. */
  readonly campaign: string | null
  /** By whose holdout: of the campaign, or of all marketing. */
  readonly held_out_by: 'campaign' | 'all'
  readonly addressed: ArmView
  readonly held_out: ArmView
  /** The rate of those who are addressed less that of the others, with 95 % confidence; null: one of them has no windows. */
  readonly uplift: {
    readonly bought: Difference
    readonly opted_out: Difference
    readonly left: Difference
  } | null
}

type Counts = Pick<TalliedArm, 'windows' | 'bought' | 'refused' | 'opted_out' | 'left'>
const none: Counts = { windows: 0, bought: 0, refused: 0, opted_out: 0, left: 0 }
const confidence = 0.95

/** Campaigns (and rules that are ones of their own) with windows of either side; the editions in force, and all marketing first. */
export function upliftViews(arms: readonly TalliedArm[], campaigns: readonly Campaign[]): readonly UpliftView[] {
  const editions = new Map(
    campaigns.map(({ id, experiment, variants }) => [id, variants.length > 0 ? experiment : null]),
  )
  const inForce = arms.filter(({ campaign, experiment = null }) => experiment === (editions.get(campaign) ?? null))
  const ids = [...new Set(inForce.map(({ campaign }) => campaign))].sort()
  const own = ids.flatMap((id) => {
    const found = inForce.filter(({ campaign }) => campaign === id)
    return (['campaign', 'all'] as const).flatMap((by) => viewOf(id, by, found))
  })
  // Whatever was tried meanwhile: it was all marketing.
  return [...viewOf(null, 'all', arms), ...own]
}

function viewOf(campaign: string | null, by: UpliftView['held_out_by'], arms: readonly TalliedArm[]): UpliftView[] {
  const addressed = sumOf(arms, 'addressed')
  const heldOut = sumOf(arms, by === 'all' ? 'held-out-of-all' : 'held-out')
  if (heldOut.windows === 0) return []
  const differ = (key: 'bought' | 'opted_out' | 'left') => differenceOf(shareOf(addressed, key), shareOf(heldOut, key))
  const [bought, opted_out, left] = [differ('bought'), differ('opted_out'), differ('left')]
  const uplift = bought && opted_out && left ? { bought, opted_out, left } : null
  return [{ campaign, held_out_by: by, addressed: armView(addressed), held_out: armView(heldOut), uplift }]
}

/** Of one side, whatever the campaign and edition. */
export const sumOf = (arms: readonly TalliedArm[], arm: TalliedArm['arm']): Counts =>
  arms
    .filter((one) => one.arm === arm)
    .reduce<Counts>(
      (sum, one) => ({
        windows: sum.windows + one.windows,
        bought: sum.bought + one.bought,
        refused: sum.refused + one.refused,
        opted_out: sum.opted_out + one.opted_out,
        left: sum.left + one.left,
      }),
      none,
    )

/** A tally that lost its oldest rows may know more of the end of windows than of their beginning. */
const shareOf = (counts: Counts, key: 'bought' | 'opted_out' | 'left') => ({
  hits: Math.min(counts[key], counts.windows),
  trials: counts.windows,
})

function armView(counts: Counts): ArmView {
  const rateOf = (key: 'bought' | 'opted_out' | 'left'): RateView | null => {
    const { hits, trials } = shareOf(counts, key)
    return trials === 0 ? null : { rate: hits / trials, ...rateInterval(hits, trials, confidence) }
  }
  return { windows: counts.windows, bought: rateOf('bought'), opted_out: rateOf('opted_out'), left: rateOf('left') }
}
