import { CodedError } from '../domain/errors.ts'
import type { KeyColumn } from '../flow/processor.ts'
import type { StateWrites } from '../flow/state-store.ts'
import { copyBytes, copyWords } from '../rules/engine/words.ts'
import { keyWords } from './key-words.ts'
import { classOf, classWords, maxWords } from './size-classes.ts'
import { SlabIndex } from './slab-index.ts'

/*
 * Records of a shard's subscribers as 32-bit words in chunks of 1 MB, found through an open-addressing index, changed in
 * place. A record's block:
 *
 *   0      size class << 24 | words used (0: a free block, and word 1 is the next free one of its class)
 *   1      length of the key in bytes | referenced << 8
 *   2      place in the dirty list, or -1
 *   3      hash of the key
 *   4 ..   key bytes, then the value (none: the subscriber is known to have no state)
 *
 * A pointer is chunk << 18 | word, and is never 0. The value in hand is worked on in a copy (`open`), which is written back in one
 * piece (`put`): what fails in between leaves nothing behind, and a block moves once at most.
 * Typed arrays are little-endian on every machine that Node 24 runs on, so bytes are copied as they lie.
 */
const chunkBits = 18
const chunkWords = 1 << chunkBits
const chunkMask = chunkWords - 1
const keyAt = 4
/** Fewer words than this are moved one by one: the way into native code costs more. */
const moveMost = 64
/** What of a record is touched before its turn: with it, the processor guesses the rest. */
const linesTouched = 3
const wordsOfLine = 16
/** Longest key, as the schemas have it for subscriber_id. */
const maxKeyBytes = 64

export class Slab {
  /** The value in hand, from `value` on, after `open`. Another array when it had to grow. */
  words: Int32Array = new Int32Array(4096)
  readonly value = 0
  /** Words of the current record's value. */
  length = 0
  /** Grows whenever what lies where in `words` may have changed. */
  moves = 0
  /** Records held, also those without a value. */
  records = 0
  evicted = 0

  private readonly chunks: Int32Array[] = []
  private readonly bytes: Buffer[] = []
  private readonly tops: number[] = []
  private readonly free = new Int32Array(classWords.length)
  private liveWords = 0
  private readonly index: SlabIndex
  private pointer = 0
  private dirty = new Int32Array(1024)
  private dirtyCount = 0
  private dirtyWords = 0
  private hand = 0
  private handChunk = 0
  private readonly key = new Int32Array(maxKeyBytes >> 2)
  private keyLength = 0
  private keyHash = 0
  private coming = new Int32Array(128)
  /** Kept, so that what was touched isn't thought useless. */
  touched = 0
  readonly writes: StateWrites

  /** `indexSize`: slots of the index at first, a power of two. */
  constructor(indexSize = 1024) {
    this.index = new SlabIndex(indexSize)
    this.writes = this.stateWrites()
  }

  /** Bytes of records and index. */
  get memoryBytes(): number {
    return this.liveWords * 4 + this.index.byteLength
  }

  // ---- finding

