/** Of a number of values; NaN of none. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly most: number
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: at(1) }
}
