/** The time of day, handed in everywhere: production, an accelerated demonstration, simulation and tests differ in it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. `-Infinity` where there is no wall clock (simulate): event time rules alone. */
  now(): number
  /** How far the clock of a shard that has read everything may follow by itself: `now()`, but in a simulation. */
  caughtUpTo(): number
  /** Real milliseconds after which it is worth asking whether `caughtUpTo()` has reached `time`; at least 0. */
  millisUntil(time: number): number
  /** Real milliseconds since this clock showed `time`. */
  millisSince(time: number): number
}

export const wallClock: Clock = {
  now: () => Date.now(),
  caughtUpTo: () => Date.now(),
  millisUntil: (time) => Math.max(0, time - Date.now()),
  millisSince: (time) => Date.now() - time,
}

/** A clock that shows `start` now and runs `factor` times as fast as the wall clock. */
export function acceleratedClock(start: number, factor: number): Clock {
  const origin = performance.now()
  const now = () => Math.floor(start + (performance.now() - origin) * factor)
  return {
    now,
    caughtUpTo: now,
    millisUntil: (time) => Math.max(0, (time - now()) / factor),
    millisSince: (time) => (now() - time) / factor,
  }
}

/** For simulate: no wall clock; shards follow event times, and at last go on to the time given to `advance`. */
export function simulatedClock(): Clock & { advance(to: number): void } {
  let horizon = Number.NEGATIVE_INFINITY
  return {
    now: () => Number.NEGATIVE_INFINITY,
    caughtUpTo: () => horizon,
    millisUntil: (time) => (time <= horizon ? 0 : 5),
    millisSince: () => Number.NaN,
    advance(to) {
      horizon = Math.max(horizon, to)
    },
  }
}
