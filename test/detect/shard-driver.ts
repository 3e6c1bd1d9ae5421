import {
  createDetectProcessor,
  type DetectProcessor,
  type DetectSettings,
} from '../../services/detect/detect-processor.ts'
import type { AppendRecord } from '../../services/flow/event-log.ts'
import type { Context } from '../../services/flow/processor.ts'
import { recordView } from '../../services/flow/record-view.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Moment, RecordTypes } from '../../services/records/types.ts'
import { type EventType, eventTypes, type Topic, topics } from '../../services/topology.ts'

export const codec: Codec = await createCodec(createEmbeddedRegistry(':memory:'))

/** An event of one type, as a test gives it. */
export type TestEvent = { [T in EventType]: { readonly type: T; readonly value: RecordTypes[T] } }[EventType]

/** One shard with detect's engine and nothing else: moves the clock and runs timers as the runtime does. */
export class ShardDriver implements Context {
  processor: DetectProcessor
  clock = Number.NEGATIVE_INFINITY
  head = Number.NEGATIVE_INFINITY
  /** The wall clock; -Infinity: event time rules alone. */
  wall = Number.NEGATIVE_INFINITY
  appendedAt = 0
  readonly timers = new Map<string, number>()
  readonly outputs: AppendRecord[] = []
  /** What the store would hold. */
  readonly stored = new Map<string, Buffer>()
  private readonly settings: DetectSettings

  constructor(settings: Omit<DetectSettings, 'codec'>) {
    this.settings = { codec, ...settings }
    this.processor = createDetectProcessor(this.settings)
  }

  get now(): number {
    return Math.max(this.clock, this.wall)
  }
  emit(topic: Topic, key: string, value: Buffer): void {
    this.outputs.push({ topic: topic.name, key, value })
  }
  arm(key: string, due: number): void {
    this.timers.set(key, Math.min(due, this.timers.get(key) ?? Number.POSITIVE_INFINITY))
  }
  effect(): void {}

  /** Handles an event; `appendedAt`: when the log took it, by default at its own time. */
  send({ type, value }: TestEvent, appendedAt?: number): void {
    const bytes = codec.encode(topics.events[type] as Topic & { schema: EventType }, value)
    const time = value.event_time
    if (time > this.clock) {
      this.runTimers(time)
      this.clock = time
    }
    this.appendedAt = appendedAt ?? this.clock
    const { length } = this.outputs
    this.admit(value.subscriber_id)
    try {
      this.processor.record(eventTypes.indexOf(type), recordView(value.subscriber_id, bytes, this.appendedAt), this)
    } catch (error) {
      this.outputs.length = length
      throw error
    } finally {
      if (time > this.head) this.head = time
    }
  }

  /** The clock goes on without an event. */
  advance(to: number): void {
    this.runTimers(to)
    this.clock = Math.max(this.clock, to)
  }

  private runTimers(until: number): void {
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
      if (!next || next[1] > until) return
      this.clock = Math.max(this.clock, next[1])
      this.timers.delete(next[0])
      this.admit(next[0])
      this.processor.timer(next[0], this)
    }
  }

  private admit(key: string): void {
    const bytes = Buffer.from(key)
    if (!this.processor.isResident(bytes, 0, bytes.length)) this.processor.admit(key, this.stored.get(key) ?? null)
  }

  /** Copies the writes to the store, as a commit does. */
  commit(): void {
    const { writes } = this.processor
    for (let i = 0; i < writes.count; i++) {
      const key = Buffer.alloc(writes.keyLength(i))
      writes.copyKey(i, key, 0)
      const value = Buffer.alloc(writes.valueLength(i))
      writes.copyValue(i, value, 0)
      if (value.length === 0) this.stored.delete(key.toString())
      else this.stored.set(key.toString(), value)
    }
    this.processor.settled()
  }

  /** A new process: only what was committed is left. */
  restart(ruleset = this.settings.ruleset): void {
    const { note } = this.processor
    this.processor = createDetectProcessor({ ...this.settings, ruleset })
    this.processor.restore(note)
  }

  moments(): Moment[] {
    return this.outputs
      .filter(({ topic }) => topic === topics.moments.name)
      .map(({ value }) => codec.decode('moment', Buffer.from(value), 0, value.length))
  }
}
