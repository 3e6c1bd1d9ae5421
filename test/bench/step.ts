import type { DetectProcessor } from '../../services/detect/detect-processor.ts'
import type { RecordView } from '../../services/flow/event-log.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { Codec } from '../../services/records/codec.ts'
import { eventTypes } from '../../services/topology.ts'
import { encode } from './fill.ts'
import type { Km1Event } from './km1-stream.ts'
import { mark } from './watch.ts'

/** Records one behind the other, as fetched batches hold them: what handing them over costs is not the step's. */
interface EncodedRecords {
  readonly count: number
  readonly subscribers: number
  /** By record: place of its type in the order of types, and its event time. */
  readonly topics: Uint8Array
  readonly times: Float64Array
  /** By record: which of the batches it is in, and where its key begins, its value begins, and its value ends there. */
  readonly batchOf: Int32Array
  readonly keyStarts: Int32Array
  readonly valueStarts: Int32Array
  readonly ends: Int32Array
  readonly batches: readonly Buffer[]
}

/** So many keys the processor is told of at once, as a shard does. */
const keysExpected = 128
/** About what a fetch gives of a partition. */
const batchBytes = 256 * 1024

export function encodedOf(codec: Codec, events: Iterable<Km1Event>): EncodedRecords {
  const batches: Buffer[] = [Buffer.alloc(batchBytes)]
  const all: { topic: number; time: number; batch: number; key: number; value: number; end: number }[] = []
  const subscribers = new Set<string>()
  let end = 0
  for (const event of events) {
    const { subscriber_id: subscriber, event_time: time } = event.value
    const key = Buffer.from(subscriber)
    const value = encode(codec, event)
    if (end + key.length + value.length > batchBytes) {
      batches.push(Buffer.alloc(batchBytes))
      end = 0
    }
    const batch = batches[batches.length - 1] as Buffer
    key.copy(batch, end)
    value.copy(batch, end + key.length)
    subscribers.add(subscriber)
    const place = { key: end, value: end + key.length, end: end + key.length + value.length }
    all.push({ topic: eventTypes.indexOf(event.type), time, batch: batches.length - 1, ...place })
    end = place.end
  }
  return {
    count: all.length,
    subscribers: subscribers.size,
    topics: Uint8Array.from(all, ({ topic }) => topic),
    times: Float64Array.from(all, ({ time }) => time),
    batchOf: Int32Array.from(all, ({ batch }) => batch),
    keyStarts: Int32Array.from(all, ({ key }) => key),
    valueStarts: Int32Array.from(all, ({ value }) => value),
    ends: Int32Array.from(all, ({ end }) => end),
    batches,
  }
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
}

/** Hands records to detect's step as a shard would, but for log, store and timers. */
export function runStep(processor: DetectProcessor, records: EncodedRecords): StepCost {
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
  const keys = {
    key: view.key,
    keyStart: 0,
    keyEnd: 0,
    select(i: number) {
      this.key = records.batches[records.batchOf[i] as number] as Buffer
      this.keyStart = records.keyStarts[i] as number
      this.keyEnd = records.valueStarts[i] as number
    },
  }
  const from = mark()
  let half = from
  for (let i = 0; i < records.count; i++) {
    if (i % keysExpected === 0) processor.expect?.(keys, i, Math.min(i + keysExpected, records.count))
    const batch = records.batches[records.batchOf[i] as number] as Buffer
    const time = records.times[i] as number
    view.key = batch
    view.keyStart = records.keyStarts[i] as number
    view.keyEnd = records.valueStarts[i] as number
    view.value = batch
    view.valueStart = view.keyEnd
    view.valueEnd = records.ends[i] as number
    context.clock = Math.max(context.clock, time)
    context.now = context.clock
    processor.record(records.topics[i] as number, view, context)
    if (time > context.head) context.head = time
    if (i % flowDefaults.groupRecords === 0) processor.settled()
    if (i === records.count >> 1) half = mark()
  }
  const end = mark()
  return {
    cpuSeconds: (end.cpuMicros - from.cpuMicros) / 1e6,
    warmCpuSeconds: (end.cpuMicros - half.cpuMicros) / 1e6,
    moments,
    stateBytes: processor.memoryBytes,
  }
}
