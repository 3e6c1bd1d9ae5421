import type { AppendRecord } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { RecordTypes } from '../records/types.ts'
import { type EventType, type Topic, topics } from '../topology.ts'

/** The records of events for the log, in their order; addresses go to their own topic, before their profile. */
export function recordsOf(events: readonly ReadEvent[], codec: Codec): AppendRecord[] {
  return events.flatMap(({ type, record, address }) => {
    const key = record.subscriber_id
    const topic = topics.events[type] as Topic & { readonly schema: EventType }
    const event = { topic: topic.name, key, value: codec.encode(topic, record as RecordTypes[EventType]) }
    if (!address) return [event]
    return [{ topic: topics.addresses.name, key, value: codec.encode(topics.addresses, address) }, event]
  })
}
