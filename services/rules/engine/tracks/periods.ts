import { type RingTrack, readPeriods } from './ring.ts'
import type { Block, Read, RecordInHand } from './track.ts'

/** Values of periods in hand, newest first. */
const values = new Float64Array(96)

/**
 * Mean of the full periods from age `ago` (usually 1) on, with forward decay: a period of age k weighs 2^(-k / halfLife).
 * Periods without events count as 0. Unknown with fewer than `least` periods since first sight.
 * (Cormode, Shkapenyuk, Srivastava, Xu: Forward decay, ICDE 2009.)
 */
export function readBaseline(
  track: RingTrack,
  column: number,
  window: { readonly ago: number; readonly periods: number },
  halfLife: number,
  least: number,
): Read {
  const read = readPeriods(track, column, window.ago, window.periods)
  const weights = Float64Array.from({ length: window.periods }, (_, i) => 2 ** (-i / halfLife))
  return (block, at, record) => {
    const known = read(block, at, record, values)
    if (known < least || known === 0) return Number.NaN
    let sum = 0
    let weight = 0
    for (let i = 0; i < known; i++) {
      sum += (values[i] as number) * (weights[i] as number)
      weight += weights[i] as number
    }
    return sum / weight
  }
}

/**
 * Slope of the least-squares line through the full periods from age `ago` on, in value per period: rising is positive.
 * Unknown with fewer than `least` (at least 2) periods since first sight.
 */
export function readTrend(
  track: RingTrack,
  column: number,
  window: { readonly ago: number; readonly periods: number },
  least: number,
): Read {
  const read = readPeriods(track, column, window.ago, window.periods)
  return (block, at, record) => {
    const known = read(block, at, record, values)
    if (known < Math.max(2, least)) return Number.NaN
    // Deviations from the middle, so that large values don't drown the slope.
    const middle = (known - 1) / 2
    let slope = 0
    for (let i = 0; i < known; i++) slope += (middle - i) * (values[i] as number)
    return slope / ((known * (known * known - 1)) / 12)
  }
}

/**
 * How many full periods in a row, newest first from age `ago` on, are known to meet a condition over the period's value;
 * at most `periods`. `holds` gives 1, 0, or NaN for unknown. Unknown where the newest period is: nobody knows whether a
 * streak goes on, and before the first full period since first sight. Behind a period that is known to meet it, an unknown
 * one ends the count as the time before first sight does: what may have been longer is told as long as it surely is.
 */
export function readStreak(
  track: RingTrack,
  column: number,
  window: { readonly ago: number; readonly periods: number },
): (block: Block, at: number, record: RecordInHand, holds: (value: number) => number) => number {
  const read = readPeriods(track, column, window.ago, window.periods)
  // Its own, because the condition may read other factors over periods.
  const own = new Float64Array(window.periods)
  return (block, at, record, holds) => {
    const known = read(block, at, record, own)
    if (known === 0) return Number.NaN
    const newest = holds(own[0] as number)
    if (newest !== 1) return newest
    let streak = 1
    while (streak < known && holds(own[streak] as number) === 1) streak++
    return streak
  }
}
