import { CodedError } from '../../../domain/errors.ts'
import type { RecordSink, ShardFeed } from '../../event-log.ts'
import { emptyBatch } from './chunk-cursor.ts'
import type { LogTable, Stream } from './log-table.ts'

/** A started topic of a feed. Replaced as a whole when the feed starts anew. */
interface Reader {
  readonly stream: Stream
  readonly topic: number
  readonly sink: RecordSink
  readonly failed: (error: Error) => void
  position: number
  paused: boolean
  /** Nothing was pushed yet: an empty topic has to say so. */
  fresh: boolean
  queued: boolean
  ended: boolean
}

/** Hands the records of the log to its feeds, without polling. */
export interface Delivery {
  /** A feed of the topics' streams (of one shard). `end` it when the shard is revoked. */
  createFeed(streams: readonly Stream[], failed: (error: Error) => void): ShardFeed & { end(): void }
  /** The stream has more than before. */
  appended(stream: Stream): void
  stop(): void
}

/**
 * One batch a turn of the event loop, from one stream after the other: a long backlog holds up neither requests nor
 * other shards, and no more than one batch is read ahead of its sink.
 */
export function createDelivery(table: LogTable): Delivery {
  const readers = new Map<Stream, Set<Reader>>()
  let queue: Reader[] = []
  let turn: NodeJS.Immediate | undefined

  function enqueue(reader: Reader): void {
    if (reader.queued || reader.ended || reader.paused) return
    if (!reader.fresh && reader.position >= reader.stream.end) return
    reader.queued = true
    queue.push(reader)
    turn ??= setImmediate(deliverNext)
  }

  function deliverNext(): void {
    turn = undefined
    let reader = queue.shift()
    // Those that were paused or ended while they waited are passed over, so that a turn isn't wasted on them.
    for (; reader; reader = queue.shift()) {
      reader.queued = false
      if (!reader.ended && !reader.paused) break
    }
    if (reader) {
      deliver(reader)
      enqueue(reader)
    }
    if (queue.length > 0) turn ??= setImmediate(deliverNext)
  }

  function deliver(reader: Reader): void {
    const { stream, topic, sink, position } = reader
    try {
      if (position > stream.end) throw logWentBack(stream, position)
      const begin = sink.dropped ? table.beginOf(stream) : position
      if (position < begin) {
        end(reader)
        sink.dropped?.(topic, position, begin)
        return
      }
      const batch = position === stream.end ? emptyBatch(position) : table.read(stream, position, stream.end)
      reader.fresh = false
      reader.position = batch.nextPosition
      sink.push(topic, batch)
    } catch (error) {
      end(reader)
      reader.failed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  function end(reader: Reader): void {
    reader.ended = true
    readers.get(reader.stream)?.delete(reader)
  }

  return {
    createFeed(streams, failed) {
      let started: Reader[] = []
      let over = false
      const endAll = () => {
        for (const reader of started) end(reader)
      }
      return {
        start(positions, sink) {
          endAll()
          if (over) return
          started = streams.map((stream, topic) => {
            const position = positions[topic] ?? 0
            const state = { position, paused: false, fresh: true, queued: false, ended: false }
            const reader: Reader = { stream, topic, sink, failed, ...state }
            const listening = readers.get(stream) ?? new Set()
            readers.set(stream, listening.add(reader))
            enqueue(reader)
            return reader
          })
        },
        pause(topic) {
          const reader = started[topic]
          if (reader) reader.paused = true
        },
        resume(topic) {
          const reader = started[topic]
          if (!reader) return
          reader.paused = false
          enqueue(reader)
        },
        // The engine runs in the same process and knows; there is no broker that draws graphs.
        progress: () => undefined,
        end() {
          over = true
          endAll()
        },
      }
    },
    appended(stream) {
      for (const reader of readers.get(stream) ?? []) enqueue(reader)
    },
    stop() {
      for (const listening of readers.values()) for (const reader of listening) reader.ended = true
      readers.clear()
      queue = []
      if (turn) clearImmediate(turn)
    },
  }
}

function logWentBack({ topic, shard, end }: Stream, position: number): CodedError {
  const message = `shard ${shard} of ${topic} ends at ${end}, but was read up to ${position} before`
  return new CodedError(
    'KM_LOG_WENT_BACK',
    `${message}: the log was replaced or restored without the state; restore both from the same backup`,
  )
}
