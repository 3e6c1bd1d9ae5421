import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../domain/errors.ts'
import { type ShardId, shardId } from '../domain/ids.ts'
import type { EventLog, RecordBatch } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { RecordTypes } from '../records/types.ts'
import { type SchemaName, topics } from '../topology.ts'

/** Where a record stands. */
export interface Place {
  readonly shard: ShardId
  readonly position: number
  readonly appendedAt: number
}

export interface TailOptions {
  readonly log: EventLog
  readonly codec: Codec
  /** Records in the order of their shard; `problem` instead of one that can't be read. Never throws. */
  version(record: RecordTypes['catalogue-version'] | undefined, place: Place, problem?: unknown): void
  report(record: RecordTypes['worker-report']): void
  failed(error: unknown): void
}

export interface Tail {
  /** Resolves when all is handed over that was there at the start. */
  readonly caughtUp: Promise<void>
  /**
   * Resolves when the records of km.catalogue, shard 0, in front of `position` have been handed over.
   * @throws CodedError KM_LOG_UNAVAILABLE (canRetry): not within so many milliseconds, or before `stop`
   */
  reached(position: number, withinMs: number): Promise<void>
  stop(): Promise<void>
}

/** Versions stand on one shard: their order is the order of the log. */
export const versionsShard = shardId(0)

const read = [topics.catalogue, topics.workers] as const
const catalogueTopic = 0
const registryRetryMs = 500

/**
 * Reads km.catalogue from its beginning and km.workers from now on, all shards, and goes on doing so. Each process reads
 * all of them, in a group of its own.
 * @throws CodedError KM_LOG_UNAVAILABLE
 */
export async function startTail({ log, codec, version, report, failed }: TailOptions): Promise<Tail> {
  const [versionEnds = [], workerEnds = []] = await log.ends(read.map(({ name }) => name))
  const positions = new Map<ShardId, number[]>()
  const waiting = new Set<{ readonly position: number; resolve(): void; reject(error: CodedError): void }>()
  const stopping = new AbortController()
  let handling = Promise.resolve()

  const positionsOf = (shard: ShardId): number[] => {
    const found = positions.get(shard) ?? [0, workerEnds[shard] ?? 0]
    positions.set(shard, found)
    return found
  }

  async function handle(shard: ShardId, topic: number, batch: RecordBatch): Promise<void> {
    const at = positionsOf(shard)
    while (batch.next()) {
      const place = { shard, position: batch.position, appendedAt: batch.appendedAt }
      if (batch.position < (at[topic] ?? 0)) continue // read before the group was joined anew
      await learn(codec, batch, stopping.signal)
      if (stopping.signal.aborted) return
      if (topic === catalogueTopic)
        take(codec, 'catalogue-version', batch, (record, why) => version(record, place, why))
      // A report that can't be read is of another release: its next one may be readable.
      else take(codec, 'worker-report', batch, (record) => record && report(record))
      at[topic] = batch.position + 1
    }
    at[topic] = Math.max(at[topic] ?? 0, batch.nextPosition)
    if (topic !== catalogueTopic || shard !== versionsShard) return
    for (const one of waiting) {
      if (one.position > (at[topic] ?? 0)) continue
      waiting.delete(one)
      one.resolve()
    }
  }

  const membership = await log.join({
    group: `catalogue-${randomUUID()}`,
    topics: read.map(({ name }) => name),
    assigned(shard, feed) {
      feed.start([...positionsOf(shard)], {
        push(topic, batch) {
          handling = handling.then(() => handle(shard, topic, batch)).catch(failed)
        },
      })
    },
    revoked: async () => undefined,
    failed,
  })
  const isReached = (position: number) => (positionsOf(versionsShard)[catalogueTopic] ?? 0) >= position

  function wait(position: number): { readonly promise: Promise<void>; giveUp(): void } {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const one = { position, resolve, reject }
    waiting.add(one)
    return {
      promise,
      giveUp() {
        waiting.delete(one)
        reject(notRead('were not read from the log in time'))
      },
    }
  }

  async function reached(position: number, withinMs: number): Promise<void> {
    if (isReached(position)) return
    if (stopping.signal.aborted) throw notRead(ending)
    const { promise, giveUp } = wait(position)
    const timer = setTimeout(giveUp, withinMs)
    try {
      await promise
    } finally {
      clearTimeout(timer)
    }
  }

  const first = versionEnds[versionsShard] ?? 0
  return {
    reached,
    caughtUp: isReached(first) ? Promise.resolve() : wait(first).promise,
    async stop() {
      stopping.abort()
      for (const one of waiting) one.reject(notRead(ending))
      waiting.clear()
      await membership.leave()
      await handling
    },
  }
}

const ending = 'are not read any more, as this process ends'

const notRead = (why: string): CodedError =>
  new CodedError('KM_LOG_UNAVAILABLE', `the versions ${why}; look at them before publishing again`, { canRetry: true })

/** Fetches the writer's schema where it isn't known yet, however long the registry stays away. */
async function learn(codec: Codec, { value, valueStart, valueEnd }: RecordBatch, signal: AbortSignal): Promise<void> {
  const id = codec.schemaIdOf(value, valueStart, valueEnd)
  while (id >= 0 && !codec.isLearnt(id) && !signal.aborted) {
    await codec.learn(id).catch(() => pause(registryRetryMs, undefined, { signal }).catch(() => undefined))
  }
}

/** Hands a record over, or tells why it can't be read. */
function take<Name extends SchemaName>(
  codec: Codec,
  schema: Name,
  { value, valueStart, valueEnd }: RecordBatch,
  tell: (record: RecordTypes[Name] | undefined, problem?: unknown) => void,
): void {
  let record: RecordTypes[Name]
  try {
    record = codec.decode(schema, value, valueStart, valueEnd)
  } catch (problem) {
    tell(undefined, problem)
    return
  }
  tell(record)
}
