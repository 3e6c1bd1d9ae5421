import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from 'kafkajs'
import { CodedError } from '../../../domain/errors.ts'
import type { ShardId } from '../../../domain/ids.ts'
import type { RecordSink, ShardFeed } from '../../event-log.ts'
import type { RawRecords } from './raw-records.ts'
import { emptyBatch, KafkaRecordBatch } from './record-batch.ts'
import type { KafkaLogger } from './settings.ts'
import type { AskWatermarks } from './watermarks.ts'

/** What a held shard asks of the consumer of the moment; without one it does nothing: a new one is told all anew. */
export interface FetchControl {
  /** Fetches the topic and shard from `position` on. */
  seek(topic: string, shard: ShardId, position: number): void
  pause(topic: string, shard: ShardId): void
  resume(topic: string, shard: ShardId): void
}

export interface HeldShardOptions {
  readonly shard: ShardId
  readonly topics: readonly string[]
  readonly control: FetchControl
  readonly watermarks: AskWatermarks
  readonly logger: KafkaLogger
  failed(error: Error): void
}

/**
 * A shard that this member holds: our own positions, which no offset of kafkajs replaces. What arrives from elsewhere
 * than the position that is expected next is dropped and sought again.
 */
export class HeldShard implements ShardFeed {
  readonly shard: ShardId
  readonly #options: HeldShardOptions
  #sink: RecordSink | null = null
  /** Counts starts, so that one which was overtaken while it waited for Kafka ends. */
  #starts = 0
  #running = false
  readonly #expected: number[]
  readonly #paused: boolean[]
  /** When a position last moved, or was found to have nothing to move to; performance.now(). */
  readonly #movedAt: number[]
  readonly #seeking: boolean[]
  /** Its owner was told that records of the topic are gone; nothing more of it is delivered. */
  readonly #isDropped: boolean[]
  #progress: readonly number[] | null = null

  constructor(options: HeldShardOptions) {
    this.shard = options.shard
    this.#options = options
    this.#expected = options.topics.map(() => 0)
    this.#paused = options.topics.map(() => false)
    this.#seeking = options.topics.map(() => false)
    this.#isDropped = options.topics.map(() => false)
    this.#movedAt = options.topics.map(() => performance.now())
  }

  start(positions: readonly number[], sink: RecordSink): void {
    const { topics } = this.#options
    if (positions.length !== topics.length)
      throw new RangeError(`${topics.length} topics, ${positions.length} positions`)
    this.#running = false
    this.#sink = sink
    this.#paused.fill(false)
    this.#isDropped.fill(false)
    this.place()
    void this.#begin(positions, sink, ++this.#starts)
  }

  pause(topic: number): void {
    this.#paused[topic] = true
    this.#place(topic)
  }

