import { createRequire } from 'node:module'
import type { Message } from 'kafkajs'

/** How much room the records of a part have at first; it doubles when they need more. */
const firstBytes = 4_096
/** The longest that a record is beside its key and value: six numbers of up to five bytes. */
const aroundRecord = 30

/**
 * Records for one partition, written behind each other as they will lie in a record batch. To kafkajs they are one
 * message.
 */
export class WrittenRecords implements Message {
  readonly partition: number
  /** kafkajs refuses messages without one, and doesn't look at it. */
  readonly value = null
  count = 0
  #bytes = Buffer.allocUnsafeSlow(firstBytes)
  #end = 0

  constructor(partition: number) {
    this.partition = partition
  }

  get size(): number {
    return this.#end
  }

  /** The records, uncompressed. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  /** A value of no bytes is written as none at all: a tombstone. */
  add(key: Uint8Array, value: Uint8Array): void {
    const { length } = value
    this.#makeRoom(key.length + length + aroundRecord)
    const bodyBytes = 2 + sizeOf(this.count) + sizeOf(key.length) + key.length + sizeOf(length || -1) + length + 1
    this.#number(bodyBytes)
    this.#bytes[this.#end++] = 0 // attributes: none
    this.#number(0) // milliseconds behind the first record of the batch
    this.#number(this.count++)
    this.#number(key.length)
    this.#append(key)
    this.#number(length || -1)
    this.#append(value)
    this.#number(0) // headers
  }

  #append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  #number(value: number): void {
    const bytes = this.#bytes
    let rest = zigZag(value)
    for (; rest > 0x7f; rest >>>= 7) bytes[this.#end++] = (rest & 0x7f) | 0x80
    bytes[this.#end++] = rest
  }

  #makeRoom(more: number): void {
    const needed = this.#end + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
    this.bytes.copy(larger)
    this.#bytes = larger
  }
}

/** Kafka's signed numbers of variable length: seven bits to a byte, the sign in the lowest. */
const zigZag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0

function sizeOf(value: number): number {
  const bits = 32 - Math.clz32(zigZag(value) | 1)
  return Math.ceil(bits / 7)
}

/** What kafkajs' clients of a broker say when they produce. */
interface ProduceRequest {
  readonly acks: number
  readonly timeout: number
  readonly compression?: number
  readonly topicData: readonly TopicData[]
}

interface TopicData {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number; readonly messages: readonly unknown[] }[]
}

/** What kafkajs copies into its request. */
interface Encoded {
  readonly buf: Buffer
  readonly buffer: Buffer
}

interface Request {
  encode(): Promise<Encoded>
}

interface Codec {
  compress(encoded: { readonly buffer: Buffer }): Promise<Buffer>
}

const require = createRequire(import.meta.url)
const source = 'kafkajs/src/protocol'
const produceFile = require.resolve(`${source}/requests/produce/v3/request.js`)
const crc32C: (bytes: Buffer) => number = require(`${source}/recordBatch/crc32C`)
const { lookupCodec }: { lookupCodec(compression: number): Codec } = require(`${source}/message/compression`)

/**
 * Makes kafkajs, in this process, send `WrittenRecords` as they are: it otherwise makes several buffers for each record
 * and copies the list of a partition's messages once for each of them. Like `readRecordsInPlace` it stands in for one
 * file of kafkajs; messages of other kinds go the plain way. Idempotent.
 */
export function sendRecordsAsWritten(): void {
  const plain: (request: ProduceRequest) => Request = require(produceFile)
  const own = require.cache[produceFile]
  if (!own || isOurs.has(plain)) return
  const produce = (request: ProduceRequest): Request => {
    const parts = request.topicData.flatMap(({ partitions }) => partitions)
    const areWritten = parts.every(({ messages }) => messages.length === 1 && messages[0] instanceof WrittenRecords)
    return areWritten ? { ...plain(request), encode: () => encode(request) } : plain(request)
  }
  isOurs.add(produce)
  own.exports = produce
  // Those that read it before have kept the plain one; the later of them read each other.
  for (const version of [4, 5, 6, 7])
    delete require.cache[require.resolve(`${source}/requests/produce/v${version}/request.js`)]
}

const isOurs = new WeakSet<object>()

/** The body of a produce request without a transaction, versions 3 to 7. */
async function encode({ acks, timeout, compression = 0, topicData }: ProduceRequest): Promise<Encoded> {
  const topics = await Promise.all(
    topicData.map(async ({ topic, partitions }) => ({
      name: Buffer.from(topic),
      parts: await Promise.all(
        partitions.map(async ({ partition, messages: [written] }) => {
          const { bytes: buffer, count } = written as WrittenRecords
          const records = compression === 0 ? buffer : await lookupCodec(compression).compress({ buffer })
          return { partition, count, records }
        }),
      ),
    })),
  )
  let size = 12
  for (const { name, parts } of topics) {
    size += 6 + name.length
    for (const { records } of parts) size += 8 + at.records + records.length
  }
  const buffer = Buffer.allocUnsafeSlow(size)
  let end = buffer.writeInt16BE(-1, 0) // no transaction
  end = buffer.writeInt16BE(acks, end)
  end = buffer.writeInt32BE(timeout, end)
  end = buffer.writeInt32BE(topics.length, end)
  for (const { name, parts } of topics) {
    end = buffer.writeInt16BE(name.length, end)
    end += name.copy(buffer, end)
    end = buffer.writeInt32BE(parts.length, end)
    for (const { partition, count, records } of parts) {
      const batchBytes = at.records + records.length
      end = buffer.writeInt32BE(partition, end)
      end = buffer.writeInt32BE(batchBytes, end)
      writeBatch(buffer.subarray(end, end + batchBytes), records, count, compression)
      end += batchBytes
    }
  }
  return { buf: buffer, buffer }
}

/** Places in the header of a record batch (format 2); what isn't named is 0. */
const at = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producer: 43,
  count: 57,
  records: 61,
} as const
/** Bytes before those that `length` counts. */
const beforeLength = 12

function writeBatch(batch: Buffer, records: Buffer, count: number, compression: number): void {
  const now = BigInt(Date.now())
  batch.fill(0, 0, at.records)
  batch.writeInt32BE(batch.length - beforeLength, at.length)
  batch[at.magic] = 2
  batch.writeInt16BE(compression, at.attributes)
  batch.writeInt32BE(count - 1, at.lastOffsetDelta)
  batch.writeBigInt64BE(now, at.firstTimestamp)
  batch.writeBigInt64BE(now, at.maxTimestamp)
  batch.writeBigInt64BE(-1n, at.producer) // none: neither idempotent nor transactional
  batch.writeInt32BE(count, at.count)
  records.copy(batch, at.records)
  batch.writeUInt32BE(crc32C(batch.subarray(at.attributes)), at.crc)
}
