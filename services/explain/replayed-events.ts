import { createDetectProcessor, type DetectProcessor, type DetectSettings } from '../detect/detect-processor.ts'
import { isCoded } from '../domain/errors.ts'
import type { Context } from '../flow/processor.ts'
import { flowDefaults } from '../flow/settings.ts'
import { Timers } from '../flow/timers.ts'
import type { Moment } from '../records/types.ts'
import { type Topic, topics } from '../topology.ts'
import type { OwnRecord } from './shard-records.ts'

/**
 * Detect over one subscriber's records in memory: the shard's clock as it went, timers as on the runtime (services/flow),
 * and none of the other subscribers.
 */
export class ReplayedEvents implements Context {
  clock = Number.NEGATIVE_INFINITY
  head = Number.NEGATIVE_INFINITY
  appendedAt = 0
  readonly processor: DetectProcessor
  readonly moments: Moment[] = []
  /** Records that detect refused. */
  refused = 0
  private readonly settings: DetectSettings
  private readonly subscriber: string
  private readonly timers = new Timers([], flowDefaults.timerSlotMs)
  private emitted: Moment[] = []

  constructor(settings: DetectSettings, subscriber: string) {
    this.settings = settings
    this.subscriber = subscriber
    this.processor = createDetectProcessor({ ...settings, indexSize: 16 })
    this.processor.admit(subscriber, null)
  }

  // What the processor may reach. The time of day is taken to have been the shard's: what expired since didn't then.

  get now(): number {
    return this.clock
  }
  emit(topic: Topic, _key: string, value: Buffer): void {
    if (topic === topics.moments) this.emitted.push(this.settings.codec.decode('moment', value, 0, value.length))
  }
  arm(key: string, due: number): void {
    this.timers.arm(key, due)
  }
  effect(): void {}

  /** An event of the subscriber, as the shard came to it. */
  take({ topic, record, time, head }: OwnRecord): void {
    this.advance(Math.max(head, time))
    this.head = head
    this.appendedAt = record.appendedAt
    try {
      this.processor.record(topic, record, this)
      this.moments.push(...this.emitted)
    } catch (error) {
      if (!isCoded(error)) throw error
      this.refused++
    }
    this.emitted = []
  }

  /**
   * Lets time pass; what is due on the way comes, in its order, under the rules of its own time: other subscribers' events are
   * taken to have come all the time.
   */
  advance(to: number): void {
    while (this.timers.nextDue <= to) {
      this.clock = Math.max(this.clock, this.timers.nextDue)
      this.head = Math.max(this.head, this.clock)
      if (this.timers.take(this.clock) === undefined) continue
      this.processor.timer(this.subscriber, this)
      this.moments.push(...this.emitted)
      this.emitted = []
    }
    this.clock = Math.max(this.clock, to)
  }
}
