import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import { abortable } from '../flow/abortable.ts'
import type { EventLog, RecordBatch } from '../flow/event-log.ts'
import type { SchemaName, Topic } from '../topology.ts'
import type { Codec } from './codec.ts'
import type { RecordTypes } from './types.ts'

/** Where a record stands. */
export interface Place {
  readonly shard: ShardId
  readonly position: number
  readonly appendedAt: number
}

/** Takes records in the order of their shard; `problem` in place of one that can't be read. Never throws. */
export type Take<Name extends SchemaName> = (
  record: RecordTypes[Name] | undefined,
  place: Place,
  problem?: unknown,
) => void

/** A topic that is read as a whole, and what takes its records. */
export interface WholeTopic {
  readonly name: string
  /** Where reading begins, by shard; 0 where nothing is said. */
  readonly from: readonly number[]
  take(codec: Codec, batch: RecordBatch, place: Place): void
}

export function wholeTopic<Name extends SchemaName>(
  { name, schema }: Topic<Name>,
  take: Take<Name>,
  from: readonly number[] = [],
): WholeTopic {
  return {
    name,
    from,
    take(codec, { value, valueStart, valueEnd }, place) {
      let record: RecordTypes[Name]
      try {
        record = codec.decode(schema, value, valueStart, valueEnd)
      } catch (problem) {
        take(undefined, place, problem)
        return
      }
      take(record, place)
    },
  }
}

export interface WholeTopicsOptions {
  readonly log: EventLog
  readonly codec: Codec
  /** Who reads; each process is a group of its own, named after it. */
  readonly reader: string
  readonly topics: readonly WholeTopic[]
  failed(error: unknown): void
}

/** Where a reader is to have come, by topic and shard; what isn't said needn't be waited for. */
export type Ends = readonly (readonly number[])[]

export interface WholeTopics {
  /**
   * Resolves when all in front of `ends` has been handed over.
   * @throws CodedError KM_LOG_UNAVAILABLE (canRetry): the signal was aborted, or the reader stopped, before that
   */
  through(ends: Ends, signal?: AbortSignal): Promise<void>
  /** The same for all that is on the log when this is called. @throws CodedError KM_LOG_UNAVAILABLE */
  throughAll(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

const registryRetryMs = 500

/** Reads all shards of some topics, each process all of them, and goes on doing so. @throws CodedError KM_LOG_UNAVAILABLE */
export async function readWhole(options: WholeTopicsOptions): Promise<WholeTopics> {
  const { log, codec, reader, topics, failed } = options
  const names = topics.map(({ name }) => name)
  const positions = topics.map(({ from }) => Array.from({ length: log.shards }, (_, shard) => from[shard] ?? 0))
  const waiting = new Set<{ readonly ends: Ends; resolve(): void }>()
  const stopping = new AbortController()
  let handling = Promise.resolve()

  const positionOf = (topic: number, shard: number): number => positions[topic]?.[shard] ?? 0
  const isThrough = (ends: Ends): boolean =>
    ends.every((byShard, topic) => byShard.every((end, shard) => positionOf(topic, shard) >= end))

  async function handle(shard: ShardId, topic: number, batch: RecordBatch): Promise<void> {
    const { take } = topics[topic] as WholeTopic
    const at = positions[topic] as number[]
    while (batch.next()) {
      const { position, appendedAt } = batch
      if (position < positionOf(topic, shard)) continue // read before the group was joined anew
      await learnSchema(codec, batch, stopping.signal)
      if (stopping.signal.aborted) return
      take(codec, batch, { shard, position, appendedAt })
      at[shard] = position + 1
    }
    at[shard] = Math.max(positionOf(topic, shard), batch.nextPosition)
    for (const one of waiting) if (isThrough(one.ends)) one.resolve()
  }

  const membership = await log.join({
    group: `${reader}-${randomUUID()}`,
    topics: names,
    assigned(shard, feed) {
      const from = topics.map((_, topic) => positionOf(topic, shard))
      feed.start(from, {
        push(topic, batch) {
          handling = handling.then(() => handle(shard, topic, batch)).catch(failed)
        },
      })
    },
    revoked: async () => undefined,
    failed,
  })

  async function through(ends: Ends, signal?: AbortSignal): Promise<void> {
    if (isThrough(ends)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const one = { ends, resolve }
    waiting.add(one)
    try {
      await abortable(promise, signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal)
    } catch (cause) {
      throw notRead(names, cause)
    } finally {
      waiting.delete(one)
    }
  }

  return {
    through,
    throughAll: async (signal) => through(await endsOf(log, names, signal), signal),
    async stop() {
      stopping.abort()
      await membership.leave()
      await handling
    },
  }
}

/** The log says by itself why it can't tell where it ends; that it took too long is said here. */
async function endsOf(log: EventLog, names: readonly string[], signal: AbortSignal): Promise<Ends> {
  try {
    return await log.ends(names, signal)
  } catch (error) {
    throw signal.aborted ? notRead(names, error) : error
  }
}

const notRead = (names: readonly string[], cause: unknown): CodedError =>
  new CodedError('KM_LOG_UNAVAILABLE', `${names.join(' and ')} was not read as far as was asked for in time`, {
    canRetry: true,
    cause,
  })

/** Fetches the writer's schema where it isn't known yet, however long the registry stays away. */
export async function learnSchema(
  codec: Codec,
  { value, valueStart, valueEnd }: RecordBatch,
  signal: AbortSignal,
): Promise<void> {
  const id = codec.schemaIdOf(value, valueStart, valueEnd)
  while (id >= 0 && !codec.isLearnt(id) && !signal.aborted) {
    await codec.learn(id).catch(() => pause(registryRetryMs, undefined, { signal }).catch(() => undefined))
  }
}
