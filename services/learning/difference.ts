import type { Interval } from './beta.ts'

/** Hits among so many trials. */
export interface Share {
  readonly hits: number
  readonly trials: number
}

/** How much more often one has it than the other, -1..1, and where the true difference is. */
export interface Difference extends Interval {
  readonly difference: number
}

/** Of the standard normal distribution, the middle 95 %. */
const z95 = 1.959963984540054

/**
 * The score interval of a rate with 95 % confidence (E. B. Wilson 1927: Probable inference, the law of succession, and statistical
 * inference; JASA 22:209), without a correction for continuity. Trials above 0.
 */
function wilson({ hits, trials }: Share): Interval {
  const rate = hits / trials
  const square = z95 * z95
  const middle = (2 * hits + square) / (2 * (trials + square))
  const half = (z95 * Math.sqrt(square + 4 * trials * rate * (1 - rate))) / (2 * (trials + square))
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/**
 * The difference of two independent rates, one less the other, with a 95 % interval from the score intervals of both: method 10 of
 * R. G. Newcombe 1998, Interval estimation for the difference between independent proportions: comparison of eleven methods;
 * Statistics in Medicine 17:873. It holds for few trials, and for rates of 0 and 1. undefined: one has no trials.
 */
export function differenceOf(one: Share, other: Share): Difference | undefined {
  if (one.trials <= 0 || other.trials <= 0) return undefined
  const [p1, p2] = [one.hits / one.trials, other.hits / other.trials]
  const [i1, i2] = [wilson(one), wilson(other)]
  const difference = p1 - p2
  return {
    difference,
    low: difference - Math.hypot(p1 - i1.low, i2.high - p2),
    high: difference + Math.hypot(i1.high - p1, p2 - i2.low),
  }
}
