import { shardId } from '../../services/domain/ids.ts'
import type { EventLog, RecordBatch } from '../../services/flow/event-log.ts'
import type { Codec } from '../../services/records/codec.ts'
import { topics } from '../../services/topology.ts'
import { shards } from './settings.ts'

/** A moment as engines are compared by it: `subscriber rule time`, the rule by its number in KM-1. */
export const momentLine = (subscriber: string, rule: number, time: number): string => `${subscriber} ${rule} ${time}`

/** Calls `each` at every record of a topic up to where it ends now. */
export async function readTopic(log: EventLog, topic: string, each: (batch: RecordBatch) => void | Promise<void>) {
  const [ends = []] = await log.ends([topic])
  for (let shard = 0; shard < shards; shard++) {
    for await (const batch of log.read(topic, shardId(shard), 0, ends[shard] ?? 0)) {
      while (batch.next()) await each(batch)
    }
  }
}

/** Our own moments on a log. */
export async function ourMoments(log: EventLog, codec: Codec): Promise<string[]> {
  const lines: string[] = []
  await readTopic(log, topics.moments.name, async (batch) => {
    const id = codec.schemaIdOf(batch.value, batch.valueStart, batch.valueEnd)
    if (!codec.isLearnt(id)) await codec.learn(id)
    const { subscriber_id, rule, at } = codec.decode('moment', batch.value, batch.valueStart, batch.valueEnd)
    // The catalogue keeps KM-1's numbers in the rules' ids.
    lines.push(momentLine(subscriber_id, Number(rule.slice(rule.lastIndexOf('-') + 1)), at))
  })
  return lines
}
