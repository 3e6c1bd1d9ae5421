import type { Clock } from '../../clock.ts'
import type { AppendedTo, AppendRecord } from '../../event-log.ts'
import { murmur2 } from '../../partition.ts'
import type { LogTable, Stream } from './log-table.ts'
import { ChunkWriter } from './record-chunk.ts'

export interface AppendQueue {
  append(records: readonly AppendRecord[]): Promise<readonly AppendedTo[]>
  /** Writes what waits, now. */
  flush(): void
}

/**
 * Gathers all appends of one turn of the event loop into one transaction: the disk is waited for once, however many
 * callers there are. `appended` is told of each stream after the commit.
 */
export function createAppendQueue(
  table: LogTable,
  shards: number,
  clock: Clock,
  appended: (stream: Stream) => void,
): AppendQueue {
  let writers = new Map<Stream, ChunkWriter>()
  let waiting: { resolve(): void; reject(error: unknown): void }[] = []
  let turn: NodeJS.Immediate | undefined
  let scratch = Buffer.allocUnsafe(256)

  function add({ topic, key, value }: AppendRecord): Stream {
    if (key.length * 3 > scratch.length) scratch = Buffer.allocUnsafe(key.length * 3)
    const keyLength = scratch.write(key)
    const shard = (murmur2(scratch, 0, keyLength) & 0x7fffffff) % shards // `shardOf`, without a view for each key
    const stream = table.streamsOf(topic)[shard]
    if (!stream) throw new RangeError(`no shard ${shard} of ${shards}`)
    let writer = writers.get(stream)
    if (!writer) {
      writer = new ChunkWriter()
      writers.set(stream, writer)
    }
    writer.add(scratch, keyLength, value)
    return stream
  }

  function flush(): void {
    if (turn) clearImmediate(turn)
    turn = undefined
    if (waiting.length === 0) return
    const [group, callers] = [writers, waiting]
    writers = new Map()
    waiting = []
    try {
      const appendedAt = clock.now()
      table.append([...group].map(([stream, writer]) => ({ stream, chunks: writer.finish(stream.end, appendedAt) })))
    } catch (error) {
      for (const { reject } of callers) reject(error)
      return
    }
    for (const { resolve } of callers) resolve()
    for (const stream of group.keys()) appended(stream)
  }

  return {
    async append(records) {
      if (records.length === 0) return []
      for (const { topic } of records) table.streamsOf(topic) // fails before anything is queued, or not at all
      const touched = new Set<Stream>()
      for (const record of records) touched.add(add(record))
      const ends = [...touched].map((stream) => {
        return { topic: stream.topic, shard: stream.shard, end: stream.end + (writers.get(stream)?.total ?? 0) }
      })
      turn ??= setImmediate(flush)
      await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
      return ends
    },
    flush,
  }
}
