import type { DetectProcessor } from '../../services/detect/detect-processor.ts'
import type { RecordView } from '../../services/flow/event-log.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { Codec } from '../../services/records/codec.ts'
import { eventTypes } from '../../services/topology.ts'
import { encode } from './fill.ts'
import type { Km1Event } from './km1-stream.ts'
import { mark } from './watch.ts'

/** A record as it lies on the log. */
export interface Encoded {
  /** Place of its type in the order of types. */
  readonly topic: number
  readonly key: Buffer
  readonly value: Buffer
  readonly time: number
}

export function encodedOf(codec: Codec, events: Iterable<Km1Event>): Encoded[] {
  return Array.from(events, (event) => ({
    topic: eventTypes.indexOf(event.type),
    key: Buffer.from(event.value.subscriber_id),
    value: encode(codec, event),
    time: event.value.event_time,
  }))
}

class View implements RecordView {
  position = 0
  appendedAt = 0
  key: Buffer = Buffer.alloc(0)
  keyStart = 0
  keyEnd = 0
  value: Buffer = Buffer.alloc(0)
  valueStart = 0
  valueEnd = 0
}

export interface StepCost {
  readonly cpuSeconds: number
  /** Of the second half of the records. */
  readonly warmCpuSeconds: number
  readonly moments: number
  readonly stateBytes: number
  readonly subscribers: number
}

/** Hands records to detect's step as a shard would, but for log, store and timers. */
export function runStep(processor: DetectProcessor, records: readonly Encoded[]): StepCost {
  let moments = 0
  const context = {
    clock: Number.NEGATIVE_INFINITY,
    now: Number.NEGATIVE_INFINITY,
    head: Number.NEGATIVE_INFINITY,
    appendedAt: 0,
    emit: () => {
      moments++
    },
    arm: () => {},
    effect: () => {},
  }
  const view = new View()
  const from = mark()
  let half = from
  for (const [i, { topic, key, value, time }] of records.entries()) {
    view.key = key
    view.keyEnd = key.length
    view.value = value
    view.valueEnd = value.length
    context.clock = Math.max(context.clock, time)
    context.now = context.clock
    processor.record(topic, view, context)
    if (time > context.head) context.head = time
    if (i % flowDefaults.groupRecords === 0) processor.settled()
    if (i === records.length >> 1) half = mark()
  }
  const end = mark()
  return {
    cpuSeconds: (end.cpuMicros - from.cpuMicros) / 1e6,
    warmCpuSeconds: (end.cpuMicros - half.cpuMicros) / 1e6,
    moments,
    stateBytes: processor.memoryBytes,
    subscribers: new Set(records.map(({ key }) => key.toString('latin1'))).size,
  }
}
