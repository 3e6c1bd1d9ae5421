import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Say } from '../../../deploy/local/server.ts'
import { shardOf } from '../../../services/flow/partition.ts'
import { topics } from '../../../services/topology.ts'
import type { Child } from '../../support/child-process.ts'
import { once } from '../../support/once.ts'
import { type Engine, isDone, isShared, startEngine, untilEngines } from '../engine-process.ts'
import { km1Types } from '../km1-stream.ts'
import type { LoadResult } from '../load/load.ts'
import { sentBy, startLoad } from '../load/run.ts'
import { onLog, recordsOf } from '../on-log.ts'
import { type Percentiles, percentiles } from '../percentiles.ts'
import { graceMs, writeFirstVersion } from '../reload/versions.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { shards, writeSettings } from '../settings.ts'
import { hotSubscriber } from './stream.ts'

export interface DelayPlan {
  /** Each so many-th event is the machine SIM's; 0: it has none. */
  readonly every: number
  /** That share the shards. */
  readonly processes: number
  readonly seconds: number
  /** Of them, left out at the beginning: the compilers are still at work. */
  readonly skip: number
  readonly say: Say
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** From an event to its moment on the log, of moments of the seconds that count. Milliseconds. */
export interface Delays extends Percentiles {
  readonly moments: number
}

export interface DelayRun {
  readonly hot: Delays
  /** Of other subscribers on its shard, and on other shards. */
  readonly itsShard: Delays
  readonly otherShards: Delays
  /** Of the second half of each process's records: the process with the machine SIM's shard, then the others. */
  readonly cpuSeconds: readonly number[]
  readonly load: LoadResult
}

/** From when all is ready until the first event: the load's process starts meanwhile. Milliseconds. */
const beforeMs = 6_000

/** Detect under 10,000 events a second, on servers of its own which were never used before. */
export async function runDelay(plan: DelayPlan): Promise<DelayRun> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-hotkey-'))
  const engines: Engine[] = []
  let load: Child | undefined
  let servers: BenchServers | undefined
  const close = once(async () => {
    for (const one of engines) await one.kill()
    await load?.kill('SIGKILL')
    await servers?.stop()
    rmSync(root, { recursive: true, force: true })
  })
  plan.opened({ close })
  try {
    servers = await startBenchServers(plan.say)
    const settings = settingsOf(root, servers)
    for (let i = 0; i < plan.processes; i++) engines.push(await startEngine(settings))
    await untilEngines('the shards to be shared', engines, (states) => isShared(states, shards))
    for (const engine of engines) engine.go()
    await untilEngines('all shards at work', engines, (states) => isShared(states, shards, 'works'))

    const from = Date.now() + beforeMs
    const counted = from + 1_000 * plan.skip
    load = await startLoad(servers, from, ['hotkey', plan.seconds, plan.every])
    const sent = await sentBy(load)
    await untilEngines('all records', engines, (states) => isDone(states, sent.sent))
    const hotShard = shardOf(hotSubscriber, shards)
    const [its, others] = [true, false].map((own) =>
      engines.filter((engine) => engine.state().holds.includes(hotShard) === own),
    )
    const results = await Promise.all([...(its ?? []), ...(others ?? [])].map((engine) => engine.result()))
    const cpuSeconds = results.map(({ warmCpuSeconds }) => warmCpuSeconds)
    return { ...(await delaysSince(servers, counted)), cpuSeconds, load: sent }
  } finally {
    await close()
  }
}

const settingsOf = (root: string, { kafkaBroker, redisUrl, registryUrl }: BenchServers): string =>
  writeSettings(root, {
    kafka: { brokers: [kafkaBroker] },
    redis: { url: redisUrl },
    schema_registry: { url: registryUrl },
    secret: 'a secret for the benchmark',
    catalogue: { dir: writeFirstVersion(root), watch: false },
    events: { grace_ms: Object.fromEntries(km1Types.map((type) => [type, graceMs])) },
    clock: { start: '', factor: 1 },
    log_level: 'error',
  })

/** Of rule `probe`, which fires at every recharge: its moment has the event's own time, which is when it was to be sent. */
const delaysSince = (servers: BenchServers, counted: number) =>
  onLog(servers, async (log, codec) => {
    const hotShard = shardOf(hotSubscriber, shards)
    const found = { hot: [] as number[], itsShard: [] as number[], otherShards: [] as number[] }
    for await (const { value, appendedAt } of recordsOf(log, codec, topics.moments)) {
      const { rule, subscriber_id, at } = value
      if (rule !== 'probe' || at < counted) continue
      const isOnShard = shardOf(subscriber_id, shards) === hotShard
      const own = subscriber_id === hotSubscriber ? found.hot : isOnShard ? found.itsShard : found.otherShards
      own.push(appendedAt - at)
    }
    const of = (values: readonly number[]): Delays => ({ moments: values.length, ...percentiles(values) })
    return { hot: of(found.hot), itsShard: of(found.itsShard), otherShards: of(found.otherShards) }
  })
