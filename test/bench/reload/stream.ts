import { type Km1Event, km1Stream } from '../km1-stream.ts'

export const perSecond = 10_000
/** Every so many-th event comes again, after so many others. */
const doubleEvery = 500
const doubleBehind = 1_000

export interface LoadEvent {
  readonly event: Km1Event
  /** When it is sent; of one that comes again later than its event's own time. Milliseconds since 1970. */
  readonly sendAt: number
  readonly isDouble: boolean
}

/**
 * KM-1's events one after the other at a constant rate from `start` on, some of them twice. The same for the same `start` and
 * `seconds`: who checks a run makes them again.
 */
export function* loadEvents(start: number, seconds: number): Generator<LoadEvent> {
  const count = seconds * perSecond
  const perMs = perSecond / 1_000
  const again: { readonly from: number; readonly event: Km1Event }[] = []
  const seen = new Set<string>()
  let i = 0
  for (const event of km1Stream(count)) {
    // Those that KM-1 doubles: ours are doubled at an even rate.
    if (seen.has(event.value.event_id)) continue
    seen.add(event.value.event_id)
    const sendAt = start + Math.floor(i / perMs)
    const timed = at(event, sendAt)
    yield { event: timed, sendAt, isDouble: false }
    if (i % doubleEvery === 0) again.push({ from: i + doubleBehind, event: timed })
    const [next] = again
    if (next && next.from <= i) {
      again.shift()
      yield { event: next.event, sendAt, isDouble: true }
    }
    i++
  }
}

/** By type, so that the compiler sees that each keeps its own. */
function at(event: Km1Event, event_time: number): Km1Event {
  switch (event.type) {
    case 'cdr':
      return { type: event.type, value: { ...event.value, event_time } }
    case 'recharge':
      return { type: event.type, value: { ...event.value, event_time } }
    case 'complaint':
      return { type: event.type, value: { ...event.value, event_time } }
    case 'app-usage':
      return { type: event.type, value: { ...event.value, event_time } }
  }
}
