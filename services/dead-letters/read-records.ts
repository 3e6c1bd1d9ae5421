import { setImmediate as turnOfOthers } from 'node:timers/promises'
import { type ShardId, shardId } from '../domain/ids.ts'
import type { EventLog, RecordBatch } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { RecordTypes } from '../records/types.ts'
import type { SchemaName, Topic } from '../topology.ts'

/** What is needed of the platform to look at dead letters. */
export interface Reading {
  readonly log: EventLog
  readonly codec: Codec
}

/** Where a record is on the log. */
export interface LogPlace {
  readonly shard: ShardId
  readonly position: number
}

/**
 * Shows every record of a topic, shard by shard in its order; what others wrote there and can't be read is passed over. A
 * record of which a relay wasn't told that it had arrived may be there twice.
 */
export async function eachRecord<Name extends SchemaName>(
  { log, codec }: Reading,
  topic: Topic & { readonly schema: Name },
  visit: (record: RecordTypes[Name], place: LogPlace) => void,
): Promise<void> {
  const [ends = []] = await log.ends([topic.name])
  for (const [number, end] of ends.entries()) {
    const shard = shardId(number)
    await eachOf(log, topic.name, shard, 0, end, async (batch) => {
      const record = await decoded(codec, topic, batch)
      if (record) visit(record, { shard, position: batch.position })
    })
  }
}

/** Shows the records of one shard of a topic between two positions; other work gets turns. */
export async function eachOf(
  log: EventLog,
  topic: string,
  shard: ShardId,
  from: number,
  to: number,
  visit: (batch: RecordBatch) => void | Promise<void>,
): Promise<void> {
  if (from >= to) return
  for await (const batch of log.read(topic, shard, from, to)) {
    while (batch.next()) {
      const visiting = visit(batch)
      if (visiting) await visiting
    }
    await turnOfOthers()
  }
}

/** One record; undefined: it is no longer there. */
export async function recordAt<Name extends SchemaName>(
  { log, codec }: Reading,
  topic: Topic & { readonly schema: Name },
  { shard, position }: LogPlace,
): Promise<RecordTypes[Name] | undefined> {
  for await (const batch of log.read(topic.name, shard, position, position + 1)) {
    while (batch.next()) if (batch.position === position) return decoded(codec, topic, batch)
  }
  return undefined
}

async function decoded<Name extends SchemaName>(
  codec: Codec,
  { schema }: Topic & { readonly schema: Name },
  { value, valueStart, valueEnd }: RecordBatch,
): Promise<RecordTypes[Name] | undefined> {
  const id = codec.schemaIdOf(value, valueStart, valueEnd)
  if (id < 0) return undefined
  if (!codec.isLearnt(id)) await codec.learn(id)
  try {
    return codec.decode(schema, value, valueStart, valueEnd)
  } catch {
    return undefined
  }
}
