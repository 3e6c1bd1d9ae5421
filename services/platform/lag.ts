import type { EventLog } from '../flow/event-log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { ServiceNode } from '../topology.ts'
import type { RunningShards } from './running-shards.ts'

/**
 * How far the shards of this process are behind, as metrics: records on the log behind their positions (by shard, by topic,
 * and in sum), how long the oldest of them waits, how late what is handled came onto the log, and what waits in memory.
 */
export async function measureLag(
  log: Pick<EventLog, 'ends'>,
  metrics: Metrics,
  services: readonly { readonly node: ServiceNode; readonly shards: RunningShards }[],
): Promise<number> {
  metrics.shardsWaiting.reset()
  for (const { node, shards } of services) {
    for (const { fault } of shards.shards()) {
      if (fault) metrics.shardsWaiting.inc({ service: node.name, code: fault.code })
    }
  }
  const looks = await Promise.all(
    services.map(async (one) => ({ ...one, ends: await log.ends(one.node.reads.map(({ name }) => name)) })),
  )
  // A shard that another process has now is told of there.
  for (const gauge of [metrics.lag, metrics.feedDelay, metrics.unheard]) gauge.reset()
  const now = Date.now()
  let total = 0
  for (const { node, shards, ends } of looks) {
    const service = node.name
    const records = node.reads.map(() => 0)
    const waitedMs = node.reads.map(() => 0)
    for (const { shard, positions, delays, unheardMs } of shards.shards()) {
      if (unheardMs !== undefined) metrics.unheard.set({ service, shard }, unheardMs / 1000)
      let lag = 0
      for (const [topic, { name }] of node.reads.entries()) {
        const behind = Math.max(0, (ends[topic]?.[shard] ?? 0) - (positions[topic] ?? 0))
        const { feedMs = Number.NaN, waitingSince = Number.NaN } = delays[topic] ?? {}
        lag += behind
        records[topic] = (records[topic] ?? 0) + behind
        if (waitingSince > 0) waitedMs[topic] = Math.max(waitedMs[topic] ?? 0, now - waitingSince)
        if (!Number.isNaN(feedMs)) metrics.feedDelay.set({ service, topic: name, shard }, Math.max(0, feedMs) / 1000)
      }
      metrics.lag.set({ service, shard }, lag)
      total += lag
    }
    for (const [topic, { name }] of node.reads.entries()) {
      metrics.topicLag.set({ service, topic: name }, records[topic] ?? 0)
      metrics.topicLagSeconds.set({ service, topic: name }, (waitedMs[topic] ?? 0) / 1000)
    }
    metrics.mergeBuffers.set({ service }, shards.waitingBytes())
  }
  return total
}