  /** Makes the record of a key the current one; false if it isn't held. */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    const hash = this.readKey(bytes, start, end)
    const { chunks, key } = this
    const { slots, mask } = this.index
    const length = this.keyLength
    const wordsOfKey = (length + 3) >> 2
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const pointer = slots[2 * slot + 1] as number
      if (pointer === 0) return false
      if (slots[2 * slot] !== hash) continue
      const words = chunks[pointer >>> chunkBits] as Int32Array
      const at = pointer & chunkMask
      if (((words[at + 1] as number) & 0xff) !== length) continue
      let i = 0
      while (i < wordsOfKey && words[at + keyAt + i] === key[i]) i++
      if (i < wordsOfKey) continue
      words[at + 1] = length | 0x100
      this.pointer = pointer
      this.length = ((words[at] as number) & 0xffffff) - keyAt - wordsOfKey
      return true
    }
  }

  /** Makes a new record without a value, of the key last looked for. */
  create(): void {
    this.index.fit(this.records + 1)
    const wordsOfKey = (this.keyLength + 3) >> 2
    const used = keyAt + wordsOfKey
    const pointer = this.allocate(used)
    const words = this.chunks[pointer >>> chunkBits] as Int32Array
    const at = pointer & chunkMask
    words[at] = ((words[at] as number) & 0xff000000) | used
    words[at + 1] = this.keyLength | 0x100
    words[at + 2] = -1
    words[at + 3] = this.keyHash
    for (let i = 0; i < wordsOfKey; i++) words[at + keyAt + i] = this.key[i] as number
    this.index.enter(this.keyHash, pointer)
    this.records++
    this.pointer = pointer
    this.length = 0
  }

  /** The key of the current record. */
  keyText(): string {
    const chunk = this.bytes[this.pointer >>> chunkBits] as Buffer
    const at = this.pointer & chunkMask
    const words = this.chunks[this.pointer >>> chunkBits] as Int32Array
    return chunk.toString('utf8', (at + keyAt) * 4, (at + keyAt) * 4 + ((words[at + 1] as number) & 0xff))
  }

  /**
   * Touches the records of keys that come next, all of them in turn: memory then answers for many at once. Each looked for
   * when it is needed would be waited for, and with more subscribers than caches hold that is most of what finding costs.
   */
  expect(keys: KeyColumn, from: number, to: number): void {
    if (this.coming.length < to - from) this.coming = new Int32Array(2 * (to - from))
    const { coming } = this
    for (let i = from; i < to; i++) {
      keys.select(i)
      const length = keys.keyEnd - keys.keyStart
      coming[i - from] = length < 1 || length > maxKeyBytes ? 0 : this.readKey(keys.key, keys.keyStart, keys.keyEnd)
    }
    for (let i = 0; i < to - from; i++) coming[i] = this.index.firstOf(coming[i] as number)
    this.touchAll(coming, 0, to - from)
  }

  /** Reads something of each block of these pointers, which are 0 where there is none. */
  private touchAll(pointers: Int32Array, from: number, to: number): void {
    const { chunks } = this
    let touched = 0
    for (let i = from; i < to; i++) {
      const pointer = pointers[i] as number
      if (pointer === 0) continue
      const words = chunks[pointer >>> chunkBits] as Int32Array
      for (let line = 0; line < linesTouched; line++) {
        touched ^= words[(pointer + line * wordsOfLine) & chunkMask] as number
      }
    }
    this.touched = touched
  }

  // ---- changing

  /** Takes the current record's value in hand. Changes count once they are `put`. */
  open(): void {
    const { length, pointer } = this
    if (length > this.words.length) this.words = new Int32Array(2 * length)
    const chunk = this.chunks[pointer >>> chunkBits] as Int32Array
    const { words } = this
    const from = (pointer & chunkMask) + ((chunk[pointer & chunkMask] as number) & 0xffffff) - length
    copyWords(chunk, from, words, 0, length)
    this.moves++
  }

  /** Inserts (d > 0; not zeroed) or removes words at `at` words into the value in hand. */
  resize(at: number, d: number): void {
    if (d === 0) return
    const { length } = this
    if (length + d > maxWords) throw tooLarge(length + d)
    if (length + d > this.words.length) {
      const larger = new Int32Array(2 * (length + d))
      larger.set(this.words)
      this.words = larger
    }
    this.moves++
    this.length = length + d
    const { words } = this
    if (length - at > moveMost) words.copyWithin(d > 0 ? at + d : at, d > 0 ? at : at - d, length)
    else if (d > 0) for (let i = length - 1; i >= at; i--) words[i + d] = words[i] as number
    else for (let i = at - d; i < length; i++) words[i + d] = words[i] as number
  }

  /** The value in hand becomes the current record's, which is among the writes. */
  put(): void {
    const { length, words } = this
    let chunk = this.chunks[this.pointer >>> chunkBits] as Int32Array
    let block = this.pointer & chunkMask
    const front = keyAt + ((((chunk[block + 1] as number) & 0xff) + 3) >> 2)
    const need = front + length
    const capacity = classWords[(chunk[block] as number) >>> 24] as number
    if (need > capacity || classOf(need) < ((chunk[block] as number) >>> 24) - 1) {
      this.move(front, need)
      chunk = this.chunks[this.pointer >>> chunkBits] as Int32Array
      block = this.pointer & chunkMask
    }
    copyWords(words, 0, chunk, block + front, length)
    chunk[block] = ((chunk[block] as number) & 0xff000000) | need
    this.touch(chunk, block)
  }

  /** The current record's header and key go to a block of another size. */
  private move(front: number, need: number): void {
    const old = this.pointer
    const from = this.chunks[old >>> chunkBits] as Int32Array
    const block = old & chunkMask
    const next = this.allocate(need)
    const target = this.chunks[next >>> chunkBits] as Int32Array
    const to = next & chunkMask
    for (let i = 1; i < front; i++) target[to + i] = from[block + i] as number
    this.index.move(from[block + 3] as number, old, next)
    const place = from[block + 2] as number
    if (place >= 0) this.dirty[place] = next
    this.release(old)
    this.pointer = next
  }

  private touch(words: Int32Array, block: number): void {
    if ((words[block + 2] as number) >= 0) return
    if (this.dirtyCount === this.dirty.length) {
      const larger = new Int32Array(this.dirtyCount * 2)
      larger.set(this.dirty)
      this.dirty = larger
    }
    words[block + 2] = this.dirtyCount
    this.dirty[this.dirtyCount++] = this.pointer
    this.dirtyWords += (words[block] as number) & 0xffffff
  }

  /** The current record's value becomes these bytes, as the store gave them; it is in hand, and not among the writes. */
  load(bytes: Buffer): void {
    const length = bytes.length >> 2
    const old = this.chunks[this.pointer >>> chunkBits] as Int32Array
    const front = keyAt + ((((old[(this.pointer & chunkMask) + 1] as number) & 0xff) + 3) >> 2)
    this.move(front, front + length)
    const chunk = this.chunks[this.pointer >>> chunkBits] as Int32Array
    const block = this.pointer & chunkMask
    bytes.copy(this.bytes[this.pointer >>> chunkBits] as Buffer, (block + front) * 4, 0, length * 4)
    chunk[block] = ((chunk[block] as number) & 0xff000000) | (front + length)
    this.length = length
    this.open()
  }

  // ---- writing out

  private stateWrites(): StateWrites {
    const slab = this
    const block = (i: number) => slab.dirty[i] as number
    const words = (pointer: number) => slab.chunks[pointer >>> chunkBits] as Int32Array
    const keyBytes = (pointer: number) => (words(pointer)[(pointer & chunkMask) + 1] as number) & 0xff
    const valueFrom = (pointer: number) => keyAt + ((keyBytes(pointer) + 3) >> 2)
    const used = (pointer: number) => (words(pointer)[pointer & chunkMask] as number) & 0xffffff
    return {
      get count() {
        return slab.dirtyCount
      },
      get bytes() {
        return 4 * slab.dirtyWords
      },
      expect: (from, to) => slab.touchAll(slab.dirty, from, to),
      keyLength: (i) => keyBytes(block(i)),
      copyKey(i, target, at) {
        const pointer = block(i)
        const length = keyBytes(pointer)
        copyBytes(words(pointer), (pointer & chunkMask) + keyAt, target, at, length)
        return at + length
      },
      valueLength: (i) => 4 * (used(block(i)) - valueFrom(block(i))),
      copyValue(i, target, at) {
        const pointer = block(i)
        const from = valueFrom(pointer)
        const length = 4 * (used(pointer) - from)
        copyBytes(words(pointer), (pointer & chunkMask) + from, target, at, length)
        return at + length
      },
    }
  }

  /** The writes were copied. */
  settled(): void {
    const { dirty, dirtyCount, chunks } = this
    this.dirtyCount = 0
    this.dirtyWords = 0
    for (let i = 0; i < dirtyCount; i++) {
      const pointer = dirty[i] as number
      const words = chunks[pointer >>> chunkBits] as Int32Array
      words[(pointer & chunkMask) + 2] = -1
    }
  }

  /** A clock over all blocks: drops clean records that were not found since it last came by, until at most `bytes` are held. */
  evict(bytes: number): void {
    let left = 2 * this.tops.reduce((sum, top) => sum + top, 0)
    while (this.memoryBytes > bytes && left > 0) {
      if (this.hand >= (this.tops[this.handChunk] ?? 0)) {
        this.handChunk = (this.handChunk + 1) % this.chunks.length
        this.hand = this.handChunk === 0 ? 4 : 0
        left--
        continue
      }
      const words = this.chunks[this.handChunk] as Int32Array
      const at = this.hand
      const size = classWords[(words[at] as number) >>> 24] as number
      this.hand += size
      left -= size
      if (((words[at] as number) & 0xffffff) === 0 || (words[at + 2] as number) >= 0) continue
      if ((words[at + 1] as number) & 0x100) words[at + 1] = (words[at + 1] as number) & 0xff
      else {
        this.remove((this.handChunk << chunkBits) | at)
        this.evicted++
      }
    }
  }

  // ---- inside

  private readKey(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length < 1 || length > maxKeyBytes) {
      throw new CodedError('KM_KEY_LENGTH', `a key of ${length} bytes; 1 to ${maxKeyBytes} are allowed`)
    }
    this.keyLength = length
    this.keyHash = keyWords(bytes, start, end, this.key)
    return this.keyHash
  }

  private allocate(need: number): number {
    if (need > maxWords) throw tooLarge(need)
    const size = classOf(need)
    const words = classWords[size] as number
    this.liveWords += words
    const reused = this.free[size] as number
    if (reused !== 0) {
      const chunk = this.chunks[reused >>> chunkBits] as Int32Array
      this.free[size] = chunk[(reused & chunkMask) + 1] as number
      return reused
    }
    let last = this.chunks.length - 1
    if (last < 0 || (this.tops[last] as number) + words > chunkWords) {
      const chunk = new Int32Array(chunkWords)
      this.chunks.push(chunk)
      this.bytes.push(Buffer.from(chunk.buffer))
      last++
      // Pointer 0 means none.
      this.tops.push(last === 0 ? 4 : 0)
      if (last === 0) this.hand = 4
    }
    const at = this.tops[last] as number
    this.tops[last] = at + words
    ;(this.chunks[last] as Int32Array)[at] = size << 24
    return (last << chunkBits) | at
  }

  private release(pointer: number): void {
    const words = this.chunks[pointer >>> chunkBits] as Int32Array
    const at = pointer & chunkMask
    const size = (words[at] as number) >>> 24
    words[at] = size << 24
    words[at + 1] = this.free[size] as number
    this.free[size] = pointer
    this.liveWords -= classWords[size] as number
  }

  private remove(pointer: number): void {
    const words = this.chunks[pointer >>> chunkBits] as Int32Array
    this.index.remove(words[(pointer & chunkMask) + 3] as number, pointer)
    this.records--
    this.release(pointer)
  }
}

const tooLarge = (words: number): CodedError =>
  new CodedError('KM_STATE_TOO_LARGE', `a subscriber's record would need ${words * 4} bytes; at most ${maxWords * 4}`)
