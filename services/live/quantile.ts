/** The upper bounds of a histogram's buckets, ascending, the last one Infinity, and how many observations each holds. */
export interface Buckets {
  readonly bounds: readonly number[]
  /** Not cumulative: observations above the bound before and at most this one. */
  readonly counts: readonly number[]
}

export interface Quantile {
  readonly value: number
  /** The true one is larger: it lies behind the last bound, which is given. */
  readonly beyond: boolean
}

/**
 * The q-quantile (0 < q <= 1) of what the buckets hold, in the unit of the bounds, interpolated within its bucket as
 * Prometheus's histogram_quantile does; null without observations.
 */
export function quantile(q: number, { bounds, counts }: Buckets): Quantile | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = q * total
  let below = 0
  let lower = 0
  for (const [index, upper] of bounds.entries()) {
    const count = counts[index] ?? 0
    if (count > 0 && below + count >= rank) {
      if (upper === Number.POSITIVE_INFINITY) return { value: lower, beyond: true }
      return { value: Math.min(upper, lower + ((upper - lower) * (rank - below)) / count), beyond: false }
    }
    below += count
    if (upper !== Number.POSITIVE_INFINITY) lower = upper
  }
  return { value: lower, beyond: true }
}
