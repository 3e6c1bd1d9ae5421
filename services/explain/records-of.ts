import type { ShardId } from '../domain/ids.ts'
import type { Platform } from '../platform/platform.ts'
import type { RecordTypes } from '../records/types.ts'
import type { SchemaName, Topic } from '../topology.ts'

/** Newest records of a topic that are looked at: what concerns outreach is rare. */
const recordsMost = 300_000

/** What a topic has of one subscriber, in the order of the log. */
export async function* recordsOf<Name extends SchemaName>(
  { log, codec }: Pick<Platform, 'log' | 'codec'>,
  topic: Topic & { readonly schema: Name },
  shard: ShardId,
  subscriber: string,
): AsyncGenerator<RecordTypes[Name]> {
  const key = Buffer.from(subscriber)
  const [ends = []] = await log.ends([topic.name])
  const end = ends[shard] ?? 0
  for await (const batch of log.read(topic.name, shard, Math.max(0, end - recordsMost), end)) {
    while (batch.next()) {
      const { keyStart, keyEnd, value, valueStart, valueEnd } = batch
      if (keyEnd - keyStart !== key.length || batch.key.compare(key, 0, key.length, keyStart, keyEnd) !== 0) continue
      const id = codec.schemaIdOf(value, valueStart, valueEnd)
      if (id < 0) continue
      if (!codec.isLearnt(id)) await codec.learn(id)
      yield codec.decode(topic.schema, value, valueStart, valueEnd)
    }
  }
}
