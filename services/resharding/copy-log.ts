import { ledgerShard } from '../budgets/ledger.ts'
import { shardId } from '../domain/ids.ts'
import type { AppendRecord, EventLog } from '../flow/event-log.ts'
import { keyOn } from '../flow/partition.ts'
import type { Codec } from '../records/codec.ts'
import { allTopics, type Topic, topics } from '../topology.ts'
import { newestTallies, splitTally } from './copy-tallies.ts'

/**
 * Topics that are kept by subscriber, and what is paused and was granted of budgets: it stays so. Versions of the catalogue and
 * reports of processes belong to a system; tallies name positions of the old log, and are written anew beside the outcomes.
 */
const ofTheSystem: readonly Topic[] = [topics.catalogue, topics.workers, topics.tallies, topics.channelHealth]
export const copiedTopics: readonly Topic[] = allTopics.filter((topic) => !ofTheSystem.includes(topic))

/** Bytes that are appended at once. */
const portionBytes = 4 * 1_048_576

/**
 * Appends every record to the shard of its key (a ledger's to the one that all of it lies on), in the order of its old shard; the log's own time of them is that of the
 * copy. @returns how many
 */
export async function copyLog(from: EventLog, to: EventLog, codec: Codec): Promise<number> {
  let count = 0
  const tallies = await newestTallies(from, codec)
  for (const { name } of copiedTopics) {
    const [ends = []] = await from.ends([name])
    for (const [number, end] of ends.entries()) {
      if (end === 0) continue
      let portion: AppendRecord[] = []
      let bytes = 0
      const append = async () => {
        await to.append(portion)
        count += portion.length
        portion = []
        bytes = 0
      }
      const copy = async (first: number, last: number) => {
        if (first >= last) return
        for await (const batch of from.read(name, shardId(number), first, last)) {
          while (batch.next()) {
            const own = batch.key.toString('utf8', batch.keyStart, batch.keyEnd)
            // The ledger is one order, which lies on one shard.
            const key = name === topics.budgets.name ? keyOn(ledgerShard, own, to.shards) : own
            const value = Buffer.from(batch.value.subarray(batch.valueStart, batch.valueEnd))
            portion.push({ topic: name, key, value })
            bytes += value.length
            if (bytes >= portionBytes) await append()
          }
        }
        if (portion.length > 0) await append()
      }
      const tally = name === topics.outcomes.name ? tallies.get(number) : undefined
      const counted = Math.min(tally?.position ?? 0, end)
      if (tally) {
        await copy(0, counted)
        const [reached = []] = await to.ends([name])
        await to.append([...splitTally(tally, reached, from.shards, codec)])
      }
      await copy(counted, end)
    }
  }
  return count
}
