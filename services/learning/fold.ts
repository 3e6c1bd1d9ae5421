import type { Outcome, TalliedArm, TalliedOdds, TalliedVariant, Tally } from '../records/types.ts'

/** What outcomes add up to; of a shard, or of several. */
export type Totals = Pick<Tally, 'odds' | 'variants' | 'arms' | 'recent' | 'tallied_at'>

/**
 * Outcomes are counted in their order on the log, so that the totals of a shard follow from its position: whoever counts on from a
 * tally comes to the same, and two who count at once do no harm.
 */
export interface Fold {
  take(outcome: Outcome): void
  /** As a record holds them. */
  readonly totals: Totals
}

/** An append whose answer was lost is there twice, shortly one behind the other; so many outcomes are told apart. */
const recentMost = 1_000
/** Beyond them the one goes that nothing was added to for longest. */
const oddsMost = 5_000
const variantsMost = 1_000
const armsMost = 3_000

export function createFold(from?: Totals): Fold {
  const odds = new Map((from?.odds ?? []).map((one) => [oddsKey(one), one]))
  const variants = new Map((from?.variants ?? []).map((one) => [variantKey(one), one]))
  const arms = new Map((from?.arms ?? []).map((one) => [armKey(one), one]))
  const recent = new Set(from?.recent ?? [])
  let talliedAt = from?.tallied_at ?? 0

  function isRepeated({ outcome_id }: Outcome): boolean {
    const mark = markOf(outcome_id)
    if (recent.has(mark)) return true
    recent.add(mark)
    const [oldest] = recent
    if (recent.size > recentMost && oldest !== undefined) recent.delete(oldest)
    return false
  }

  return {
    take(outcome) {
      if (isRepeated(outcome)) return
      talliedAt = Math.max(talliedAt, outcome.occurred_at)
      const cell = concluded(outcome)
      if (cell) put(odds, oddsKey(cell), added(odds.get(oddsKey(cell)), cell), oddsMost)
      const variant = countedFor(outcome)
      if (variant) {
        const key = variantKey(variant)
        put(variants, key, withVariant(variants.get(key) ?? variant, outcome), variantsMost)
      }
      const arm = comparedFor(outcome)
      if (arm) {
        const key = armKey(arm)
        put(arms, key, withArm(arms.get(key) ?? arm, outcome), armsMost)
      }
    },
    get totals() {
      return {
        tallied_at: talliedAt,
        recent: [...recent],
        odds: [...odds.values()],
        variants: [...variants.values()],
        arms: [...arms.values()],
      }
    },
  }
}

export const oddsKey = ({ offer, channel, segment = null }: Pick<TalliedOdds, 'offer' | 'channel' | 'segment'>) =>
  JSON.stringify([offer, channel, segment])

const variantKey = ({ campaign, experiment, variant }: TalliedVariant): string =>
  JSON.stringify([campaign, experiment, variant])

/** The first 30 bits of an id, which is base32. */
const markOf = (id: string): number => {
  let mark = 0
  for (let i = 0; i < 6; i++) mark = mark * 32 + Math.max(0, base32.indexOf(id[i] ?? ''))
  return mark
}
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Puts it last, and lets go of the first where there are too many. */
function put<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key)
  map.set(key, value)
  const [first] = map.keys()
  if (map.size > most && first !== undefined) map.delete(first)
}

/**
 * An offer is judged by commands whose window is over: who accepts does so early, and who doesn't is known late, so that counting
 * answers as they come would flatter what is new.
 */
function concluded({ outcome, learn, ...rest }: Outcome): TalliedOdds | undefined {
  const { offer, channel, segment = null, half_life_ms = null, occurred_at: at, accepted } = rest
  if (!learn || offer == null || channel == null) return undefined
  if (outcome !== 'ignored' && outcome !== 'settled') return undefined
  const isYes = outcome === 'settled' && accepted
  return { offer, channel, segment, accepted: Number(isYes), others: Number(!isYes), at, half_life_ms }
}

function added(before: TalliedOdds | undefined, one: TalliedOdds): TalliedOdds {
  if (!before) return one
  const at = Math.max(before.at, one.at)
  const halfLife = one.half_life_ms ?? undefined
  const [old, young] = [faded(before.at, at, halfLife), faded(one.at, at, halfLife)]
  return {
    ...one,
    at,
    accepted: before.accepted * old + one.accepted * young,
    others: before.others * old + one.others * young,
  }
}

/** What a count from `at` is worth at `now`. */
export const faded = (at: number, now: number, halfLife: number | undefined): number =>
  halfLife === undefined ? 1 : 2 ** (-Math.max(0, now - at) / halfLife)

const noCounts = { exposed: 0, unsent: 0, accepted: 0, refused: 0, opted_out: 0, ignored: 0, settled: 0 }

function countedFor({ campaign, experiment, variant, occurred_at, compared_as }: Outcome): TalliedVariant | undefined {
  // Who is held out has seen no variant.
  if (compared_as === 'held-out' || compared_as === 'held-out-of-all') return undefined
  if (campaign == null || experiment == null || variant == null) return undefined
  return { campaign, experiment, variant, ...noCounts, first_at: occurred_at, last_at: occurred_at }
}

function withVariant(before: TalliedVariant, { outcome, occurred_at }: Outcome): TalliedVariant {
  const name = outcome === 'opted-out' ? 'opted_out' : outcome
  if (!isCounted(name)) return before
  return {
    ...before,
    [name]: before[name] + 1,
    ...spanOf(before, occurred_at),
  }
}

export const armKey = ({
  campaign,
  experiment = null,
  arm,
}: Pick<TalliedArm, 'campaign' | 'experiment' | 'arm'>): string => JSON.stringify([campaign, experiment, arm])

const noDoings = { windows: 0, bought: 0, refused: 0, opted_out: 0, left: 0 }

function comparedFor({ campaign, experiment = null, compared_as, occurred_at }: Outcome): TalliedArm | undefined {
  if (campaign == null || compared_as == null) return undefined
  return { campaign, experiment, arm: compared_as, ...noDoings, first_at: occurred_at, last_at: occurred_at }
}

/** What each outcome is for those who are compared. */
const doings: Readonly<Partial<Record<Outcome['outcome'], keyof typeof noDoings>>> = {
  exposed: 'windows',
  'held-out': 'windows',
  bought: 'bought',
  refused: 'refused',
  'opted-out': 'opted_out',
  left: 'left',
}

function withArm(before: TalliedArm, { outcome, occurred_at }: Outcome): TalliedArm {
  const name = doings[outcome]
  return name === undefined ? before : { ...before, [name]: before[name] + 1, ...spanOf(before, occurred_at) }
}

const spanOf = ({ first_at, last_at }: Pick<TalliedArm, 'first_at' | 'last_at'>, at: number) => ({
  first_at: Math.min(first_at, at),
  last_at: Math.max(last_at, at),
})

const isCounted = (name: string): name is keyof typeof noCounts => Object.hasOwn(noCounts, name)
