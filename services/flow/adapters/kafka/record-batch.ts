import type { RecordBatch } from '../../event-log.ts'
import type { RawRecords } from './raw-records.ts'

const nothing = Buffer.alloc(0)

/** Which records a batch has: those from offset `from` up to, not including, `to`. */
interface Range {
  readonly from: number
  readonly to: number
}

/** A cursor over records where they lie in the broker's record batches; makes no object per record. */
export class KafkaRecordBatch implements RecordBatch {
  readonly count: number
  readonly nextPosition: number
  readonly atEnd: boolean
  key: Buffer = nothing
  keyStart = 0
  keyEnd = 0
  value: Buffer = nothing
  valueStart = 0
  valueEnd = 0
  position = -1
  appendedAt = 0

  readonly #batches: readonly RawRecords[]
  readonly #from: number
  #bytes = -1
  #batch = 0
  #left: number
  #leftInBatch = 0
  #current: RawRecords | undefined
  #at = 0

  constructor(batches: readonly RawRecords[], range: Range, atEnd: boolean) {
    this.#batches = batches
    this.#from = range.from
    this.nextPosition = range.to
    this.atEnd = atEnd
    let count = 0
    for (const batch of batches) {
      const isWhole = batch.base >= range.from && batch.last < range.to
      count += isWhole ? batch.count : measure(batch, range).count
    }
    this.count = count
    this.#left = count
  }

  /** Asked for where records are read ahead, not by shards: so it is found by a pass of its own. */
  get bytes(): number {
    if (this.#bytes < 0) {
      const range = { from: this.#from, to: this.nextPosition }
      this.#bytes = this.#batches.reduce((sum, batch) => sum + measure(batch, range).bytes, 0)
    }
    return this.#bytes
  }

  get heldBytes(): number {
    let bytes = 0
    for (const batch of this.#batches) bytes += batch.bytes.length
    return bytes
  }

  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    do {
      while (this.#leftInBatch === 0) this.#enter()
      this.#leftInBatch--
      this.#read(this.#current as RawRecords)
    } while (this.position < this.#from)
    return true
  }

  /** What of the batch lies before position `to`. */
  before(to: number): KafkaRecordBatch {
    return this.nextPosition <= to ? this : new KafkaRecordBatch(this.#batches, { from: this.#from, to }, this.atEnd)
  }

  #enter(): void {
    const batch = this.#batches[this.#batch++]
    if (!batch) throw new RangeError('a batch counts more records than it has')
    this.#current = batch
    this.#leftInBatch = batch.count
    this.#at = 0
    this.key = batch.bytes
    this.value = batch.bytes
  }

  /** length, attributes, time and offset relative to the batch's, key, value, headers. */
  #read(batch: RawRecords): void {
    const { bytes } = batch
    const length = varint(bytes, this.#at)
    const start = behind
    const time = varint(bytes, start + 1)
    this.position = batch.base + varint(bytes, behind)
    this.appendedAt = Number.isNaN(batch.appendedAt) ? batch.firstTime + time : batch.appendedAt
    const keyLength = varint(bytes, behind)
    this.keyStart = behind
    this.keyEnd = keyLength > 0 ? behind + keyLength : behind
    const valueLength = varint(bytes, this.keyEnd)
    this.valueStart = behind
    this.valueEnd = valueLength > 0 ? behind + valueLength : behind
    this.#at = start + length
  }
}

/** Records of the batch within the range, and the bytes of their keys and values. */
function measure(batch: RawRecords, { from, to }: Range): { count: number; bytes: number } {
  let count = 0
  let bytes = 0
  if (batch.last < from || batch.base >= to) return { count, bytes }
  for (let i = 0, at = 0; i < batch.count; i++) {
    const length = varint(batch.bytes, at)
    const start = behind
    varint(batch.bytes, start + 1)
    const offset = batch.base + varint(batch.bytes, behind)
    if (offset >= from && offset < to) {
      const keyLength = Math.max(0, varint(batch.bytes, behind))
      count++
      bytes += keyLength + Math.max(0, varint(batch.bytes, behind + keyLength))
    }
    at = start + length
  }
  return { count, bytes }
}

/** Behind the number that was read last. */
let behind = 0

/** A zigzag varint; exact up to 2^53. */
function varint(bytes: Buffer, from: number): number {
  const first = bytes[from] as number
  if (first < 128) {
    behind = from + 1
    return (first >>> 1) ^ -(first & 1)
  }
  let value = first & 127
  let factor = 128
  for (let at = from + 1; ; at++) {
    const byte = bytes[at] as number
    value += (byte & 127) * factor
    if (byte < 128) {
      behind = at + 1
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    factor *= 128
  }
}

/** Says that there is nothing from `position` on. */
export const emptyBatch = (position: number, atEnd = true): KafkaRecordBatch =>
  new KafkaRecordBatch([], { from: position, to: position }, atEnd)