  resume(topic: number): void {
    if (!this.#paused[topic]) return
    this.#paused[topic] = false
    this.#movedAt[topic] = performance.now()
    this.#place(topic)
  }

  progress(positions: readonly number[]): void {
    this.#progress = positions
  }

  /** Positions told since the last call. */
  takeProgress(): readonly number[] | null {
    const progress = this.#progress
    this.#progress = null
    return progress
  }

  /** Nothing is delivered any more. */
  end(): void {
    this.#starts++
    this.#running = false
    this.#sink = null
  }

  /** Tells a consumer which knows nothing of this shard (a new one, or after a rebalance) where it is. */
  place(): void {
    for (let topic = 0; topic < this.#expected.length; topic++) {
      if (this.#running) this.#seek(topic)
      this.#place(topic)
    }
  }

  /** A fetch began: it has taken up what was sought. */
  fetching(): void {
    this.#seeking.fill(false)
  }

  /** Takes what kafkajs fetched. Hot: once a batch. */
  take(topic: number, batch: Batch): void {
    if (!this.#running || !this.#sink || this.#isDropped[topic]) return
    // Not in kafkajs' types, and the only trustworthy sign: its isStale() doesn't know of generations.
    const fetched = Number((batch as Batch & { fetchedOffset: string }).fetchedOffset)
    const expected = this.#expected[topic] as number
    if (fetched !== expected) {
      this.#misplaced(topic, fetched)
      return
    }
    const next = Number(batch.lastOffset()) + 1
    this.#move(topic, next)
    const batches = batch.messages as unknown as RawRecords[] // what `readRecordsInPlace` makes of them
    const atEnd = next >= Number(batch.highWatermark)
    this.#sink.push(topic, new KafkaRecordBatch(batches, { from: expected, to: next }, atEnd))
  }

  /**
   * kafkajs passed over records that nobody sees (markers and aborted records of transactions, gaps of compaction) from
   * `first` to `last`, and fetches behind them.
   */
  passOver(topic: number, first: number | null, last: number, end: number): void {
    if (!this.#running || !this.#sink || this.#seeking[topic] || this.#isDropped[topic]) return
    const expected = this.#expected[topic] as number
    if (first === null ? last !== expected : first < expected) return
    const next = last + 1
    this.#move(topic, next)
    this.#sink.push(topic, emptyBatch(next, next >= end))
  }

  /** Topics that should move and have not for `ms`, with the positions where they stand. */
  still(ms: number): { topic: number; position: number }[] {
    if (!this.#running) return []
    const before = performance.now() - ms
    return this.#expected.flatMap((position, topic) =>
      this.#paused[topic] || this.#isDropped[topic] || (this.#movedAt[topic] as number) > before
        ? []
        : [{ topic, position }],
    )
  }

  /** That topic has nothing to move to. */
  idle(topic: number): void {
    this.#movedAt[topic] = performance.now()
  }

  /** Retention has dropped what lies before `low`. An owner that wants to know is told, any other goes on there. */
  overtaken(topic: number, low: number): void {
    const expected = this.#expected[topic] as number
    if (!this.#running || !this.#sink || low <= expected) return
    this.#move(topic, low)
    if (!this.#sink.dropped) {
      const gap = { topic: this.#options.topics[topic], shard: this.shard, expected, low }
      this.#options.logger.warn(gap, 'records before the oldest kept one are gone')
      this.#seek(topic)
    } else {
      this.#isDropped[topic] = true
      this.#place(topic)
      this.#sink.dropped(topic, expected, low)
    }
  }

  async #begin(positions: readonly number[], sink: RecordSink, start: number): Promise<void> {
    const { topics, shard, watermarks } = this.#options
    const bounds = await this.#ask(() => Promise.all(topics.map((topic) => watermarks(topic))), start)
    if (!bounds) return
    for (const [topic, name] of topics.entries()) {
      const { high = 0 } = bounds[topic]?.[shard] ?? {}
      const asked = positions[topic] as number
      if (asked > high) {
        this.end()
        this.#options.failed(
          new CodedError(
            'KM_LOG_TRUNCATED',
            `${name} ${shard} ends at ${high}, before the stored position ${asked}: the topic was deleted or lost records; ` +
              'restore it, or the state of the same time',
          ),
        )
        return
      }
      this.#expected[topic] = asked
    }
    this.#running = true
    for (const [topic] of topics.entries()) {
      this.#movedAt[topic] = performance.now()
      const { low = 0, high = 0 } = bounds[topic]?.[shard] ?? {}
      this.overtaken(topic, low)
      const position = this.#expected[topic] as number
      // So that a merge by time doesn't wait for it. The sink may end this start by starting anew.
      if (position >= high && !this.#isDropped[topic]) sink.push(topic, emptyBatch(position))
      if (start !== this.#starts) return
      this.#seek(topic)
      this.#place(topic)
    }
  }

  /** Asks until there is an answer; undefined when it is no longer wanted. */
  async #ask<T>(question: () => Promise<T>, start: number): Promise<T | undefined> {
    for (let delay = 100; ; delay = Math.min(2 * delay, 2_000)) {
      try {
        const answer = await question()
        return start === this.#starts ? answer : undefined
      } catch (error) {
        this.#options.logger.warn({ shard: this.shard, error: String(error) }, 'Kafka does not tell where topics end')
      }
      await sleep(delay)
      if (start !== this.#starts) return undefined
    }
  }

  #misplaced(topic: number, fetched: number): void {
    const { topics, watermarks, logger } = this.#options
    const name = topics[topic] as string
    const expected = this.#expected[topic] as number
    logger.debug({ topic: name, shard: this.shard, fetched, expected }, 'dropped a fetch from another position')
    this.#seek(topic)
    if (fetched < expected) return
    // Retention may have overtaken us; kafkajs then goes to the oldest kept record by itself.
    const start = this.#starts
    void this.#ask(() => watermarks(name), start).then((bounds) => {
      this.overtaken(topic, bounds?.[this.shard]?.low ?? 0)
    })
  }

  #move(topic: number, position: number): void {
    this.#expected[topic] = position
    this.#movedAt[topic] = performance.now()
  }

  #seek(topic: number): void {
    this.#seeking[topic] = true
    this.#options.control.seek(this.#options.topics[topic] as string, this.shard, this.#expected[topic] as number)
  }

  #place(topic: number): void {
    const { control, topics } = this.#options
    const name = topics[topic] as string
    if (this.#running && !this.#paused[topic] && !this.#isDropped[topic]) control.resume(name, this.shard)
    else control.pause(name, this.shard)
  }
}
