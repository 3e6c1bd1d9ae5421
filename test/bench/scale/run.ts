import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import { prefixed } from '../../../services/flow/adapters/kafka/prefixed.ts'
import type { EventLog } from '../../../services/flow/event-log.ts'
import type { Codec } from '../../../services/records/codec.ts'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { allTopics, topics } from '../../../services/topology.ts'
import { type Child, startChild } from '../../support/child-process.ts'
import { waitFor } from '../../support/wait-for.ts'
import { fill } from '../fill.ts'
import { cpuSecondsOf } from '../process-cpu.ts'
import type { BenchServers } from '../servers.ts'
import { writeSettings } from '../settings.ts'
import type { ScaleEngineResult } from './engine.ts'

/** One system of so many shards, shared by so many processes of detect. */
export interface ScaleRun {
  readonly shards: number
  readonly processes: number
  readonly records: number
  /** From the word to go to the last group durable. */
  readonly seconds: number
  readonly engines: readonly ScaleEngineResult[]
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

const patienceMs = 15 * 60_000
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
  const children: Child[] = []
  try {
    await admin.connect()
    // What is appended is counted, not what a rewrite leaves of it.
    await redis.config('SET', 'auto-aof-rewrite-percentage', '0')
    const records = await onLog(servers, prefix, shards, (log, codec) => fill(log, codec, events))
    await redis.flushall()
    const start = async () => {
      const folder = join(root, String(children.length))
      mkdirSync(folder)
      const settings = writeSettings(folder, {
        shards,
        kafka: { brokers: [servers.kafkaBroker], prefix },
        redis: { url: servers.redisUrl, prefix },
        schema_registry: { url: servers.registryUrl },
        secret: 'a secret for the benchmark',
      })
      const child = await startChild(process.execPath, [join(import.meta.dirname, 'engine.ts'), settings])
      children.push(child)
    }
    for (let i = 0; i < processes; i++) await start()
    await waitFor('the shards to be shared', () => isShared(children, shards, ({ holds }) => holds), {
      deadlineMs: patienceMs,
    })

    const before = await useOf(redis)
    const brokerBefore = cpuSecondsOf(servers.kafkaPid)
    const began = performance.now()
    for (const child of children) child.write('go\n')
    await waitFor('all records', () => sum(children.map((child) => stateOf(child).durable)) >= records, {
      deadlineMs: patienceMs,
      everyMs: 5,
    })
    const seconds = (performance.now() - began) / 1_000
    const after = await useOf(redis)
    const brokerCpuSeconds = cpuSecondsOf(servers.kafkaPid) - brokerBefore
    const engines = await Promise.all(children.map(resultOf))
    const moments = await onLog(servers, prefix, shards, async (log) => {
      const [ends = []] = await log.ends([topics.moments.name])
      return sum(ends)
    })
    const used = difference(after, before)
    const run = { shards, processes, records, seconds, engines, redis: used, brokerCpuSeconds, moments }
    if (processes !== 2) return run
    return { ...run, takeOver: await takeOver(start, children, shards) }
  } finally {
    for (const child of children) await child.kill('SIGKILL')
    await admin.deleteTopics({ topics: allTopics.map(({ name }) => prefix + name) }).catch(() => undefined)
    await admin.disconnect()
    redis.disconnect()
    rmSync(root, { recursive: true, force: true })
  }
}

/** Of shards with all their state, by processes that wait for them: one that stops in order, and one that is killed. */
async function takeOver(start: () => Promise<void>, ended: Child[], shards: number) {
  const from = ended.length
  for (let i = 0; i < 3; i++) await start()
  const fresh = ended.slice(from)
  for (const child of fresh) child.write('go\n')
  const all = (those: readonly Child[]) =>
    waitFor('all shards at work', () => isShared(those, shards, ({ works }) => works), {
      deadlineMs: patienceMs,
      everyMs: 5,
    })
  await all(fresh)
  const [stopped, killed, left] = fresh as [Child, Child, Child]
  const stopAt = performance.now()
  stopped.end()
  await all([killed, left])
  const killAt = performance.now()
  await killed.kill('SIGKILL')
  await all([left])
  return { afterStopMs: killAt - stopAt, afterKillMs: performance.now() - killAt }
}

interface State {
  readonly holds: number
  readonly works: number
  readonly durable: number
}

function stateOf(child: Child): State {
  const lines = [...child.stdout().matchAll(/^holds (\d+) works (\d+) durable (\d+)$/gm)]
  const [, holds = 0, works = 0, durable = 0] = lines.at(-1)?.map(Number) ?? []
  return { holds, works, durable }
}

/** All shards are with these processes, and each has its share. */
function isShared(children: readonly Child[], shards: number, count: (state: State) => number): boolean {
  const counts = children.map((child) => count(stateOf(child)))
  return sum(counts) === shards && counts.every((own) => own >= Math.floor(shards / children.length))
}

async function resultOf(child: Child): Promise<ScaleEngineResult> {
  child.end()
  const [line] = await child.waitForLine(/^\{"records".*\}$/, 60_000)
  await child.exited
  return JSON.parse(line)
}

async function onLog<T>(
  servers: BenchServers,
  prefix: string,
  shards: number,
  use: (log: EventLog, codec: Codec) => Promise<T>,
): Promise<T> {
  const log = await waitFor('the topics', () => openLog(servers, prefix, shards), { deadlineMs: 180_000, everyMs: 500 })
  const registry = createConfluentRegistry(servers.registryUrl)
  try {
    return await use(prefixed(log, prefix), await createCodec(registry))
  } finally {
    await log.close()
    await registry.close()
  }
}

/** Some hundred partitions are made at once: a broker that is busy has no leader for some of them for a while. */
const openLog = (servers: BenchServers, prefix: string, shards: number): Promise<EventLog> =>
  createKafkaLog({
    brokers: [servers.kafkaBroker],
    clientId: 'bench',
    shards,
    topics: allTopics.map(({ name }) => prefix + name),
  })

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
