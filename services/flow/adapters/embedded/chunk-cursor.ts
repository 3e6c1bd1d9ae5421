import type { RecordBatch } from '../../event-log.ts'
import type { RecordChunk } from './record-chunk.ts'

const nothing: Buffer = Buffer.alloc(0)

/** Which records of the chunks a batch has: those from position `from` up to, not including, `to`. */
export interface BatchRange {
  readonly from: number
  readonly to: number
  /** The batch ends where the topic ended when it was read. */
  readonly atEnd: boolean
}

/**
 * Reads records where they lie in chunks of the database: the hot path makes no object per record. A class with plain
 * fields, because the merge and the steps read them for every record.
 */
export class ChunkCursor implements RecordBatch {
  readonly count: number
  readonly nextPosition: number
  readonly bytes: number
  readonly atEnd: boolean
  position = -1
  appendedAt = 0
  key: Buffer = nothing
  keyStart = 0
  keyEnd = 0
  value: Buffer = nothing
  valueStart = 0
  valueEnd = 0

  readonly #chunks: readonly RecordChunk[]
  #chunk = -1
  #at = 0
  #leftInChunk = 0
  #left: number

  constructor(chunks: readonly RecordChunk[], { from, to, atEnd }: BatchRange) {
    const first = chunks[0]
    const last = chunks.at(-1)
    this.#chunks = chunks
    this.nextPosition = last ? Math.min(to, last.base + last.count) : to
    this.atEnd = atEnd
    let count = 0
    let payload = 0
    for (const chunk of chunks) {
      count += chunk.count
      payload += chunk.payload
    }
    // Only where a reader starts or ends inside a chunk are records left out, and their bytes to be found.
    const skipped = first ? Math.max(0, from - first.base) : 0
    const cut = last ? last.base + last.count - this.nextPosition : 0
    if (last && cut > 0) payload -= payloadBetween(last, last.count - cut, last.count)
    if (first && skipped > 0) payload -= payloadBetween(first, 0, skipped)
    this.count = count - skipped - cut
    this.bytes = payload
    this.#left = count - cut
    for (let i = 0; i < skipped; i++) this.next()
    this.#left = this.count
  }

  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    if (this.#leftInChunk === 0) this.#enterNextChunk()
    this.#leftInChunk--
    this.position++
    const bytes = this.key
    let at = this.#at
    let keyLength = bytes[at++] as number
    if (keyLength > 127) {
      keyLength &= 127
      for (let shift = 7, more = true; more; shift += 7) {
        const part = bytes[at++] as number
        keyLength |= (part & 127) << shift
        more = part > 127
      }
    }
    let valueLength = bytes[at++] as number
    if (valueLength > 127) {
      valueLength &= 127
      for (let shift = 7, more = true; more; shift += 7) {
        const part = bytes[at++] as number
        valueLength |= (part & 127) << shift
        more = part > 127
      }
    }
    this.keyStart = at
    at += keyLength
    this.keyEnd = at
    this.valueStart = at
    at += valueLength
    this.valueEnd = at
    this.#at = at
    return true
  }

  #enterNextChunk(): void {
    const chunk = this.#chunks[++this.#chunk]
    if (!chunk) throw new RangeError('a batch counts more records than its chunks hold')
    this.position = chunk.base - 1
    this.appendedAt = chunk.appendedAt
    this.key = chunk.bytes
    this.value = chunk.bytes
    this.#at = 0
    this.#leftInChunk = chunk.count
  }
}

/** Bytes of keys and values of the chunk's records from the `start`-th up to, not including, the `end`-th. */
function payloadBetween(chunk: RecordChunk, start: number, end: number): number {
  const cursor = new ChunkCursor([chunk], { from: chunk.base, to: chunk.base + chunk.count, atEnd: false })
  let payload = 0
  for (let i = 0; i < end; i++) {
    cursor.next()
    if (i >= start) payload += cursor.keyEnd - cursor.keyStart + cursor.valueEnd - cursor.valueStart
  }
  return payload
}

/** A batch without records, which says that the topic ends at `position`. */
export const emptyBatch = (position: number): RecordBatch =>
  new ChunkCursor([], { from: position, to: position, atEnd: true })
