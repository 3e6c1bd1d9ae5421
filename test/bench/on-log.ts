import { shardId } from '../../services/domain/ids.ts'
import { createKafkaLog } from '../../services/flow/adapters/kafka/log.ts'
import { prefixed } from '../../services/flow/adapters/kafka/prefixed.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createConfluentRegistry } from '../../services/records/confluent-registry.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import type { RecordTypes } from '../../services/records/types.ts'
import { allTopics, keptTopics, type SchemaName, type Topic, topics, unlimitedTopics } from '../../services/topology.ts'
import type { BenchServers } from './servers.ts'
import { shards as jobShards } from './settings.ts'

export interface OnLog {
  /** Partitions of each topic; default: the reference job's. */
  readonly shards?: number
  /** Before the topics' names. */
  readonly prefix?: string
}

/** Opens the log of the bench's servers, all topics made as the platform makes them, and closes it after `use`. */
export async function onLog<T>(
  servers: BenchServers,
  use: (log: EventLog, codec: Codec) => Promise<T>,
  { shards = jobShards, prefix = '' }: OnLog = {},
): Promise<T> {
  const named = (those: readonly Topic[]) => those.map(({ name }) => prefix + name)
  const log = await createKafkaLog({
    brokers: [servers.kafkaBroker],
    clientId: 'bench',
    shards,
    topics: named(allTopics),
    enclosing: named([topics.deadLetters, topics.late, topics.reruns]),
    compacted: named(keptTopics),
    unlimited: named(unlimitedTopics),
    // Some hundred partitions are made at once: a broker that is busy has no leader for some of them for a while.
    startWithinMs: 180_000,
  })
  const registry = createConfluentRegistry(servers.registryUrl)
  try {
    return await use(prefixed(log, prefix), await createCodec(registry))
  } finally {
    await log.close()
    await registry.close()
  }
}

/** Every record of a topic up to where it ends now, shard by shard. */
export async function* recordsOf<Name extends SchemaName>(
  log: EventLog,
  codec: Codec,
  { name, schema }: Topic & { readonly schema: Name },
): AsyncGenerator<{ readonly value: RecordTypes[Name]; readonly appendedAt: number }> {
  const [ends = []] = await log.ends([name])
  for (const [shard, end] of ends.entries()) {
    for await (const batch of log.read(name, shardId(shard), 0, end)) {
      while (batch.next()) {
        const { value: bytes, valueStart, valueEnd, appendedAt } = batch
        const id = codec.schemaIdOf(bytes, valueStart, valueEnd)
        if (!codec.isLearnt(id)) await codec.learn(id)
        yield { value: codec.decode(schema, bytes, valueStart, valueEnd), appendedAt }
      }
    }
  }
}
