import type { DatabaseSync } from 'node:sqlite'
import { CodedError } from '../../../domain/errors.ts'
import { type ShardId, shardId } from '../../../domain/ids.ts'
import type { RecordBatch } from '../../event-log.ts'
import { ChunkCursor } from './chunk-cursor.ts'
import { inTransaction, openDatabase, sqliteReason } from './database.ts'
import { CHUNK_BYTES, type RecordChunk } from './record-chunk.ts'

/** One topic and shard. */
export interface Stream {
  readonly topic: string
  readonly topicNumber: number
  readonly shard: ShardId
  /** Behind the newest record that is durable. */
  end: number
}

export interface LogTableOptions {
  readonly file: string
  readonly shards: number
  readonly bytesMax?: number
}

/** The log's tables and the statements on them. Synchronous. */
export interface LogTable {
  /** The topic's streams by shard; a topic is created when it is first mentioned. */
  streamsOf(topic: string): readonly Stream[]
  /** Names of all topics that the log has. */
  topics(): readonly string[]
  /** Position of the stream's oldest record; its end where there is none. */
  beginOf(stream: Stream): number
  /** Writes the chunks of all streams durably, as one act, and moves the streams' ends. */
  append(group: readonly { readonly stream: Stream; readonly chunks: readonly RecordChunk[] }[]): void
  /** Some records from position `from` on, of at most about 256 KB or one record, not beyond `to`. */
  read(stream: Stream, from: number, to: number): RecordBatch
  /** Drops some of the stream's oldest chunks appended before `time`; says whether there may be more. */
  dropBefore(stream: Stream, time: number): boolean
  close(): void
}

const schema = `
  create table if not exists setting (name text primary key, value) without rowid;
  create table if not exists topic (number integer primary key, name text not null unique);
  -- Where a stream goes on when retention has dropped all of it.
  create table if not exists floor (
    topic integer not null, shard integer not null, position integer not null, primary key (topic, shard)
  ) without rowid;
  create table if not exists chunk (
    topic integer not null, shard integer not null, base integer not null, count integer not null,
    appended_at real not null, payload integer not null, bytes blob not null
  );
  create unique index if not exists chunk_place on chunk (topic, shard, base);`

const CHUNKS_DROPPED_AT_ONCE = 200

/**
 * @throws CodedError KM_SHARDS_CHANGED the log was created with another number of shards
 * @throws CodedError KM_DATA_FORMAT, KM_DATA_UNREADABLE see `openDatabase`
 */
