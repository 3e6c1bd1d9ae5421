import { type ShardId, shardId } from '../domain/ids.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { RecordTypes } from '../records/types.ts'
import type { SchemaName, Topic } from '../topology.ts'

/** Every record of a topic, shard by shard. For topics that fit into memory. */
export async function readTopic<Name extends SchemaName>(
  log: EventLog,
  codec: Codec,
  topic: Topic & { readonly schema: Name },
): Promise<RecordTypes[Name][]> {
  const records: RecordTypes[Name][] = []
  for (let shard = 0; shard < log.shards; shard++) {
    for await (const record of readShard(log, codec, topic, shardId(shard))) records.push(record)
  }
  return records
}

/** The records of one shard of a topic in their order, some at a time. */
export async function* readShard<Name extends SchemaName>(
  log: EventLog,
  codec: Codec,
  topic: Topic & { readonly schema: Name },
  shard: ShardId,
): AsyncGenerator<RecordTypes[Name]> {
  const [ends = []] = await log.ends([topic.name])
  for await (const batch of log.read(topic.name, shard, 0, ends[shard] ?? 0)) {
    while (batch.next()) {
      const id = codec.schemaIdOf(batch.value, batch.valueStart, batch.valueEnd)
      if (!codec.isLearnt(id)) await codec.learn(id)
      yield codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd)
    }
  }
}
