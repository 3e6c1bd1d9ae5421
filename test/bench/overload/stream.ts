import { type Km1Event, km1Stream } from '../km1-stream.ts'

/** So few that all of them are known, have consented and can be reached. */
const subscribers = 20_000

const subscriberOf = (id: string): string => `s-${Number(id.slice(5)) % subscribers}`

/** KM-1's events at a constant rate from `start` on (milliseconds since 1970), of a small base. `name`: makes their ids its own. */
export function* pacedEvents(name: string, start: number, seconds: number, perSecond: number): Generator<Km1Event> {
  const count = Math.floor(seconds * perSecond)
  const seen = new Set<string>()
  let i = 0
  for (const event of km1Stream(count)) {
    if (seen.has(event.value.event_id)) continue
    seen.add(event.value.event_id)
    yield timed(event, {
      event_id: `${name}-${event.value.event_id}`,
      subscriber_id: subscriberOf(event.value.subscriber_id),
      event_time: start + Math.floor((i++ * 1_000) / perSecond),
    })
  }
}

type Own = Pick<Km1Event['value'], 'event_id' | 'subscriber_id' | 'event_time'>

/** By type, so that the compiler sees that each keeps its own. */
function timed(event: Km1Event, own: Own): Km1Event {
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

/** Everybody's consent and number, as ingest takes them. `at`: milliseconds since 1970. */
export function* profiles(at: number): Generator<object> {
  const since = new Date(at - 86_400_000).toISOString()
  for (let i = 0; i < subscribers; i++) {
    yield {
      type: 'profile',
      event_id: `p${i}`,
      subscriber_id: `s-${i}`,
      event_time: new Date(at).toISOString(),
      source: 'crm',
      language: 'en',
      consent: { sms: { marketing: { state: 'granted', since, source: 'app' } } },
      addresses: { sms: `+86139${String(10_000_000 + i)}` },
    }
  }
}
