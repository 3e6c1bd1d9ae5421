import type { Interval } from './state.ts'

/** The call with the hotline that the subscriber is in at `now`: of several the one that began last. */
export function liveCall(intervals: readonly Interval[], now: number): Interval | undefined {
  let last: Interval | undefined
  for (const interval of intervals) {
    const isLive = interval.code === 'live-call' && interval.open && interval.at <= now && now < interval.until
    if (isLive && (!last || interval.at > last.at)) last = interval
  }
  return last
}
