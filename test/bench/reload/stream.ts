import type { Km1Event } from '../km1-stream.ts'
import { type LoadEvent, paced } from '../load/paced.ts'

export const perSecond = 10_000
/** Every so many-th event comes again, after so many others. */
const doubleEvery = 500
const doubleBehind = 1_000

/**
 * KM-1's events at a constant rate from `start` on, some of them twice: at an even rate, unlike KM-1's own. The same for the same
 * `start` and `seconds`: who checks a run makes them again.
 */
export function* loadEvents(start: number, seconds: number): Generator<LoadEvent> {
  const again: { readonly from: number; readonly event: Km1Event }[] = []
  let i = 0
  for (const one of paced(start, seconds, perSecond)) {
    yield one
    if (i % doubleEvery === 0) again.push({ from: i + doubleBehind, event: one.event })
    const [next] = again
    if (next && next.from <= i) {
      again.shift()
      yield { event: next.event, sendAt: one.sendAt, isDouble: true }
    }
    i++
  }
}
