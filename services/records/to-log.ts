import { type EventType, type Topic, topics } from '../topology.ts'
import type { Codec } from './codec.ts'
import type { ReadEvent } from './jsonl.ts'
import type { RecordTypes } from './types.ts'

/** A record in bytes and its place, as a log appends it; in words of this folder, which knows no log. */
export interface RecordForLog {
  readonly topic: string
  /** Subscriber id. */
  readonly key: string
  readonly value: Uint8Array
}

/** The records of events for the log, in their order; addresses go to their own topic, before their profile. */
export function recordsOf(events: readonly ReadEvent[], codec: Codec): RecordForLog[] {
  return events.flatMap(({ type, record, address }) => {
    const key = record.subscriber_id
    const topic = topics.events[type] as Topic & { readonly schema: EventType }
    const event = { topic: topic.name, key, value: codec.encode(topic, record as RecordTypes[EventType]) }
    if (!address) return [event]
    return [{ topic: topics.addresses.name, key, value: codec.encode(topics.addresses, address) }, event]
  })
}
