import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaServer } from '../../deploy/local/kafka.ts'
import { isAlive, runningIn } from '../../deploy/local/process.ts'
import { redisServer } from '../../deploy/local/redis.ts'
import { registryServer, registryUrl } from '../../deploy/local/registry.ts'
import { bringDown, bringUp, type LocalServer, type Say } from '../../deploy/local/server.ts'
import { privateSettings } from '../support/private-servers.ts'
import type { servers as sharedServers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { type RedisCluster, startRedisCluster } from './redis-cluster.ts'

/** One server that may be killed and started again, by its pid file. */
export interface ServerUnderChaos {
  readonly folder: string
  /** As the power does: SIGKILL, and waits for its end. */
  kill(): Promise<void>
  /** In order: SIGTERM, and waits for its end. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** What a system under chaos runs on. */
export interface Servers {
  readonly kafkaBroker: string
  readonly registryUrl: string
  readonly redisUrl: string
  /** In place of the single Redis. */
  readonly cluster?: RedisCluster
  /** The least that the broker allows, so that take-overs are quick. */
  readonly sessionTimeoutMs: number
  /** Absent where the broker is shared with others. */
  readonly kafka?: ServerUnderChaos
  readonly redis: ServerUnderChaos
  /** Ends what was started here, by its pids, and removes its data. */
  stop(): Promise<void>
}

const quiet: Say = () => undefined

/** Kafka, Redis and a registry of their own, on free ports of the loopback. */
export async function startServers(say: Say): Promise<Servers> {
  const runFolder = mkdtempSync(join(tmpdir(), 'keymoment-chaos-servers-'))
  const settings = await settingsIn(runFolder)
  const kafka = quickSessions(kafkaServer(settings))
  const all = [kafka, redisServer(settings), registryServer(settings)]
  const stop = async () => {
    await Promise.all(all.map((server) => bringDown(server, quiet, true)))
    rmSync(runFolder, { recursive: true, force: true })
  }
  try {
    await Promise.all(all.map((server) => bringUp(server, say)))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    kafkaBroker: `127.0.0.1:${settings.kafkaPort}`,
    registryUrl: registryUrl(settings.registryPort),
    redisUrl: `redis://127.0.0.1:${settings.redisPort}`,
    sessionTimeoutMs: 3_000,
    kafka: underChaos(kafka),
    redis: underChaos(redisServer(settings)),
    stop,
  }
}

/** The same with a Redis Cluster, which ends by itself. */
export async function withCluster(servers: Servers): Promise<Servers & { readonly cluster: RedisCluster }> {
  const runFolder = mkdtempSync(join(tmpdir(), 'keymoment-chaos-cluster-'))
  const cluster = await startRedisCluster(await settingsIn(runFolder))
  const stop = async () => {
    await cluster.stop()
    rmSync(runFolder, { recursive: true, force: true })
  }
  return { ...servers, redisUrl: cluster.url, cluster, stop }
}

/** A Redis of their own beside a Kafka and a registry that others use too, and that stay as they are. */
export async function startRedisBeside(
  { kafkaBrokers, schemaRegistryUrl }: Pick<typeof sharedServers, 'kafkaBrokers' | 'schemaRegistryUrl'>,
  say: Say,
): Promise<Servers> {
  const runFolder = mkdtempSync(join(tmpdir(), 'keymoment-chaos-servers-'))
  const settings = await settingsIn(runFolder)
  const redis = redisServer(settings)
  await bringUp(redis, say)
  return {
    kafkaBroker: kafkaBrokers[0] ?? '',
    registryUrl: schemaRegistryUrl,
    redisUrl: `redis://127.0.0.1:${settings.redisPort}`,
    sessionTimeoutMs: 6_000,
    redis: underChaos(redis),
    async stop() {
      await bringDown(redis, quiet, true)
      rmSync(runFolder, { recursive: true, force: true })
    },
  }
}

const settingsIn = (runFolder: string) => privateSettings(runFolder, { KEYMOMENT_LOCAL_DOCKER: 'never' })

/** Brokers refuse sessions below six seconds until they are told otherwise. */
const quickSessions = (kafka: LocalServer): LocalServer => ({
  ...kafka,
  async prepare(say) {
    await kafka.prepare(say)
    appendFileSync(join(kafka.folder, 'server.properties'), 'group.min.session.timeout.ms=1000\n')
  },
})

export function underChaos(server: LocalServer): ServerUnderChaos {
  return {
    folder: server.folder,
    async kill() {
      const id = await runningIn(server.folder)
      if (!id) return
      process.kill(id.pid, 'SIGKILL')
      await waitFor(`the end of ${server.name}`, async () => !(await isAlive(id)), { deadlineMs: 60_000 })
    },
    stop: () => bringDown(server, quiet, false),
    start: () => bringUp(server, quiet),
  }
}
