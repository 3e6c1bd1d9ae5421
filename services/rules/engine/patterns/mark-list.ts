import { wordsFor, writeBytes } from '../words.ts'

const firstRoom = 8

/** Ids of the record in hand, each in whole words. A mark names its id by the place here. */
export class IdPool {
  words = new Int32Array(256)
  length = 0

  /** Room for `bytes` bytes; its place. */
  reserve(bytes: number): number {
    const at = this.length
    this.length += wordsFor(bytes)
    if (this.length > this.words.length) {
      const wider = new Int32Array(2 * this.length)
      wider.set(this.words)
      this.words = wider
    }
    return at
  }

  add(bytes: Uint8Array, start: number, end: number): number {
    const at = this.reserve(end - start)
    writeBytes(this.words, at, bytes, start, end)
    return at
  }

  text(tag: number, at: number): string {
    return Buffer.from(this.words.buffer, at * 4, idBytes(tag)).toString()
  }

  /** Order by type, then id. */
  compare(tag: number, at: number, otherTag: number, otherAt: number): number {
    const types = typeOf(tag) - typeOf(otherTag)
    if (types !== 0) return types
    const shorter = Math.min(idBytes(tag), idBytes(otherTag))
    for (let i = 0; i < shorter; i++) {
      const difference = this.byte(at, i) - this.byte(otherAt, i)
      if (difference !== 0) return difference
    }
    return idBytes(tag) - idBytes(otherTag)
  }

  private byte(at: number, i: number): number {
    return ((this.words[at + (i >> 2)] as number) >>> ((i & 3) << 3)) & 0xff
  }
}

/** A tag says of which type an event is (4 bits) and how long its id is (10 bits); 0: no id is kept. */
export const tagOf = (type: number, bytes: number): number => type | (bytes << 4)
const typeOf = (tag: number): number => tag & 15
export const idBytes = (tag: number): number => (tag >> 4) & 1023

/** Times in ascending order, each with the hash of its key (0, 0 without one) and what else is known; at most one of an instant and key. */
export class MarkList {
  count = 0
  times = new Float64Array(firstRoom)
  lows = new Int32Array(firstRoom)
  highs = new Int32Array(firstRoom)
  tags = new Int32Array(firstRoom)
  /** Places of the ids in the pool. */
  ids = new Int32Array(firstRoom)
  /** Of what waits: when its chain began, and its deadline where that isn't its time + length (else NaN). */
  firsts = new Float64Array(firstRoom)
  deadlines = new Float64Array(firstRoom)

  /** Index of the mark of this instant and key, or -1 - the index at which it would be inserted. */
  find(time: number, low: number, high: number): number {
    let i = this.count
    while (i > 0 && (this.times[i - 1] as number) > time) i--
    const behind = i
    while (i > 0 && this.times[i - 1] === time) {
      i--
      if (this.lows[i] === low && this.highs[i] === high) return i
    }
    return -1 - behind
  }

  insert(i: number, time: number, low: number, high: number, tag: number, id: number): void {
    if (this.count === this.times.length) this.widen()
    for (let k = this.count++; k > i; k--) this.move(k - 1, k)
    this.times[i] = time
    this.lows[i] = low
    this.highs[i] = high
    this.tags[i] = tag
    this.ids[i] = id
    this.firsts[i] = time
    this.deadlines[i] = Number.NaN
  }

  remove(i: number): void {
    this.count--
    for (let k = i; k < this.count; k++) this.move(k + 1, k)
  }

  /** Without its first `n`. */
  drop(n: number): void {
    if (n === 0) return
    this.count -= n
    for (let k = 0; k < this.count; k++) this.move(k + n, k)
  }

  isOf(i: number, low: number, high: number): boolean {
    return this.lows[i] === low && this.highs[i] === high
  }

  /** How many of a key, and the first of them. */
  countOf(low: number, high: number): number {
    let n = 0
    for (let i = 0; i < this.count; i++) if (this.isOf(i, low, high)) n++
    return n
  }
  /** How many of a key from an index on and before a time. */
  countBetween(from: number, before: number, low: number, high: number): number {
    let n = 0
    for (let i = from; i < this.count && (this.times[i] as number) < before; i++) if (this.isOf(i, low, high)) n++
    return n
  }
  firstOf(low: number, high: number, from = 0): number {
    for (let i = from; i < this.count; i++) if (this.isOf(i, low, high)) return i
    return -1
  }

  /** Greatest time before `time` of a key; -Infinity if there is none. */
  latestBefore(time: number, low: number, high: number): number {
    for (let i = this.count - 1; i >= 0; i--) {
      const own = this.times[i] as number
      if (own < time && this.isOf(i, low, high)) return own
    }
    return Number.NEGATIVE_INFINITY
  }

  private move(from: number, to: number): void {
    this.times[to] = this.times[from] as number
    this.lows[to] = this.lows[from] as number
    this.highs[to] = this.highs[from] as number
    this.tags[to] = this.tags[from] as number
    this.ids[to] = this.ids[from] as number
    this.firsts[to] = this.firsts[from] as number
    this.deadlines[to] = this.deadlines[from] as number
  }

  private widen(): void {
    const room = 2 * this.times.length
    const wider = <T extends Float64Array | Int32Array>(to: T, from: T): T => {
      to.set(from)
      return to
    }
    this.times = wider(new Float64Array(room), this.times)
    this.lows = wider(new Int32Array(room), this.lows)
    this.highs = wider(new Int32Array(room), this.highs)
    this.tags = wider(new Int32Array(room), this.tags)
    this.ids = wider(new Int32Array(room), this.ids)
    this.firsts = wider(new Float64Array(room), this.firsts)
    this.deadlines = wider(new Float64Array(room), this.deadlines)
  }
}
