import type { CommitGroup, StateWrites, TimerEntry } from '../../state-store.ts'
import { bucketOf, type ShardKeys } from './keys.ts'
import { RespWriter } from './resp.ts'

/** What a commit needs besides its group. */
export interface CommitFrame {
  readonly keys: ShardKeys
  readonly buckets: number
  /** Sequences of the outbox rows that are dropped. */
  readonly trimmed: readonly number[]
}

/** A commit as it goes to the server. */
export interface Transaction {
  /** MULTI, the writes, EXEC, and the look at what is stored then, watched for the commit behind it. */
  readonly bytes: Buffer
  /** Commands between MULTI and EXEC. */
  readonly writes: number
}

/** So many writes are asked for at once: as many as fit in the caches. */
const writesExpected = 128

/** Members of the set of timers. A slot is an integer, so the first space ends it whatever the key contains. */
const timerMember = (entry: TimerEntry): string => `${entry.slot} ${entry.key}`

export function timerOf(member: string): TimerEntry {
  const space = member.indexOf(' ')
  return { slot: Number(member.slice(0, space)), key: member.slice(space + 1) }
}

/**
 * Turns a group into the bytes of one transaction. Hot path: keys and values are copied by `StateWrites` straight to their
 * places; no object and no string is made per write. Writes are sorted by bucket by counting.
 */
export class CommitEncoder {
  /** 2 x bucket of each write, plus 1 if it removes. */
  #places = new Uint16Array(0)
  #order = new Uint32Array(0)
  #key = Buffer.alloc(256)
  readonly #free: Buffer[] = []

  encode(group: CommitGroup, { keys, buckets, trimmed }: CommitFrame): Transaction {
    const { writes } = group
    const starts = new Uint32Array(2 * buckets + 1)
    const stateBytes = this.#sort(writes, buckets, starts)
    const sequence = String(group.sequence)
    const note = group.note === null ? [] : ['m', group.note]
    const first: (readonly (string | Uint8Array)[])[] = [
      ['HSET', keys.meta, 's', sequence, 'p', group.progress, ...note],
      ...(group.outbox?.length ? [['HSET', keys.outbox, sequence, group.outbox]] : []),
      ...(trimmed.length > 0 ? [['HDEL', keys.outbox, ...trimmed.map(String)]] : []),
      ...(group.timersRemoved.length > 0 ? [['SREM', keys.timers, ...group.timersRemoved.map(timerMember)]] : []),
      ...(group.timersAdded.length > 0 ? [['SADD', keys.timers, ...group.timersAdded.map(timerMember)]] : []),
    ]
    const changes = changesOf(keys, starts)
    const around = [['MULTI'], ['EXEC'], ['WATCH', keys.meta], ['HMGET', keys.meta, 'e', 's']]
    let size = stateBytes + 2 * writes.count * RespWriter.room(0)
    for (const command of [...around, ...first]) size += RespWriter.roomOf(command)
    for (const { command, key } of changes) size += RespWriter.roomOf([command, key])

    const out = new RespWriter(this.#take(size))
    out.command(['MULTI'])
    for (const command of first) out.command(command)
    for (const change of changes) this.#write(out, writes, change)
    for (const command of around.slice(1)) out.command(command)
    return { bytes: out.buffer.subarray(0, out.end), writes: first.length + changes.length }
  }

  /** Takes back a transaction's buffer; only when its replies have come, for the socket may hold it until then. */
  recycle({ bytes }: Transaction): void {
    if (this.#free.length < 8) this.#free.push(Buffer.from(bytes.buffer, 0, bytes.buffer.byteLength))
  }

  #write(out: RespWriter, writes: StateWrites, { command, key, from, to }: BucketChange): void {
    const sets = command === 'HSET'
    out.array(2 + (to - from) * (sets ? 2 : 1))
    out.text(command)
    out.text(key)
    for (let at = from; at < to; at++) {
      const i = this.#order[at] as number
      out.open(writes.keyLength(i))
      out.end = writes.copyKey(i, out.buffer, out.end)
      out.close()
      if (!sets) continue
      out.open(writes.valueLength(i))
      out.end = writes.copyValue(i, out.buffer, out.end)
      out.close()
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
      if (i % writesExpected === 0) writes.expect?.(i, Math.min(i + writesExpected, count))
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

/** What happens to one bucket by one command: places `from` to `to` of the order. */
interface BucketChange {
  readonly command: 'HSET' | 'HDEL'
  readonly key: string
  readonly from: number
  readonly to: number
}

function changesOf(keys: ShardKeys, starts: Uint32Array): BucketChange[] {
  const changes: BucketChange[] = []
  for (let place = 0; place + 1 < starts.length; place++) {
    const [from, to] = [starts[place] as number, starts[place + 1] as number]
    if (from < to) changes.push({ command: place % 2 === 0 ? 'HSET' : 'HDEL', key: keys.bucket(place >> 1), from, to })
  }
  return changes
}
