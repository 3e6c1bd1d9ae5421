import { CodedError } from '../../../domain/errors.ts'
import { type Clock, wallClock } from '../../clock.ts'
import type { EventLog } from '../../event-log.ts'
import { createAppendQueue } from './append-queue.ts'
import { createDelivery } from './delivery.ts'
import { createGroup, type Group } from './group.ts'
import { openLogTable } from './log-table.ts'

export interface EmbeddedLogOptions {
  /** A path, or ':memory:'. Its folder is locked by the caller (`lockData`): two processes must not share a file. */
  readonly file: string
  /** Fixed when the file is created. */
  readonly shards: number
  /** Stamps the records' `appendedAt`. Default: the wall clock. */
  readonly clock?: Clock
  /** The file grows no further than this; then appends fail with KM_LOG_UNAVAILABLE. Default: as far as the disk goes. */
  readonly bytesMax?: number
}

export interface EmbeddedLog extends EventLog {
  /**
   * Drops records appended more than `maxAgeMs` ago (default 7 days, by the log's clock; -1: none), some at a time, so
   * that the disk that they took is used again; of the topics in `keep` none. To be called now and then by the log's owner.
   */
  retain(options?: { readonly maxAgeMs?: number; readonly keep?: readonly string[] }): Promise<void>
}

const WEEK_MS = 7 * 24 * 60 * 60 * 1000

/**
 * The log of all topics in one SQLite file, for one process.
 * @throws CodedError KM_SHARDS_CHANGED, KM_DATA_FORMAT, KM_DATA_UNREADABLE
 */
export function createEmbeddedLog({ file, shards, clock = wallClock, bytesMax }: EmbeddedLogOptions): EmbeddedLog {
  const table = openLogTable({ file, shards, ...(bytesMax !== undefined && { bytesMax }) })
  const delivery = createDelivery(table)
  const queue = createAppendQueue(table, shards, clock, delivery.appended)
  const groups = new Map<string, Group>()
  let closed = false

  function openTable() {
    if (closed) throw new CodedError('KM_LOG_UNAVAILABLE', 'the log was closed')
    return table
  }

  function streamOf(topic: string, shard: number) {
    const stream = openTable().streamsOf(topic)[shard]
    if (!stream) throw new RangeError(`no shard ${shard}: the log has ${shards}`)
    return stream
  }

  function groupOf(name: string): Group {
    let group = groups.get(name)
    if (!group) {
      group = createGroup(shards, ({ topics, failed }, shard) => {
        return delivery.createFeed(
          topics.map((topic) => streamOf(topic, shard)),
          failed,
        )
      })
      groups.set(name, group)
    }
    return group
  }

  return {
    shards,
    async append(records) {
      openTable()
      return queue.append(records)
    },
    async ends(topics, signal) {
      signal?.throwIfAborted()
      return topics.map((topic) =>
        openTable()
          .streamsOf(topic)
          .map(({ end }) => end),
      )
    },
    async begins(topics, signal) {
      signal?.throwIfAborted()
      return topics.map((topic) => openTable().streamsOf(topic).map(table.beginOf))
    },
    async *read(topic, shard, from, to, signal) {
      for (let position = from; position < to; ) {
        signal?.throwIfAborted()
        const batch = table.read(streamOf(topic, shard), position, to)
        position = batch.nextPosition
        if (batch.count > 0) yield batch
        await nextTurn()
      }
    },
    async join(options) {
      for (const topic of options.topics) openTable().streamsOf(topic)
      return groupOf(options.group).join(options)
    },
    async retain({ maxAgeMs = WEEK_MS, keep = [] } = {}) {
      if (maxAgeMs < 0) return // as Kafka's retention.ms
      const before = clock.now() - maxAgeMs
      for (const topic of openTable().topics()) {
        if (keep.includes(topic)) continue
        for (const stream of table.streamsOf(topic)) {
          while (!closed && table.dropBefore(stream, before)) await nextTurn()
        }
      }
    },
    async close() {
      if (closed) return
      queue.flush()
      closed = true
      for (const group of groups.values()) group.stop()
      delivery.stop()
      table.close()
    },
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
