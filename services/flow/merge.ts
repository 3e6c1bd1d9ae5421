import type { RecordBatch, RecordView } from './event-log.ts'
import type { LogGap } from './log-gap.ts'
import type { MergeBuffers } from './merge-buffers.ts'

/** How the merge learns the time of a record at the head of its topic. */
export interface HeadReader {
  /**
   * Time by which the record is merged, in milliseconds since 1970. -Infinity: it can't be read or must not be
   * waited for, so it comes out at once. NaN: something must be fetched first; it is asked again by `retryHeads`.
   */
  timeOf(topic: number, record: RecordView): number
}

const none = Number.POSITIVE_INFINITY

interface Queue {
  readonly batches: RecordBatch[]
  /** Records in `batches`, the head included. */
  records: number
  /** What `batches` hold in memory: a batch as a whole, until its last record was taken. */
  bytes: number
  atEnd: boolean
  paused: boolean
  /** What retention dropped behind `batches`. */
  gap: LogGap | undefined
}

/** Pauses a topic of the feed and lets it go on. */
export interface Valve {
  pause(topic: number): void
  resume(topic: number): void
}

/**
 * Merges the topics of a shard by time, smallest head first; ties go to the topic named first. It waits for a topic
 * that has more to give and not for one that is at its end. Memory is bounded: a topic with more than `recordsMax`, or more
 * than its share of `buffers`, waiting is paused until half of that is gone.
 */
export class Merge {
  /** By topic, where a restart would go on: behind the last record that was taken. */
  readonly positions: number[]
  readonly #queues: Queue[]
  readonly #heads: Float64Array
  readonly #reader: HeadReader
  readonly #valve: Valve
  readonly #recordsMax: number
  readonly #buffers: MergeBuffers

  constructor(
    positions: readonly number[],
    reader: HeadReader,
    valve: Valve,
    recordsMax: number,
    buffers: MergeBuffers,
  ) {
    this.positions = [...positions]
    const empty = { records: 0, bytes: 0, atEnd: false, paused: false, gap: undefined }
    this.#queues = positions.map(() => ({ ...empty, batches: [] }))
    this.#heads = new Float64Array(positions.length).fill(none)
    this.#reader = reader
    this.#valve = valve
    this.#recordsMax = recordsMax
    this.#buffers = buffers
    buffers.open(positions.length)
  }

  /** Nothing is taken any more: what waits is let go of. Once. */
  close(): void {
    const bytes = this.#queues.reduce((sum, queue) => sum + queue.bytes, 0)
    this.#buffers.close(this.#queues.length, bytes)
    for (const queue of this.#queues) {
      queue.batches.length = 0
      queue.records = 0
      queue.bytes = 0
    }
    this.#heads.fill(none)
  }

  push(topic: number, batch: RecordBatch): void {
    const queue = this.#queues[topic] as Queue
    queue.atEnd = batch.atEnd
    // One without records, too: what it passes over counts as read.
    queue.batches.push(batch)
    queue.records += batch.count
    const bytes = heldBy(batch)
    queue.bytes += bytes
    this.#buffers.bytes += bytes
    if (queue.batches.length === 1) this.#advance(topic, queue)
    if (!queue.paused && (queue.records > this.#recordsMax || queue.bytes > this.#buffers.share)) {
      queue.paused = true
      this.#valve.pause(topic)
    }
  }

  /** Behind what waits of the topic, records were dropped before they were read: nothing is merged past them. */
  drop(topic: number, gap: LogGap): void {
    const queue = this.#queues[topic] as Queue
    queue.atEnd = false
    queue.gap = gap
  }

  /** Records that were dropped, once all that came before them was taken. */
  get gap(): LogGap | undefined {
    return this.#queues.find((queue) => queue.gap && queue.records === 0)?.gap
  }

  /** Records that wait. */
  get waiting(): number {
    let records = 0
    for (const queue of this.#queues) records += queue.records
    return records
  }

  /** Everything was read that the log had to give. */
  get caughtUp(): boolean {
    return this.#queues.every((queue) => queue.records === 0 && queue.atEnd)
  }

  /** Asks the reader again for heads which weren't ready. */
  retryHeads(): void {
    for (const [topic, queue] of this.#queues.entries()) {
      const batch = queue.batches[0]
      if (batch && Number.isNaN(this.#heads[topic])) this.#heads[topic] = this.#reader.timeOf(topic, batch)
    }
  }

  /** The topic whose head comes next, -1 if the merge must wait or there is nothing. */
  next(): number {
    const heads = this.#heads
    let best = -1
    let time = none
    for (let topic = 0; topic < heads.length; topic++) {
      const head = heads[topic] as number
      if (head < time) {
        time = head
        best = topic
      } else if (head === none) {
        if (!(this.#queues[topic] as Queue).atEnd) return -1
      } else if (Number.isNaN(head)) return -1
    }
    return best
  }

  /** Time of the topic's head. */
  time(topic: number): number {
    return this.#heads[topic] as number
  }

  head(topic: number): RecordView {
    return (this.#queues[topic] as Queue).batches[0] as RecordBatch
  }

  /** When the log took what waits longest of the topic; NaN: nothing waits. Milliseconds since 1970. */
  oldest(topic: number): number {
    return (this.#queues[topic] as Queue).batches[0]?.appendedAt ?? Number.NaN
  }

  /** The head was taken: goes on to the record behind it. */
  take(topic: number): void {
    const queue = this.#queues[topic] as Queue
    queue.records--
    this.positions[topic] = (queue.batches[0] as RecordBatch).position + 1
    this.#advance(topic, queue)
    if (queue.paused && queue.records < this.#recordsMax / 2 && queue.bytes <= this.#buffers.share / 2) {
      queue.paused = false
      this.#valve.resume(topic)
    }
  }

  #advance(topic: number, queue: Queue): void {
    for (let batch = queue.batches[0]; batch; batch = queue.batches[0]) {
      if (batch.next()) {
        this.#heads[topic] = this.#reader.timeOf(topic, batch)
        return
      }
      this.positions[topic] = Math.max(this.positions[topic] as number, batch.nextPosition)
      queue.batches.shift()
      const bytes = heldBy(batch)
      queue.bytes -= bytes
      this.#buffers.bytes -= bytes
    }
    this.#heads[topic] = none
  }
}

const heldBy = (batch: RecordBatch): number => batch.heldBytes ?? batch.bytes
