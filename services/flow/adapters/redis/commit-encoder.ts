import type { CommitGroup, StateWrites, TimerEntry } from '../../state-store.ts'
import { bucketOf, type ShardKeys } from './keys.ts'
import { RespWriter } from './resp.ts'

/** What a commit needs besides its group. */
export interface CommitFrame {
  readonly scriptSha: string
  readonly keys: ShardKeys
  readonly buckets: number
  readonly epoch: string
  /** Sequences of the outbox rows that are dropped. */
  readonly trimmed: readonly number[]
}

/** Members of the set of timers. A slot is an integer, so the first space ends it whatever the key contains. */
const timerMember = (entry: TimerEntry): string => `${entry.slot} ${entry.key}`

export function timerOf(member: string): TimerEntry {
  const space = member.indexOf(' ')
  return { slot: Number(member.slice(0, space)), key: member.slice(space + 1) }
}

/**
 * Turns a group into the bytes of one EVALSHA of `commit.lua`. Hot path: keys and values are copied by `StateWrites`
 * straight to their places; no object and no string is made per write. Writes are sorted by bucket by counting.
 */
export class CommitEncoder {
  /** 2 x bucket of each write, plus 1 if it removes. */
  #places = new Uint16Array(0)
  #order = new Uint32Array(0)
  #key = Buffer.alloc(256)
  readonly #free: Buffer[] = []

  encode(group: CommitGroup, frame: CommitFrame): Buffer {
    const { writes } = group
    const { scriptSha, keys, buckets, epoch, trimmed } = frame
    const starts = new Uint32Array(2 * buckets + 1)
    const bytes = this.#sort(writes, buckets, starts)
    const touched: number[] = []
    for (let bucket = 0; bucket < buckets; bucket++) {
      if (starts[2 * bucket] !== starts[2 * bucket + 2]) touched.push(bucket)
    }
    const removals = countRemovals(starts, buckets)
    const names = [keys.meta, keys.timers, keys.outbox, ...touched.map((bucket) => keys.bucket(bucket))]
    const removed = group.timersRemoved.map(timerMember)
    const added = group.timersAdded.map(timerMember)
    const notes = group.note === null ? [] : [group.note]
    const texts = [scriptSha, ...names, epoch, group.progress, ...notes, ...removed, ...added]
    const outbox = group.outbox ?? Buffer.alloc(0)

    const numbers = 17 + trimmed.length + 2 * touched.length
    let size =
      RespWriter.room(outbox.length) + numbers * RespWriter.room(16) + bytes + writes.count * 2 * RespWriter.room(0)
    for (const text of texts) size += RespWriter.room(Buffer.byteLength(text))

    const out = new RespWriter(this.#take(size))
    out.array(
      3 +
        names.length +
        8 +
        notes.length +
        trimmed.length +
        removed.length +
        added.length +
        2 * touched.length +
        2 * writes.count -
        removals,
    )
    out.text('EVALSHA')
    out.text(scriptSha)
    out.integer(names.length)
    for (const name of names) out.text(name)
    out.text(epoch)
    out.integer(group.sequence)
    out.text(group.progress)
    out.bytes(outbox)
    out.integer(trimmed.length)
    out.integer(removed.length)
    out.integer(added.length)
    out.integer(notes.length)
    for (const note of notes) out.text(note)
    for (const sequence of trimmed) out.integer(sequence)
    for (const member of removed) out.text(member)
    for (const member of added) out.text(member)
    for (const bucket of touched) this.#bucket(out, writes, starts, bucket)
    return out.buffer.subarray(0, out.end)
  }

  /** Takes back a command's buffer; only when its reply has come, for the socket may hold it until then. */
  recycle(command: Buffer): void {
    if (this.#free.length < 8) this.#free.push(Buffer.from(command.buffer, 0, command.buffer.byteLength))
  }

  #bucket(out: RespWriter, writes: StateWrites, starts: Uint32Array, bucket: number): void {
    const from = starts[2 * bucket] as number
    const removals = starts[2 * bucket + 1] as number
    const to = starts[2 * bucket + 2] as number
    out.integer(removals - from)
    out.integer(to - removals)
    for (let at = from; at < to; at++) {
      const i = this.#order[at] as number
      out.open(writes.keyLength(i))
      out.end = writes.copyKey(i, out.buffer, out.end)
      out.close()
      if (at < removals) {
        out.open(writes.valueLength(i))
        out.end = writes.copyValue(i, out.buffer, out.end)
        out.close()
      }
    }
  }

  /** Fills `starts` (first place in the order of each bucket's sets and removals) and the order; returns bytes of all. */
  #sort(writes: StateWrites, buckets: number, starts: Uint32Array): number {
    const { count } = writes
    if (this.#order.length < count) {
      this.#order = new Uint32Array(2 * count)
      this.#places = new Uint16Array(2 * count)
    }
    let bytes = 0
    for (let i = 0; i < count; i++) {
      const keyLength = writes.keyLength(i)
      const valueLength = writes.valueLength(i)
      if (this.#key.length < keyLength) this.#key = Buffer.alloc(2 * keyLength)
      const end = writes.copyKey(i, this.#key, 0)
      const place = 2 * bucketOf(this.#key, 0, end, buckets) + (valueLength === 0 ? 1 : 0)
      this.#places[i] = place
      ;(starts[place] as number)++
      bytes += keyLength + valueLength
    }
    for (let place = 0, at = 0; place < starts.length; place++) {
      const here = starts[place] as number
      starts[place] = at
      at += here
    }
    const next = starts.slice()
    for (let i = 0; i < count; i++) {
      const place = this.#places[i] as number
      const at = next[place] as number
      next[place] = at + 1
      this.#order[at] = i
    }
    return bytes
  }

  #take(size: number): Buffer {
    const found = this.#free.findIndex((buffer) => buffer.length >= size)
    if (found >= 0) return this.#free.splice(found, 1)[0] as Buffer
    this.#free.shift()
    const length = 2 ** Math.ceil(Math.log2(Math.max(size, 65_536)))
    return Buffer.from(new ArrayBuffer(length))
  }
}

function countRemovals(starts: Uint32Array, buckets: number): number {
  let removals = 0
  for (let bucket = 0; bucket < buckets; bucket++) {
    removals += (starts[2 * bucket + 2] as number) - (starts[2 * bucket + 1] as number)
  }
  return removals
}
