import { createRequire } from 'node:module'

/**
 * A record batch as it lies on the broker, decompressed. To kafkajs it looks like one message at the batch's last
 * offset, so that it goes on behind the batch; we read the records in place, without an object for each.
 */
export class RawRecords {
  readonly offset: string
  readonly isControlRecord = false
  readonly key = null
  readonly value = null
  /** Makes kafkajs leave out what an aborted transaction wrote. */
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }

  readonly bytes: Buffer
  /** Offset of the first record, as it was written: compaction may have removed it. */
  readonly base: number
  readonly last: number
  readonly count: number
  readonly firstTime: number
  /** When the broker appended the batch; NaN where records carry their producer's time instead. */
  readonly appendedAt: number

  constructor(header: Buffer, bytes: Buffer) {
    const attributes = header.readInt16BE(at.attributes)
    this.bytes = bytes
    this.base = Number(header.readBigInt64BE(at.baseOffset))
    this.last = this.base + header.readInt32BE(at.lastOffsetDelta)
    this.count = header.readInt32BE(at.count)
    this.firstTime = Number(header.readBigInt64BE(at.firstTimestamp))
    this.appendedAt = attributes & logAppendTime ? Number(header.readBigInt64BE(at.maxTimestamp)) : Number.NaN
    this.offset = String(this.last)
    this.batchContext = {
      producerId: String(header.readBigInt64BE(at.producerId)),
      inTransaction: (attributes & transactional) !== 0,
    }
  }
}

/** Places in the header of a record batch (format 2, the only one that Kafka 4 writes). */
const at = {
  baseOffset: 0,
  length: 8,
  magic: 16,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
} as const
/** Bytes before those that `length` counts. */
const beforeLength = 12
const logAppendTime = 8
const transactional = 16
const control = 32

/** kafkajs' own reader of responses. */
interface Decoder {
  readInt32(): number
  canReadBytes(length: number): boolean
  readBytes(length: number): Buffer
}

type DecodeMessages = (decoder: Decoder) => Promise<unknown[]>

const require = createRequire(import.meta.url)
const source = 'kafkajs/src'
const decodeMessagesFile = require.resolve(`${source}/protocol/requests/fetch/v4/decodeMessages.js`)
const KafkaDecoder: new (bytes: Buffer) => Decoder = require(`${source}/protocol/decoder`)
const { lookupCodecByAttributes }: { lookupCodecByAttributes(attributes: number): Codec | null } = require(
  `${source}/protocol/message/compression`,
)
const decodeRecordBatch: (decoder: Decoder) => Promise<{ records: unknown[] }> = require(
  `${source}/protocol/recordBatch/v0/decoder`,
)

interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>
}

/**
 * Makes kafkajs, in this process, hand on fetched records as `RawRecords`: half of the time that it takes to read a
 * topic goes into an object, two strings and some 64-bit sums for each record, of which we need nothing. It stands in
 * for one file of kafkajs that is not part of its interface; the version is pinned, and a test reads all kinds of
 * batches through it. Idempotent.
 */
export function readRecordsInPlace(): void {
  const loaded = require.cache[decodeMessagesFile]
  if (loaded?.exports === decodeInPlace) return
  const original: DecodeMessages = require(decodeMessagesFile)
  decodeOther = original
  const own = require.cache[decodeMessagesFile]
  if (own) own.exports = decodeInPlace
  // Those that read it before have kept the original.
  for (const version of [4, 5, 6, 7, 8, 9, 10, 11]) {
    delete require.cache[require.resolve(`${source}/protocol/requests/fetch/v${version}/response.js`)]
  }
}

let decodeOther: DecodeMessages | undefined

async function decodeInPlace(decoder: Decoder): Promise<unknown[]> {
  const size = decoder.readInt32()
  if (size <= 0 || !decoder.canReadBytes(size)) return []
  const bytes = decoder.readBytes(size)
  if (bytes.length > at.magic && bytes[at.magic] !== 2) return decodeOther?.(sized(bytes)) ?? []
  const messages: unknown[] = []
  let start = 0
  // The last batch may be cut off by the fetch's limit of bytes; it comes again.
  while (start + at.records <= bytes.length) {
    const end = start + beforeLength + bytes.readInt32BE(start + at.length)
    if (end > bytes.length) break
    const batch = bytes.subarray(start, end)
    const attributes = batch.readInt16BE(at.attributes)
    if (attributes & control) messages.push(...(await decodeRecordBatch(new KafkaDecoder(batch))).records)
    else {
      const codec = lookupCodecByAttributes(attributes)
      const records = batch.subarray(at.records)
      messages.push(new RawRecords(batch, codec ? await codec.decompress(records) : alone(records)))
    }
    start = end
  }
  return messages
}

/**
 * A fetch is one buffer for all partitions: a topic of which little comes, and which waits in the merge while others catch
 * up, would keep all of it in memory for some records of its own. What is a small part of it is copied.
 */
function alone(records: Buffer): Buffer {
  if (records.length * smallPart >= records.buffer.byteLength) return records
  const copy = Buffer.allocUnsafeSlow(records.length)
  records.copy(copy)
  return copy
}
const smallPart = 4

/** As kafkajs' own function expects them: behind their size. */
function sized(bytes: Buffer): Decoder {
  const whole = Buffer.allocUnsafe(4 + bytes.length)
  whole.writeInt32BE(bytes.length, 0)
  bytes.copy(whole, 4)
  return new KafkaDecoder(whole)
}
