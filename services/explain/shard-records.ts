import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ShardId } from '../domain/ids.ts'
import type { EventLog, RecordBatch, RecordView } from '../flow/event-log.ts'
import { HeadCheck } from '../flow/head-check.ts'
import type { Codec } from '../records/codec.ts'
import type { Topic } from '../topology.ts'

export interface ShardReading {
  readonly log: EventLog
  readonly codec: Codec
  readonly topics: readonly Topic[]
  readonly shard: ShardId
  /** Whose records are wanted. */
  readonly subscriber: string
  readonly futureToleranceMs: number
  /** No further than the first record in the merge whose time is later. */
  readonly until: number
  /** Newest records of each topic that are looked at, at most. */
  readonly recordsMost: number
}

/** A record of the subscriber, and how far the shard was when it came. */
export interface OwnRecord {
  /** Place of its topic. */
  readonly topic: number
  /** As a view: nothing of it may be kept but by a copy. */
  readonly record: RecordView
  readonly time: number
  /** Greatest time of any subscriber's record before it; -Infinity at first. */
  readonly head: number
}

/** What a reading has looked at. */
export interface ReadingCount {
  records: number
  own: number
  /** Of the subscriber's records those that are dead letters. */
  faults: number
  /** The log no longer has the beginning, or it wasn't read. */
  cut: boolean
}

const turnEvery = 5_000

/**
 * A subscriber's records of some topics of its shard, merged by time as the shard merges them when it catches up, so that
 * lateness is judged by the same head. Reads every record's time, and decodes none.
 */
export async function* ownRecords(reading: ShardReading, count: ReadingCount): AsyncGenerator<OwnRecord> {
  const { log, codec, topics, shard, subscriber, until, recordsMost } = reading
  const check = new HeadCheck(topics, codec, shard, log.shards, reading.futureToleranceMs)
  const key = Buffer.from(subscriber)
  const ends = await log.ends(topics.map(({ name }) => name))
  const cursors: Cursor[] = []
  try {
    for (const [place, topic] of topics.entries()) {
      const end = ends[place]?.[shard] ?? 0
      const from = Math.max(0, end - recordsMost)
      const cursor = new Cursor(place, log.read(topic.name, shard, from, end), check)
      cursors.push(cursor)
      await cursor.advance()
      if (from > 0 || cursor.position > 0) count.cut = true
    }
    let head = Number.NEGATIVE_INFINITY
    for (;;) {
      const next = cursors.reduce((first, cursor) => (cursor.time < first.time ? cursor : first))
      if (next.batch === undefined || next.time > until) return
      count.records++
      const isOwn = sameKey(next.batch, key)
      if (isOwn) {
        count.own++
        if (next.time === Number.NEGATIVE_INFINITY) count.faults++
        else yield { topic: next.place, record: next.batch, time: next.time, head }
      }
      if (next.time > head) head = next.time
      await next.advance()
      if (count.records % turnEvery === 0) await nextTurn()
    }
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
}

/** A topic's head. */
class Cursor {
  readonly place: number
  batch: RecordBatch | undefined
  /** Infinity behind the last record. */
  time = Number.POSITIVE_INFINITY
  private readonly batches: AsyncIterator<RecordBatch>
  private readonly check: HeadCheck

  constructor(place: number, batches: AsyncIterable<RecordBatch>, check: HeadCheck) {
    this.place = place
    this.batches = batches[Symbol.asyncIterator]()
    this.check = check
  }

  get position(): number {
    return this.batch?.position ?? 0
  }

  async advance(): Promise<void> {
    while (this.batch?.next() !== true) {
      const next = await this.batches.next()
      if (next.done === true) {
        this.batch = undefined
        this.time = Number.POSITIVE_INFINITY
        return
      }
      this.batch = next.value
    }
    this.time = this.check.timeOf(this.place, this.batch)
    if (!Number.isNaN(this.time)) return
    await this.check.learn()
    this.time = this.check.timeOf(this.place, this.batch)
  }

  async close(): Promise<void> {
    await this.batches.return?.()
  }
}

function sameKey({ key, keyStart, keyEnd }: RecordView, wanted: Buffer): boolean {
  return keyEnd - keyStart === wanted.length && key.compare(wanted, 0, wanted.length, keyStart, keyEnd) === 0
}
