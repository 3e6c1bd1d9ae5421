import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import { abortable } from '../flow/abortable.ts'
import type { EventLog, RecordBatch } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { ControlRecord } from '../records/types.ts'
import { topics } from '../topology.ts'

export interface TailOptions {
  readonly log: EventLog
  readonly codec: Codec
  record(record: ControlRecord): void
  /** One that can't be read, by an id of its place. */
  unreadable(id: string, appendedAt: number, problem: unknown): void
  failed(error: unknown): void
}

/** Reads km.control as a whole, from its beginning on, and goes on doing so. */
export interface Tail {
  /** Resolves when everything has been handed over that was on the log when this was called. @throws CodedError KM_LOG_UNAVAILABLE */
  through(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

const { name: topic, schema } = topics.control
const registryRetryMs = 500

/** Each process reads all of it, in a group of its own. @throws CodedError KM_LOG_UNAVAILABLE */
export async function startTail({ log, codec, record, unreadable, failed }: TailOptions): Promise<Tail> {
  const positions = new Map<ShardId, number>()
  const waiting = new Set<{ readonly ends: readonly number[]; resolve(): void }>()
  const stopping = new AbortController()
  let handling = Promise.resolve()

  const isThrough = (ends: readonly number[]) =>
    ends.every((end, shard) => (positions.get(shard as ShardId) ?? 0) >= end)

  async function handle(shard: ShardId, batch: RecordBatch): Promise<void> {
    while (batch.next()) {
      if (batch.position < (positions.get(shard) ?? 0)) continue // read before the group was joined anew
      await learn(codec, batch, stopping.signal)
      if (stopping.signal.aborted) return
      take(shard, batch)
      positions.set(shard, batch.position + 1)
    }
    positions.set(shard, Math.max(positions.get(shard) ?? 0, batch.nextPosition))
    for (const one of waiting) {
      if (!isThrough(one.ends)) continue
      waiting.delete(one)
      one.resolve()
    }
  }

  function take(shard: ShardId, { value, valueStart, valueEnd, position, appendedAt }: RecordBatch): void {
    let decoded: ControlRecord
    try {
      decoded = codec.decode(schema, value, valueStart, valueEnd)
    } catch (problem) {
      unreadable(`unreadable-${shard}-${position}`, appendedAt, problem)
      return
    }
    record(decoded)
  }

  const membership = await log.join({
    group: `control-${randomUUID()}`,
    topics: [topic],
    assigned(shard, feed) {
      feed.start([positions.get(shard) ?? 0], {
        push(_topic, batch) {
          handling = handling.then(() => handle(shard, batch)).catch(failed)
        },
      })
    },
    revoked: async () => undefined,
    failed,
  })

  return {
    async through(signal) {
      const either = AbortSignal.any([signal, stopping.signal])
      const [ends = []] = await log.ends([topic], either).catch(orNotRead(either))
      if (isThrough(ends)) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const one = { ends, resolve }
      waiting.add(one)
      try {
        await abortable(promise, either)
      } catch (cause) {
        throw notRead(cause)
      } finally {
        waiting.delete(one)
      }
    },
    async stop() {
      stopping.abort()
      await membership.leave()
      await handling
    },
  }
}

const notRead = (cause: unknown): CodedError =>
  new CodedError('KM_LOG_UNAVAILABLE', `${topic} was not read to its end in time`, { canRetry: true, cause })

/** What the log says by itself has a code of its own. */
const orNotRead =
  (signal: AbortSignal) =>
  (error: unknown): never => {
    throw signal.aborted ? notRead(error) : error
  }

/** Fetches the writer's schema where it isn't known yet, however long the registry stays away. */
async function learn(codec: Codec, { value, valueStart, valueEnd }: RecordBatch, signal: AbortSignal): Promise<void> {
  const id = codec.schemaIdOf(value, valueStart, valueEnd)
  while (id >= 0 && !codec.isLearnt(id) && !signal.aborted) {
    await codec.learn(id).catch(() => pause(registryRetryMs, undefined, { signal }).catch(() => undefined))
  }
}
