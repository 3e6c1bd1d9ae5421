import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { serviceNodes } from '../../services/topology.ts'
import { once } from '../support/once.ts'
import { waitFor } from '../support/wait-for.ts'
import { type Backend, type RunResult, runOf } from './backend.ts'
import { fill } from './fill.ts'
import { ourMoments } from './moments.ts'
import { onLog } from './on-log.ts'
import { cpuSecondsOf } from './process-cpu.ts'
import { infoOf, rewriteFile } from './redis-figures.ts'
import { runEngine } from './run-engine.ts'
import type { BenchServers } from './servers.ts'
import { writeSettings } from './settings.ts'

export interface DistributedBackends {
  /** All shards in one process. */
  readonly one: Backend
  readonly two: Backend
}

/**
 * Real Kafka and Redis, and one process of the engine or several: the topics are filled once; before each run Redis is emptied
 * and detect's topics are made anew. Closing one closes all.
 */
export async function openDistributedBackends(servers: BenchServers, events: number): Promise<DistributedBackends> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-bench-'))
  const redis = new Redis(servers.redisUrl)
  const admin = new kafkajs.Kafka({ brokers: [servers.kafkaBroker], logLevel: kafkajs.logLevel.NOTHING }).admin()
  const close = once(async () => {
    redis.disconnect()
    await admin.disconnect()
    rmSync(root, { recursive: true, force: true })
  })
  try {
    await admin.connect()
    const records = await onLog(servers, (log, codec) => fill(log, codec, events))
    const outputs = serviceNodes.detect.writes.map(({ name }) => name)
    let runs = 0

    async function run(processes: number, profileFolder?: string): Promise<RunResult> {
      if (runs++ > 0) {
        await admin.deleteTopics({ topics: outputs })
        await waitFor(
          'topics to be gone',
          async () => !(await admin.listTopics()).some((name) => outputs.includes(name)),
        )
      }
      await redis.flushall()
      await rewriteFile(redis)
      const before = await infoOf(redis)
      const brokerBefore = cpuSecondsOf(servers.kafkaPid)
      const settings = writeSettings(root, {
        kafka: { brokers: [servers.kafkaBroker] },
        redis: { url: servers.redisUrl },
        schema_registry: { url: servers.registryUrl },
        secret: 'a secret for the benchmark',
      })
      const engine = await runEngine({ settings, records, processes, profileFolder })
      const after = await infoOf(redis)
      const brokerCpuSeconds = cpuSecondsOf(servers.kafkaPid) - brokerBefore
      return {
        ...runOf(engine, await onLog(servers, ourMoments), after.bytes - before.bytes),
        storeCpuSeconds: after.cpuSeconds - before.cpuSeconds,
        brokerCpuSeconds,
      }
    }
    const backend = (id: string, name: string, processes: number): Backend => ({
      id,
      name: `Keymoment, Kafka and Redis${name}`,
      records,
      run: (profileFolder) => run(processes, profileFolder),
      close,
    })
    return { one: backend('kafka', '', 1), two: backend('kafka-two', ', two processes', 2) }
  } catch (error) {
    await close()
    throw error
  }
}
