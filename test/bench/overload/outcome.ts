import { shardId } from '../../../services/domain/ids.ts'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import type { RecordTypes } from '../../../services/records/types.ts'
import { allTopics, type SchemaName, type Topic, topics } from '../../../services/topology.ts'
import type { BenchServers } from '../servers.ts'
import { shards } from '../settings.ts'

export interface SeenMoment {
  readonly rule: string
  readonly at: number
  readonly appendedAt: number
}

export interface SeenCommand {
  readonly purpose: string
  readonly issuedAt: number
  /** When its receipt came; undefined: none did. Milliseconds since 1970. */
  readonly acceptedAt: number | undefined
}

/** What is on the log in the end. */
export async function readOutcome({ kafkaBroker, registryUrl }: BenchServers) {
  const log = await createKafkaLog({
    brokers: [kafkaBroker],
    clientId: 'bench',
    shards,
    topics: allTopics.map(({ name }) => name),
  })
  const registry = createConfluentRegistry(registryUrl)
  const codec = await createCodec(registry)

  async function* all<Name extends SchemaName>({ name, schema }: Topic & { readonly schema: Name }) {
    const [ends = []] = await log.ends([name])
    for (const [shard, end] of ends.entries()) {
      for await (const batch of log.read(name, shardId(shard), 0, end)) {
        while (batch.next()) {
          const id = codec.schemaIdOf(batch.value, batch.valueStart, batch.valueEnd)
          if (!codec.isLearnt(id)) await codec.learn(id)
          const value: RecordTypes[Name] = codec.decode(schema, batch.value, batch.valueStart, batch.valueEnd)
          yield { value, appendedAt: batch.appendedAt }
        }
      }
    }
  }

  try {
    const moments: SeenMoment[] = []
    for await (const { value, appendedAt } of all(topics.moments))
      moments.push({ rule: value.rule, at: value.at, appendedAt })
    const receipts = new Map<string, number>()
    let shed = 0
    for await (const { value, appendedAt } of all(topics.receipts)) {
      if (value.status === 'accepted') receipts.set(value.command_id, appendedAt)
      if (value.code === 'shed') shed++
    }
    const commands: SeenCommand[] = []
    for await (const { value, appendedAt } of all(topics.commands.sms)) {
      commands.push({ purpose: value.purpose, issuedAt: appendedAt, acceptedAt: receipts.get(value.command_id) })
    }
    return { moments, commands, shed }
  } finally {
    await log.close()
    await registry.close()
  }
}
