import { setTimeout as pause } from 'node:timers/promises'
import { isCoded } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { Topic } from '../topology.ts'
import type { AppendRecord, EventLog } from './event-log.ts'

/** Outputs of a group as the bytes of an outbox row: for each record topic, key and value, each behind its length. */
export function encodeOutbox(records: readonly AppendRecord[]): Buffer | null {
  if (records.length === 0) return null
  const parts: Buffer[] = []
  for (const { topic, key, value } of records) {
    const head = Buffer.allocUnsafe(8)
    const topicBytes = Buffer.from(topic)
    const keyBytes = Buffer.from(key)
    head.writeUInt16LE(topicBytes.length, 0)
    head.writeUInt16LE(keyBytes.length, 2)
    head.writeUInt32LE(value.length, 4)
    parts.push(head, topicBytes, keyBytes, Buffer.from(value.buffer, value.byteOffset, value.length))
  }
  return Buffer.concat(parts)
}

export function decodeOutbox(bytes: Buffer): AppendRecord[] {
  const records: AppendRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const topicEnd = at + 8 + bytes.readUInt16LE(at)
    const keyEnd = topicEnd + bytes.readUInt16LE(at + 2)
    const end = keyEnd + bytes.readUInt32LE(at + 4)
    records.push({
      topic: bytes.toString('utf8', at + 8, topicEnd),
      key: bytes.toString('utf8', topicEnd, keyEnd),
      value: bytes.subarray(keyEnd, end),
    })
    at = end
  }
  return records
}

const firstRetryMs = 50
const longestRetryMs = 2_000

/**
 * Relays committed outputs to the log, in the order of their commits. Of one commit, what the service adopts after a
 * rollback goes last, topic after topic as in its `adopts`: a decision on the log has its command there, so that none is
 * lost between them. A row that the log doesn't take is offered again until it does or the shard stops: it stays in the
 * store meanwhile, so nothing is lost.
 */
export class Relay {
  readonly #log: EventLog
  readonly #shard: ShardId
  readonly #adopts: readonly string[]
  readonly #signal: AbortSignal
  readonly #onRetry: (error: unknown) => void
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0
  /** Number of the last commit whose outputs are all on the log. */
  relayedThrough: number
  /** By topic, the position behind the last output of this shard on the log. */
  readonly ends: Map<string, number>

  constructor(
    log: EventLog,
    shard: ShardId,
    adopts: readonly Topic[],
    signal: AbortSignal,
    from: { relayedThrough: number; ends: Map<string, number> },
    onRetry: (error: unknown) => void,
  ) {
    this.#log = log
    this.#shard = shard
    this.#adopts = adopts.map(({ name }) => name)
    this.#signal = signal
    this.#onRetry = onRetry
    this.relayedThrough = from.relayedThrough
    this.ends = from.ends
  }

  /** Groups that wait to be on the log. */
  get waiting(): number {
    return this.#waiting
  }

  /** Resolves when nothing is on its way any more: what is begun ends, what is not begun stays in the store. */
  async ended(): Promise<void> {
    await this.#tail.catch(() => undefined)
  }

  /**
   * Resolves when the outputs of this commit, and of those before, are on the log; false if the shard stopped before.
   * @throws what the log says of outputs that it will never take; from then on nothing is sent, as rows behind them would
   *   be let go of with them
   */
  send(sequence: number, records: readonly AppendRecord[]): Promise<boolean> {
    this.#waiting++
    const sent = this.#tail.then(() => this.#append(sequence, records))
    this.#tail = sent.then(() => {
      this.#waiting--
    })
    // Who sends next is told; that nobody may come to send isn't another fault.
    this.#tail.catch(() => undefined)
    return sent
  }

  async #append(sequence: number, records: readonly AppendRecord[]): Promise<boolean> {
    const ends = new Map<string, number>()
    const others = records.filter(({ topic }) => !this.#adopts.includes(topic))
    const adopted = this.#adopts.map((name) => records.filter(({ topic }) => topic === name))
    for (const part of [others, ...adopted]) if (!(await this.#put(part, ends))) return false
    // At once: a commit that knew the ends and not yet that the row has left would have it sent again at a take-over,
    // which looks for a row's outputs behind the ends.
    for (const [topic, end] of ends) this.ends.set(topic, end)
    this.relayedThrough = sequence
    return true
  }

  /** Offers the records until the log takes them; false if the shard stopped before. */
  async #put(records: readonly AppendRecord[], ends: Map<string, number>): Promise<boolean> {
    for (let wait = firstRetryMs; ; wait = Math.min(2 * wait, longestRetryMs)) {
      if (this.#signal.aborted) return false
      if (records.length === 0) return true
      try {
        for (const { topic, shard, end } of await this.#log.append(records)) {
          if (shard === this.#shard) ends.set(topic, end)
        }
        return true
      } catch (error) {
        if (!isCoded(error) || !error.canRetry) throw error
        this.#onRetry(error)
        await pause(wait, undefined, { signal: this.#signal }).catch(() => undefined)
      }
    }
  }
}
