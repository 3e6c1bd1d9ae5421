import kafkajs, { type Producer } from 'kafkajs'
import { CodedError } from '../../../domain/errors.ts'
import type { ShardId } from '../../../domain/ids.ts'
import type { AppendedTo, AppendRecord } from '../../event-log.ts'
import { shardOf } from '../../partition.ts'
import { logUnavailable } from './client.ts'
import type { KafkaLogSettings } from './settings.ts'
import { WrittenRecords } from './written-records.ts'

export interface Appender {
  append(records: readonly AppendRecord[]): Promise<readonly AppendedTo[]>
  /** Sends what waits, then resolves. */
  drain(): Promise<void>
}

/** A call of `append` of which not all records are on the log. */
interface Call {
  readonly records: readonly AppendRecord[]
  /** Records that were put into a send. */
  taken: number
  readonly bytes: number
  readonly ends: Map<string, AppendedTo>
  readonly done: PromiseWithResolvers<readonly AppendedTo[]>
}

/** What goes to one topic and shard in one send, and behind which record of it each call's part ends. */
interface Part {
  readonly topic: string
  readonly shard: ShardId
  readonly records: WrittenRecords
  readonly calls: Map<Call, number>
}

/** All records of a part are one record batch, which the broker bounds (1,048,588 bytes by default). */
const partBytes = 900_000
const sendBytes = 8 << 20

/**
 * Sends one batch after the other, so that the order holds without an idempotent producer (whose sequence numbers
 * kafkajs mixes up when it retries); calls that come meanwhile travel together in the next.
 */
export function createAppender(producer: Producer, settings: KafkaLogSettings): Appender {
  const { shards, queueBytes = 64 << 20 } = settings
  const compression = compressions[settings.compression ?? 'none']
  const calls: Call[] = []
  let waiting = 0
  let sending: Promise<void> | null = null

  async function sendAll(): Promise<void> {
    while (calls.length > 0) {
      const parts = take(calls, shards)
      const involved = new Set(parts.flatMap((part) => [...part.calls.keys()]))
      try {
        await sendParts(producer, parts, compression)
      } catch (error) {
        for (const call of involved) end(call, asCoded(error))
      }
      for (const call of involved) if (call.taken === call.records.length) end(call)
    }
    // In the same breath as the look at `calls`: a call that comes a moment later must start anew.
    sending = null
  }

  function end(call: Call, error?: CodedError): void {
    const at = calls.indexOf(call)
    if (at < 0) return
    calls.splice(at, 1)
    waiting -= call.bytes
    if (error) call.done.reject(error)
    else call.done.resolve([...call.ends.values()])
  }

  return {
    append(records) {
      if (records.length === 0) return Promise.resolve([])
      const bytes = records.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
      // A call of its own that is larger than the queue still gets through.
      if (waiting > 0 && waiting + bytes > queueBytes) {
        return Promise.reject(logUnavailable('append', new Error(`${waiting} bytes wait for being sent already`)))
      }
      const call: Call = { records, taken: 0, bytes, ends: new Map(), done: Promise.withResolvers() }
      calls.push(call)
      waiting += bytes
      sending ??= sendAll()
      return call.done.promise
    },
    async drain() {
      while (sending) await sending
    },
  }
}

const compressions = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const

/** Takes records in order until a part or the send is full. A record above the limits of a part travels alone. */
function take(calls: readonly Call[], shards: number): Part[] {
  const topics = new Map<string, Part[]>()
  const parts: Part[] = []
  let bytes = 0
  for (const call of calls) {
    for (; call.taken < call.records.length; call.taken++) {
      const { topic, key, value } = call.records[call.taken] as AppendRecord
      const keyBytes = Buffer.from(key)
      const size = keyBytes.length + value.length + 32
      if (bytes > 0 && (bytes + size > sendBytes || size > partBytes)) return parts
      const shard = shardOf(keyBytes, shards)
      const ofTopic = topics.get(topic) ?? []
      if (ofTopic.length === 0) topics.set(topic, ofTopic)
      const known = ofTopic[shard]
      if (known && known.records.size + size > partBytes) return parts
      const part = known ?? { topic, shard, records: new WrittenRecords(shard), calls: new Map() }
      if (!known) parts.push(part)
      ofTopic[shard] = part
      part.records.add(keyBytes, value)
      part.calls.set(call, part.records.count)
      bytes += size
      if (size > partBytes) {
        call.taken++
        return parts
      }
    }
  }
  return parts
}

async function sendParts(producer: Producer, parts: readonly Part[], compression: number): Promise<void> {
  const byTopic = Map.groupBy(parts, ({ topic }) => topic)
  const sent = await producer.sendBatch({
    acks: -1,
    compression,
    topicMessages: [...byTopic].map(([topic, of]) => ({ topic, messages: of.map(({ records }) => records) })),
  })
  const bases = new Map(sent.map(({ topicName, partition, baseOffset }) => [`${topicName} ${partition}`, baseOffset]))
  for (const { topic, shard, calls } of parts) {
    const base = Number(bases.get(`${topic} ${shard}`))
    if (!Number.isInteger(base)) throw new Error(`no answer for ${topic} ${shard}`)
    for (const [call, count] of calls) call.ends.set(`${topic} ${shard}`, { topic, shard, end: base + count })
  }
}

function asCoded(error: unknown): CodedError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'type' in cause) {
    if (cause.type === 'MESSAGE_TOO_LARGE' || cause.type === 'RECORD_LIST_TOO_LARGE') {
      return new CodedError('KM_RECORD_TOO_LARGE', 'a record is larger than the topic takes (max.message.bytes)', {
        cause,
      })
    }
  }
  return logUnavailable('append', error)
}
