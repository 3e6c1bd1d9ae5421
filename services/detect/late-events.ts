import { deterministicId } from '../domain/ids.ts'
import type { RecordView } from '../flow/event-log.ts'
import type { Context } from '../flow/processor.ts'
import type { Codec } from '../records/codec.ts'
import { registerOf } from '../rules/engine/event-registers.ts'
import { type EventType, topics } from '../topology.ts'

/** Puts an event that is later than its grace on the late path, with its bytes. The registers hold it. */
export function emitLate(
  codec: Codec,
  type: EventType,
  record: RecordView,
  registers: Float64Array,
  context: Context,
): void {
  const span = (start: number) =>
    record.value.toString('utf8', registers[start] as number, registers[start + 1] as number)
  const subscriber = record.key.toString('utf8', record.keyStart, record.keyEnd)
  const value = codec.encode(topics.late, {
    late_event_id: deterministicId('late', type, span(registerOf.sourceStart), span(registerOf.eventIdStart)),
    subscriber_id: subscriber,
    seen_at: noticedAt(context),
    topic: topics.events[type].name,
    lateness_ms: context.head - (registers[registerOf.eventTime] as number),
    // A simulation has no time of arrival.
    appended_at: Math.max(0, context.appendedAt),
    value: Buffer.from(record.value.subarray(record.valueStart, record.valueEnd)),
  })
  context.emit(topics.late, subscriber, value)
}

/** The instant of now; in simulation, which has no wall clock, the shard's clock. */
export const noticedAt = (context: Context): number => (Number.isFinite(context.now) ? context.now : context.clock)
