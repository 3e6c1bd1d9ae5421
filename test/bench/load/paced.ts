import { type Km1Event, km1Stream } from '../km1-stream.ts'

/** An event of a load. */
export interface LoadEvent {
  readonly event: Km1Event
  /** When it is sent; of one that comes again later than the event's own time. Milliseconds since 1970. */
  readonly sendAt: number
  readonly isDouble: boolean
}

/** One that comes again does so within a minute of KM-1's time, in which some 140 events come. */
const remembered = 1_000

/**
 * KM-1's events one after the other at a constant rate from `start` on, each with the time at which it is sent. Those that KM-1
 * doubles come once. The same for the same arguments: who checks a run makes them again.
 */
export function* paced(start: number, seconds: number, perSecond: number): Generator<LoadEvent> {
  const seen = new Set<string>()
  let i = 0
  for (const event of km1Stream(Math.floor(seconds * perSecond))) {
    if (seen.has(event.value.event_id)) continue
    seen.add(event.value.event_id)
    if (seen.size > remembered) {
      const [oldest = ''] = seen
      seen.delete(oldest)
    }
    const sendAt = start + Math.floor((i++ * 1_000) / perSecond)
    yield { event: withOwn(event, { event_time: sendAt }), sendAt, isDouble: false }
  }
}

type Own = Partial<Pick<Km1Event['value'], 'event_id' | 'subscriber_id' | 'event_time'>>

/** Another's or another time's. By type, so that the compiler sees that each keeps its own fields. */
export function withOwn(event: Km1Event, own: Own): Km1Event {
  switch (event.type) {
    case 'cdr':
      return { type: event.type, value: { ...event.value, ...own } }
    case 'recharge':
      return { type: event.type, value: { ...event.value, ...own } }
    case 'complaint':
      return { type: event.type, value: { ...event.value, ...own } }
    case 'app-usage':
      return { type: event.type, value: { ...event.value, ...own } }
  }
}
