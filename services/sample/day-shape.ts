/**
 * How much of a day's traffic falls into each local hour: little at night, a first top before noon, the highest in the
 * evening, as operators see it. Sums to 24, so that 1 is the mean.
 */
const shape = [
  0.25, 0.15, 0.1, 0.1, 0.15, 0.3, 0.6, 0.9, 1.2, 1.4, 1.5, 1.5, 1.4, 1.3, 1.3, 1.35, 1.4, 1.45, 1.5, 1.6, 1.65, 1.45,
  0.95, 0.5,
]
const total = shape.reduce((sum, hour) => sum + hour, 0)

/** Traffic in the minute of the local day, relative to the mean. */
export const trafficAt = (minuteOfDay: number): number => {
  const hour = Math.floor(minuteOfDay / 60) % 24
  const next = (hour + 1) % 24
  const share = (minuteOfDay % 60) / 60
  return (((shape[hour] ?? 0) * (1 - share) + (shape[next] ?? 0) * share) * 24) / total
}
