import type { EventLog } from '../flow/event-log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { ServiceNode } from '../topology.ts'
import type { RunningShards } from './running-shards.ts'

/** Records on the log behind the shards' positions, as a metric by service and shard, and in sum. */
export async function measureLag(
  log: EventLog,
  metrics: Metrics,
  services: readonly { readonly node: ServiceNode; readonly shards: RunningShards }[],
): Promise<number> {
  let total = 0
  for (const { node, shards } of services) {
    const ends = await log.ends(node.reads.map(({ name }) => name))
    for (const { shard, positions } of shards.shards()) {
      const lag = positions.reduce(
        (sum, position, topic) => sum + Math.max(0, (ends[topic]?.[shard] ?? 0) - position),
        0,
      )
      metrics.lag.set({ service: node.name, shard }, lag)
      total += lag
    }
  }
  return total
}
