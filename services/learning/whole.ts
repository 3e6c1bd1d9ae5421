import type { TalliedArm, TalliedVariant } from '../records/types.ts'
import { armKey, faded, oddsKey, type Totals } from './fold.ts'
import type { Cell, Learned, Learning } from './learning.ts'

/** The totals of all shards as one. */
export interface Whole extends Pick<Learning, 'learned' | 'talliedAt'> {
  /** Of one edition of a campaign, by id of the variant. */
  variantsOf(experiment: string): ReadonlyMap<string, TalliedVariant>
  /** Those who are addressed and those who are held out, of all campaigns and editions. */
  arms(): readonly TalliedArm[]
}

interface Sum extends Learned {
  readonly at: number
}

/** `shards`: the totals, one a shard; `version` is another one when they have changed. */
export function wholeOf(shards: () => Iterable<Totals>, version: () => number): Whole {
  let seen = Number.NaN
  let talliedAt = 0
  const variants = new Map<string, Map<string, TalliedVariant>>()
  const arms = new Map<string, TalliedArm>()
  /** By half-life. */
  const sums = new Map<number | undefined, ReadonlyMap<string, Sum>>()

  function refresh(): void {
    if (seen === version()) return
    seen = version()
    sums.clear()
    variants.clear()
    arms.clear()
    talliedAt = 0
    for (const shard of shards()) {
      talliedAt = Math.max(talliedAt, shard.tallied_at)
      for (const one of shard.variants) {
        const own = variants.get(one.experiment) ?? new Map<string, TalliedVariant>()
        variants.set(one.experiment, own)
        own.set(one.variant, sumOf(own.get(one.variant), one))
      }
      for (const one of shard.arms) arms.set(armKey(one), sumOfArms(arms.get(armKey(one)), one))
    }
  }

  function sumsWith(halfLife: number | undefined): ReadonlyMap<string, Sum> {
    const known = sums.get(halfLife)
    if (known) return known
    const made = new Map<string, Sum>()
    for (const shard of shards()) {
      for (const one of shard.odds) {
        const key = oddsKey(one)
        const before = made.get(key)
        const at = Math.max(before?.at ?? one.at, one.at)
        const [old, own] = [faded(before?.at ?? at, at, halfLife), faded(one.at, at, halfLife)]
        made.set(key, {
          at,
          accepted: (before?.accepted ?? 0) * old + one.accepted * own,
          others: (before?.others ?? 0) * old + one.others * own,
        })
      }
    }
    sums.set(halfLife, made)
    return made
  }

  return {
    learned(cell: Cell, now, halfLife) {
      refresh()
      const sum = sumsWith(halfLife).get(oddsKey(cell))
      if (!sum) return undefined
      const worth = faded(sum.at, now, halfLife)
      return { accepted: sum.accepted * worth, others: sum.others * worth }
    },
    get talliedAt() {
      refresh()
      return talliedAt === 0 ? null : talliedAt
    },
    variantsOf(experiment) {
      refresh()
      return variants.get(experiment) ?? new Map()
    },
    arms() {
      refresh()
      return [...arms.values()]
    },
  }
}

const sumOfArms = (before: TalliedArm | undefined, one: TalliedArm): TalliedArm =>
  before
    ? {
        ...one,
        windows: before.windows + one.windows,
        bought: before.bought + one.bought,
        refused: before.refused + one.refused,
        opted_out: before.opted_out + one.opted_out,
        left: before.left + one.left,
        first_at: Math.min(before.first_at, one.first_at),
        last_at: Math.max(before.last_at, one.last_at),
      }
    : one

function sumOf(before: TalliedVariant | undefined, one: TalliedVariant): TalliedVariant {
  if (!before) return one
  return {
    ...one,
    exposed: before.exposed + one.exposed,
    unsent: before.unsent + one.unsent,
    accepted: before.accepted + one.accepted,
    refused: before.refused + one.refused,
    opted_out: before.opted_out + one.opted_out,
    ignored: before.ignored + one.ignored,
    settled: before.settled + one.settled,
    first_at: Math.min(before.first_at, one.first_at),
    last_at: Math.max(before.last_at, one.last_at),
  }
}
