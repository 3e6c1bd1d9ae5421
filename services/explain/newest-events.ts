import type { Platform } from '../platform/platform.ts'
import { type EventType, topics } from '../topology.ts'
import type { KnownEvent } from './event-values.ts'
import type { Question } from './looking.ts'
import { ownRecords } from './shard-records.ts'

/** Newest records of a type that are looked at. */
const recordsMost = 100_000

/** A subscriber's newest event of each type up to the time asked for, if it is among the last on the log. */
export async function newestEvents(
  { log, codec, flow }: Platform,
  { shard, subscriber, at }: Question,
  types: Iterable<EventType>,
): Promise<readonly KnownEvent[]> {
  const newest = new Map<EventType, KnownEvent>()
  const reading = { log, codec, shard, subscriber, recordsMost, futureToleranceMs: flow.futureToleranceMs }
  for (const type of types) {
    const count = { records: 0, own: 0, faults: 0, cut: false }
    const own = ownRecords({ ...reading, topics: [topics.events[type]], until: Number.POSITIVE_INFINITY }, count)
    for await (const { record, time } of own) {
      const known = newest.get(type)
      if (time > at || (known && known.record.event_time > time)) continue
      newest.set(type, { type, record: codec.decode(type, record.value, record.valueStart, record.valueEnd) })
    }
  }
  return [...newest.values()]
}
