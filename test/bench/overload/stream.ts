import { type LoadEvent, paced, withOwn } from '../load/paced.ts'

/** So few that all of them are known, have consented and can be reached. */
const subscribers = 20_000

const subscriberOf = (id: string): string => `s-${Number(id.slice(5)) % subscribers}`

/** KM-1's events at a constant rate from `start` on (milliseconds since 1970), of a small base. `name`: makes their ids its own. */
export function* overloadEvents(name: string, start: number, seconds: number, perSecond: number): Generator<LoadEvent> {
  for (const one of paced(start, seconds, perSecond)) {
    const { event_id, subscriber_id } = one.event.value
    const own = { event_id: `${name}-${event_id}`, subscriber_id: subscriberOf(subscriber_id) }
    yield { ...one, event: withOwn(one.event, own) }
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
