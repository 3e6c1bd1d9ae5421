import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { allTopics, topics } from '../../../services/topology.ts'
import type { EngineResult } from '../engine.ts'
import { type Engine, isDone, isShared, startEngine, untilEngines } from '../engine-process.ts'
import { fill } from '../fill.ts'
import { onLog } from '../on-log.ts'
import { cpuSecondsOf } from '../process-cpu.ts'
import { together } from '../run-engine.ts'
import type { BenchServers } from '../servers.ts'
import { writeSettings } from '../settings.ts'

/** One system of so many shards, shared by so many processes of detect. */
export interface ScaleRun {
  readonly shards: number
  readonly processes: number
  readonly records: number
  /** From the first batch taken to the last group durable and on the log. */
  readonly seconds: number
  readonly engines: readonly EngineResult[]
  readonly redis: RedisUse
  readonly brokerCpuSeconds: number
  readonly moments: number
  /** Until the others have all shards at work; of the runs with two. Milliseconds. */
  readonly takeOver?: { readonly afterStopMs: number; readonly afterKillMs: number }
}

export interface RedisUse {
  readonly cpuSeconds: number
  /** Memory of what is stored. */
  readonly datasetBytes: number
  /** Written to the append-only file. */
  readonly appendedBytes: number
  readonly receivedBytes: number
  readonly sentBytes: number
}

let systems = 0

/** A system of its own (topics and keys under a new prefix), filled and worked off. */
export async function runScale(
  servers: BenchServers,
  { shards, processes, events }: { shards: number; processes: number; events: number },
): Promise<ScaleRun> {
  const prefix = `scale-${++systems}.`
  const root = mkdtempSync(join(tmpdir(), 'keymoment-scale-'))
  const redis = new Redis(servers.redisUrl)
  const admin = new kafkajs.Kafka({ brokers: [servers.kafkaBroker], logLevel: kafkajs.logLevel.NOTHING }).admin()
  const engines: Engine[] = []
  try {
    await admin.connect()
    // What is appended is counted, not what a rewrite leaves of it.
    await redis.config('SET', 'auto-aof-rewrite-percentage', '0')
    const records = await onLog(servers, (log, codec) => fill(log, codec, events), { shards, prefix })
    await redis.flushall()
    const settings = writeSettings(root, {
      shards,
      kafka: { brokers: [servers.kafkaBroker], prefix },
      redis: { url: servers.redisUrl, prefix },
      schema_registry: { url: servers.registryUrl },
      secret: 'a secret for the benchmark',
    })
    const start = async () => {
      const engine = await startEngine(settings)
      engines.push(engine)
      return engine
    }
    for (let i = 0; i < processes; i++) await start()
    await untilEngines('the shards to be shared', engines, (states) => isShared(states, shards))

    const before = await useOf(redis)
    const brokerBefore = cpuSecondsOf(servers.kafkaPid)
    for (const engine of engines) engine.go()
    await untilEngines('all records', engines, (states) => isDone(states, records))
    const after = await useOf(redis)
    const brokerCpuSeconds = cpuSecondsOf(servers.kafkaPid) - brokerBefore
    const results = await Promise.all(engines.map((engine) => engine.result()))
    const moments = await onLog(
      servers,
      async (log) => {
        const [ends = []] = await log.ends([topics.moments.name])
        return sum(ends)
      },
      { shards, prefix },
    )
    const used = difference(after, before)
    const { seconds } = together(results)
    const run = { shards, processes, records, seconds, engines: results, redis: used, brokerCpuSeconds, moments }
    return processes === 2 ? { ...run, takeOver: await takeOver(start, shards) } : run
  } finally {
    for (const engine of engines) await engine.kill()
    await admin.deleteTopics({ topics: allTopics.map(({ name }) => prefix + name) }).catch(() => undefined)
    await admin.disconnect()
    redis.disconnect()
    rmSync(root, { recursive: true, force: true })
  }
}

/** Of shards with all their state, by processes that wait for them: one that stops in order, and one that is killed. */
async function takeOver(start: () => Promise<Engine>, shards: number) {
  const [stopped, killed, left] = [await start(), await start(), await start()]
  for (const engine of [stopped, killed, left]) engine.go()
  const all = (those: readonly Engine[]) =>
    untilEngines('all shards at work', those, (states) => isShared(states, shards, 'works'), 5)
  await all([stopped, killed, left])
  const stopAt = performance.now()
  stopped.end()
  await all([killed, left])
  const killAt = performance.now()
  await killed.kill()
  await all([left])
  return { afterStopMs: killAt - stopAt, afterKillMs: performance.now() - killAt }
}

async function useOf(redis: Redis): Promise<RedisUse> {
  const text = await redis.info()
  const number = (name: string) => Number(new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)?.[1] ?? 0)
  return {
    cpuSeconds: number('used_cpu_user') + number('used_cpu_sys'),
    datasetBytes: number('used_memory_dataset'),
    appendedBytes: number('aof_current_size'),
    receivedBytes: number('total_net_input_bytes'),
    sentBytes: number('total_net_output_bytes'),
  }
}

const difference = (after: RedisUse, before: RedisUse): RedisUse => ({
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  datasetBytes: after.datasetBytes - before.datasetBytes,
  appendedBytes: after.appendedBytes - before.appendedBytes,
  receivedBytes: after.receivedBytes - before.receivedBytes,
  sentBytes: after.sentBytes - before.sentBytes,
})

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
