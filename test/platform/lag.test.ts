import { expect, it } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import type { ShardReport } from '../../services/flow/service.ts'
import { measureLag } from '../../services/platform/lag.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { serviceNodes } from '../../services/topology.ts'

it('tells nothing any more of a shard that another process has now', async () => {
  const metrics = createMetrics()
  const node = serviceNodes.decide
  const log = { ends: async (topics: readonly string[]) => topics.map(() => [5, 7]) }
  const delays = node.reads.map(() => ({ feedMs: 1_000, waitingSince: Number.NaN }))
  const report = (number: number): ShardReport => {
    const positions = node.reads.map(() => 0)
    return { shard: shardId(number), state: 'running', fault: undefined, positions, head: 0, delays, unheardMs: 2_000 }
  }
  let held = [report(0), report(1)]
  const shards = { shards: () => held, isIdle: () => false, waitingBytes: () => 0 }
  const told = async () => {
    await measureLag(log, metrics, [{ node, shards }])
    const gauges = await Promise.all([metrics.lag, metrics.feedDelay, metrics.unheard].map((gauge) => gauge.get()))
    return gauges.map(({ values }) => [...new Set(values.map(({ labels }) => labels.shard))])
  }
  expect(await told()).toEqual([
    [0, 1],
    [0, 1],
    [0, 1],
  ])
  held = [report(1)]
  expect(await told()).toEqual([[1], [1], [1]])
})
