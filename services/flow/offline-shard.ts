import type { Topic } from '../topology.ts'
import type { AppendRecord, RecordView } from './event-log.ts'
import type { Context, Processor } from './processor.ts'
import { flowDefaults } from './settings.ts'
import type { TimerEntry } from './state-store.ts'
import { Timers } from './timers.ts'

/** What an offline shard asks of its owner. */
export interface OfflineOwner {
  /** Brings a subscriber into the processor's memory, or makes known that there is nothing of it. */
  admit(key: string): void
  /** What a record or a timer has put out, when it is through. */
  take(outputs: readonly AppendRecord[]): void
}

/**
 * A processor over records in memory that are merged already, without log and store: the clock is moved by hand, timers and
 * outputs go as on the runtime (`Shard`). Other subscribers' events are taken to come all the time: what is due moves the head
 * too, by which lateness is judged.
 */
export class OfflineShard<P extends Processor> implements Context {
  clock = Number.NEGATIVE_INFINITY
  head = Number.NEGATIVE_INFINITY
  appendedAt = 0
  processor: P
  /** Policy is judged on it where it is later than the clock. */
  timeOfDay = Number.NEGATIVE_INFINITY
  /** What is due moves the head no further than this. */
  headMost = Number.POSITIVE_INFINITY
  readonly #owner: OfflineOwner
  #timers = new Timers([], flowDefaults.timerSlotMs)
  #outputs: AppendRecord[] = []

  constructor(processor: P, owner: OfflineOwner) {
    this.processor = processor
    this.#owner = owner
  }

  // What the processor may reach.

  get now(): number {
    return Math.max(this.clock, this.timeOfDay)
  }
  emit(topic: Topic, key: string, value: Buffer): void {
    this.#outputs.push({ topic: topic.name, key, value })
  }
  arm(key: string, due: number): void {
    this.#timers.arm(key, due)
  }
  effect(): void {}

  /** Lets time pass; what is due on the way comes, in its order, the clock standing at its due time. */
  advance(to: number): void {
    while (this.#timers.nextDue <= to) {
      this.clock = Math.max(this.clock, this.#timers.nextDue)
      this.head = Math.max(this.head, Math.min(this.clock, this.headMost))
      const key = this.#timers.take(this.clock)
      if (key !== undefined) this.lookAt(key)
    }
    this.clock = Math.max(this.clock, to)
  }

  /** Looks at a subscriber as if a timer were due. */
  lookAt(key: string): void {
    this.#owner.admit(key)
    this.processor.timer(key, this)
    this.#flush()
  }

  /** Hands over a record; the clock has been moved to its time. @throws what the processor throws: nothing was put out */
  record(topic: number, record: RecordView): void {
    this.appendedAt = record.appendedAt
    this.#owner.admit(record.key.toString('utf8', record.keyStart, record.keyEnd))
    try {
      this.processor.record(topic, record, this)
    } catch (error) {
      this.#outputs = []
      throw error
    }
    this.#flush()
  }

  /** What changed in the stored index of timers since the last call. */
  timerChanges(): { readonly added: readonly TimerEntry[]; readonly removed: readonly TimerEntry[] } {
    return this.#timers.changes()
  }

  /** Another process takes over: it knows what was stored. */
  restart(processor: P, timers: readonly TimerEntry[]): void {
    this.processor = processor
    this.#timers = new Timers(timers, flowDefaults.timerSlotMs)
  }

  #flush(): void {
    if (this.#outputs.length === 0) return
    const outputs = this.#outputs
    this.#outputs = []
    this.#owner.take(outputs)
  }
}
