import { deterministicId, shardId } from '../domain/ids.ts'
import type { AppendRecord, EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { Tally } from '../records/types.ts'
import { learnSchema } from '../records/whole-topics.ts'
import { topics } from '../topology.ts'

/** The newest tally of each shard, by its number; one of another release, which can't be read, isn't there. */
export async function newestTallies(log: EventLog, codec: Codec): Promise<ReadonlyMap<number, Tally>> {
  const newest = new Map<number, Tally>()
  const { name, schema } = topics.tallies
  const [ends = []] = await log.ends([name])
  const patience = AbortSignal.timeout(60_000)
  for (const [number, end] of ends.entries()) {
    for await (const batch of log.read(name, shardId(number), 0, end)) {
      while (batch.next()) {
        await learnSchema(codec, batch, patience)
        const tally = readable(() => codec.decode(schema, batch.value, batch.valueStart, batch.valueEnd))
        if (tally && tally.position > (newest.get(tally.shard)?.position ?? -1)) newest.set(tally.shard, tally)
      }
    }
  }
  return newest
}

/**
 * What stands in the new shards for a tally of an old one, once the outcomes in front of its position are copied and none behind it: the
 * first of them goes on with all that was counted, as it isn't known whose it is; each begins behind what was counted, and tells apart the
 * same last outcomes. `ends`: of the new shards' outcomes.
 */
export function splitTally(tally: Tally, ends: readonly number[], old: number, codec: Codec): readonly AppendRecord[] {
  const records: AppendRecord[] = []
  for (let shard = tally.shard; shard < ends.length; shard += old) {
    const tally_id = deterministicId('tally', String(shard))
    const counted = shard === tally.shard ? tally : { ...tally, odds: [], variants: [], arms: [] }
    const own = { ...counted, tally_id, subscriber_id: tally_id, shard, position: ends[shard] ?? 0 }
    records.push({ topic: topics.tallies.name, key: tally_id, value: codec.encode(topics.tallies, own) })
  }
  return records
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
