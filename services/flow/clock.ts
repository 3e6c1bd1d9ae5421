/** The time of day, handed in everywhere: production, an accelerated demonstration, simulation and tests differ in it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. `-Infinity` where there is no wall clock (simulate): event time rules alone. */
  now(): number
  /** Real milliseconds until this clock shows `time`; at least 0, `Infinity` if it never will by itself. */
  millisUntil(time: number): number
}

export const wallClock: Clock = {
  now: () => Date.now(),
  millisUntil: (time) => Math.max(0, time - Date.now()),
}

/** A clock that shows `start` now and runs `factor` times as fast as the wall clock. */
export function acceleratedClock(start: number, factor: number): Clock {
  const origin = performance.now()
  const now = () => start + (performance.now() - origin) * factor
  return { now, millisUntil: (time) => Math.max(0, (time - now()) / factor) }
}

/** Without a wall clock: shards follow event times only. */
export const eventTimeOnly: Clock = { now: () => Number.NEGATIVE_INFINITY, millisUntil: () => Number.POSITIVE_INFINITY }
