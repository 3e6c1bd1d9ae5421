import { type LoadEvent, paced, withOwn } from '../load/paced.ts'

/** The machine SIM. */
export const hotSubscriber = 'machine-sim'
/** Events a second. */
export const hotKeyPerSecond = 10_000

/** KM-1's events at a constant rate, each so many-th of them the machine SIM's; 0: it has none. */
export function* hotEvents(start: number, seconds: number, every: number): Generator<LoadEvent> {
  let i = 0
  for (const one of paced(start, seconds, hotKeyPerSecond)) {
    const isHot = every > 0 && ++i % every === 0
    yield isHot ? { ...one, event: withOwn(one.event, { subscriber_id: hotSubscriber }) } : one
  }
}
