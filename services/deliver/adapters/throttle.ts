import { setTimeout as sleep } from 'node:timers/promises'

/** Lets so many calls pass a second, the first of them at once after a pause. */
export interface Throttle {
  /** Resolves when the call may go; false when the signal aborted before. */
  take(signal: AbortSignal): Promise<boolean>
}

/**
 * @param perSecond above 0
 * @param burst calls that pass at once after a pause; 1 or more
 * @param now a monotonic clock in milliseconds
 */
export function createThrottle(perSecond: number, burst: number, now = () => performance.now()): Throttle {
  const interval = 1000 / perSecond
  /** When the bucket will have been full again: the next call goes at `full - (burst - 1) * interval`. */
  let full = Number.NEGATIVE_INFINITY
  return {
    async take(signal) {
      if (signal.aborted) return false
      const at = now()
      full = Math.max(full, at)
      const wait = full - (burst - 1) * interval - at
      full += interval
      if (wait <= 0) return true
      try {
        await sleep(wait, undefined, { signal })
        return true
      } catch {
        return false
      }
    },
  }
}
