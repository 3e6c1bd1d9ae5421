import { type ShardId, shardId } from '../domain/ids.ts'
import type { EventLog } from '../flow/event-log.ts'
import { decodeProgress } from '../flow/progress.ts'
import { type Extents, extentsOf, type StateLoss, stateLoss } from '../flow/state-loss.ts'
import type { StateStore } from '../flow/state-store.ts'
import { type ServiceNode, serviceNodes } from '../topology.ts'

/** What a shard of a service has, and how far it is behind the log. */
export interface SurveyedShard {
  readonly node: ServiceNode
  readonly shard: ShardId
  readonly loss: StateLoss
  readonly extents: Extents
  /** Records on the log that its state doesn't know. */
  readonly behind: number
}

/** The services that keep state. */
const keepers: readonly ServiceNode[] = Object.values<ServiceNode>(serviceNodes).filter(({ reads }) => reads.length > 0)

/** Looks at every shard of every service, as store and log have it now; takes nothing from who has it. */
export async function survey(log: EventLog, store: StateStore): Promise<readonly SurveyedShard[]> {
  const found: SurveyedShard[] = []
  for (const node of keepers) {
    const extents = await extentsOf(log, node)
    const peeked = await Promise.all(extents.map((_, shard) => store.peek(node.name, shardId(shard), '')))
    for (const [shard, extent] of extents.entries()) {
      const kept = peeked[shard]
      const progress = kept && decodeProgress(kept.progress)
      found.push({
        node,
        shard: shardId(shard),
        loss: stateLoss(node, progress, extent),
        extents: extent,
        behind: behindOf(node, progress?.positions ?? {}, extent),
      })
    }
  }
  return found
}

function behindOf(
  { reads }: ServiceNode,
  positions: Readonly<Record<string, number>>,
  { begins, ends }: Extents,
): number {
  let records = 0
  for (const { name } of reads) {
    const from = Math.max(positions[name] ?? 0, begins.get(name) ?? 0)
    records += Math.max(0, (ends.get(name) ?? 0) - from)
  }
  return records
}
