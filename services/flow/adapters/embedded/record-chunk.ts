/**
 * A chunk is a run of records of one topic and shard as it lies in the database: for each record the lengths of key and
 * value (LEB128), then both. Positions inside a chunk are dense.
 */
export interface RecordChunk {
  /** Position of the first record. */
  readonly base: number
  readonly count: number
  /** Milliseconds since 1970. */
  readonly appendedAt: number
  /** Bytes of keys and values, without the lengths between them. */
  readonly payload: number
  readonly bytes: Buffer
}

/** A chunk is closed and a new one begun when it has this many bytes; a larger record has one of its own. */
export const CHUNK_BYTES = 128 * 1024

const nothing = Buffer.alloc(0)

/** Puts records into chunks. */
export class ChunkWriter {
  readonly #closed: { count: number; payload: number; bytes: Buffer }[] = []
  #buffer = nothing
  #length = 0
  #count = 0
  #payload = 0
  /** Records in all chunks. */
  total = 0

  add(key: Buffer, keyLength: number, value: Uint8Array): void {
    const needed = 10 + keyLength + value.length
    if (this.#count > 0 && this.#length + needed > CHUNK_BYTES) this.#close()
    if (this.#length + needed > this.#buffer.length) this.#grow(this.#length + needed)
    const buffer = this.#buffer
    let at = writeLength(buffer, writeLength(buffer, this.#length, keyLength), value.length)
    key.copy(buffer, at, 0, keyLength)
    at += keyLength
    buffer.set(value, at)
    this.#length = at + value.length
    this.#count++
    this.total++
    this.#payload += keyLength + value.length
  }

  /** The chunks, of which the first record has position `base`. */
  finish(base: number, appendedAt: number): RecordChunk[] {
    if (this.#count > 0) this.#close()
    let next = base
    return this.#closed.map((part) => {
      const chunk = { ...part, base: next, appendedAt }
      next += part.count
      return chunk
    })
  }

  #close(): void {
    this.#closed.push({
      count: this.#count,
      payload: this.#payload,
      bytes: this.#buffer.subarray(0, this.#length),
    })
    this.#buffer = nothing
    this.#length = 0
    this.#count = 0
    this.#payload = 0
  }

  #grow(least: number): void {
    // Most appends are small; one that fills a chunk will fill the next.
    const size = this.#closed.length > 0 ? CHUNK_BYTES : Math.min(CHUNK_BYTES, Math.max(1024, this.#buffer.length * 4))
    const larger = Buffer.allocUnsafe(Math.max(least, size))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

function writeLength(target: Buffer, start: number, length: number): number {
  let at = start
  let rest = length
  while (rest > 127) {
    target[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  target[at++] = rest
  return at
}
