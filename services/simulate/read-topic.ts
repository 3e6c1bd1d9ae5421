import { shardId } from '../domain/ids.ts'
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
  const [ends = []] = await log.ends([topic.name])
  for (const [shard, end] of ends.entries()) {
    for await (const batch of log.read(topic.name, shardId(shard), 0, end)) {
      while (batch.next()) {
        const id = codec.schemaIdOf(batch.value, batch.valueStart, batch.valueEnd)
        if (!codec.isLearnt(id)) await codec.learn(id)
        records.push(codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd))
      }
    }
  }
  return records
}
