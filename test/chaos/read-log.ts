import { shardId } from '../../services/domain/ids.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import type { Codec } from '../../services/records/codec.ts'
import type { RecordTypes } from '../../services/records/types.ts'
import { type SchemaName, type Topic, topics } from '../../services/topology.ts'

/** A record, and when the log took it. */
export interface Logged<T> {
  readonly value: T
  /** Milliseconds since 1970. */
  readonly appendedAt: number
}

/** What the services put on the log; of one subscriber in its order. */
export interface Outputs {
  readonly moments: readonly Logged<RecordTypes['moment']>[]
  readonly decisions: readonly Logged<RecordTypes['decision']>[]
  readonly commands: readonly Logged<RecordTypes['command']>[]
  readonly attempts: readonly Logged<RecordTypes['attempt']>[]
  readonly receipts: readonly Logged<RecordTypes['receipt']>[]
  /** Ids of calls on the topic of late events. */
  readonly late: ReadonlySet<string>
  readonly deadLetters: readonly Logged<RecordTypes['dead-letter']>[]
}

export async function readOutputs(log: EventLog, codec: Codec): Promise<Outputs> {
  const late = await read(log, codec, topics.late)
  const calls = late.filter(({ value }) => value.topic === topics.events.cdr.name)
  return {
    moments: await read(log, codec, topics.moments),
    decisions: await read(log, codec, topics.decisions),
    commands: await read(log, codec, topics.commands.sms),
    attempts: await read(log, codec, topics.attempts),
    receipts: await read(log, codec, topics.receipts),
    late: new Set(calls.map(({ value: { value } }) => codec.decode('cdr', value, 0, value.length).event_id)),
    deadLetters: await read(log, codec, topics.deadLetters),
  }
}

async function read<Name extends SchemaName>(
  log: EventLog,
  codec: Codec,
  topic: Topic & { readonly schema: Name },
): Promise<Logged<RecordTypes[Name]>[]> {
  const records: Logged<RecordTypes[Name]>[] = []
  const [ends = []] = await log.ends([topic.name])
  for (let shard = 0; shard < log.shards; shard++) {
    for await (const batch of log.read(topic.name, shardId(shard), 0, ends[shard] ?? 0)) {
      while (batch.next()) {
        const id = codec.schemaIdOf(batch.value, batch.valueStart, batch.valueEnd)
        if (!codec.isLearnt(id)) await codec.learn(id)
        const value = codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd)
        records.push({ value, appendedAt: batch.appendedAt })
      }
    }
  }
  return records
}