export function openLogTable({ file, shards, bytesMax }: LogTableOptions): LogTable {
  const database = openDatabase({
    file,
    synchronous: 'FULL', // what was appended stays, also after a power cut: the log is the truth
    schema,
    format: 1,
    cacheBytes: 8 * 1024 * 1024,
    checkpointBytes: 4 * 1024 * 1024,
    ...(bytesMax !== undefined && { bytesMax }),
  })
  try {
    guarded(() => checkShards(database, file, shards))
  } catch (error) {
    database.close()
    throw error
  }

  const columns = 'select base, count, appended_at, payload, bytes from chunk where topic = ? and shard = ?'
  const atOrBelow = database.prepare(`${columns} and base <= ? order by base desc limit 1`)
  const atOrAbove = database.prepare(`${columns} and base >= ? order by base limit 1`)
  const insert = database.prepare('insert into chunk values (?, ?, ?, ?, ?, ?, ?)')
  const addTopic = database.prepare('insert into topic (name) values (?) on conflict do nothing')
  const findTopic = database.prepare('select number from topic where name = ?')
  const allTopics = database.prepare('select name from topic')
  const lastOf = database.prepare(
    'select base + count as position from chunk where topic = ? and shard = ? order by base desc limit 1',
  )
  const firstOf = database.prepare('select base from chunk where topic = ? and shard = ? order by base limit 1')
  const floorOf = database.prepare('select position from floor where topic = ? and shard = ?')
  const raiseFloor = database.prepare('insert or replace into floor values (?, ?, ?)')
  const oldest = database.prepare(
    `select base, count, appended_at from chunk where topic = ? and shard = ? order by base limit ${CHUNKS_DROPPED_AT_ONCE}`,
  )
  const drop = database.prepare('delete from chunk where topic = ? and shard = ? and base < ?')
  for (const statement of [atOrBelow, atOrAbove]) statement.setReturnArrays(true)

  const topics = new Map<string, readonly Stream[]>()

  function openTopic(topic: string): readonly Stream[] {
    if (!findTopic.get(topic)) addTopic.run(topic)
    const topicNumber = Number(findTopic.get(topic)?.number)
    return Array.from({ length: shards }, (_, shard) => {
      const end = lastOf.get(topicNumber, shard) ?? floorOf.get(topicNumber, shard)
      return { topic, topicNumber, shard: shardId(shard), end: Number(end?.position ?? 0) }
    })
  }

  return {
    streamsOf(topic) {
      let streams = topics.get(topic)
      if (!streams) {
        streams = guarded(() => openTopic(topic))
        topics.set(topic, streams)
      }
      return streams
    },
    topics: () => guarded(() => allTopics.all().map(({ name }) => String(name))),
    beginOf: ({ topicNumber, shard, end }) => guarded(() => Number(firstOf.get(topicNumber, shard)?.base ?? end)),
    append(group) {
      guarded(() =>
        inTransaction(database, () => {
          for (const { stream, chunks } of group) {
            for (const { base, count, appendedAt, payload, bytes } of chunks) {
              insert.run(stream.topicNumber, stream.shard, base, count, appendedAt, payload, bytes)
            }
          }
        }),
      )
      for (const { stream, chunks } of group) {
        const last = chunks.at(-1)
        if (last) stream.end = last.base + last.count
      }
    },
    read(stream, from, to) {
      const { topicNumber, shard } = stream
      const chunks: RecordChunk[] = []
      guarded(() => {
        let chunk = chunkOf(atOrBelow.get(topicNumber, shard, from))
        if (!chunk || chunk.base + chunk.count <= from) chunk = chunkOf(atOrAbove.get(topicNumber, shard, from))
        for (let bytes = 0; chunk && chunk.base < to; ) {
          chunks.push(chunk)
          bytes += chunk.bytes.length
          const next: number = chunk.base + chunk.count
          if (bytes >= CHUNK_BYTES || next >= to) break
          chunk = chunkOf(atOrAbove.get(topicNumber, shard, next))
        }
      })
      const last = chunks.at(-1)
      const reached = last ? Math.min(to, last.base + last.count) : to
      return new ChunkCursor(chunks, { from, to, atEnd: reached >= stream.end })
    },
    dropBefore({ topicNumber, shard }, time) {
      return guarded(() =>
        inTransaction(database, () => {
          const rows = oldest.all(topicNumber, shard)
          const kept = rows.findIndex((row) => Number(row.appended_at) >= time)
          const last = rows[(kept < 0 ? rows.length : kept) - 1]
          if (!last) return false
          const position = Number(last.base) + Number(last.count)
          drop.run(topicNumber, shard, position)
          raiseFloor.run(topicNumber, shard, position)
          return kept < 0 && rows.length === CHUNKS_DROPPED_AT_ONCE
        }),
      )
    },
    close: () => database.close(),
  }
}

function checkShards(database: DatabaseSync, file: string, shards: number): void {
  database.prepare("insert into setting values ('shards', ?) on conflict do nothing").run(shards)
  const found = Number(database.prepare("select value from setting where name = 'shards'").get()?.value)
  if (found === shards) return
  const message = `${file} was created with ${found} shards, not ${shards}; the number is fixed`
  throw new CodedError('KM_SHARDS_CHANGED', `${message}: set it to ${found}, or use another data folder`)
}

function chunkOf(row: unknown): RecordChunk | undefined {
  if (!Array.isArray(row)) return undefined
  const [base, count, appendedAt, payload, bytes] = row as [number, number, number, number, Uint8Array]
  return { base, count, appendedAt, payload, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new CodedError('KM_LOG_UNAVAILABLE', `the log's database failed: ${sqliteReason(error)}`, {
      canRetry: true,
      cause: error,
    })
  }
}
