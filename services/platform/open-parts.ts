import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '../domain/errors.ts'
import { openEmbedded } from '../flow/adapters/embedded/open-embedded.ts'
import { createKafkaLog } from '../flow/adapters/kafka/log.ts'
import { prefixed } from '../flow/adapters/kafka/prefixed.ts'
import type { RedisStoreSettings } from '../flow/adapters/redis/settings.ts'
import { createRedisStore } from '../flow/adapters/redis/store.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { StateStore } from '../flow/state-store.ts'
import { createConfluentRegistry } from '../records/confluent-registry.ts'
import { createEmbeddedRegistry } from '../records/embedded-registry.ts'
import type { SchemaRegistry } from '../records/registry.ts'
import type { Settings } from '../settings/schema.ts'
import type { Logger } from '../telemetry/log.ts'
import { allTopics, keptTopics, newestTopics, topics, unlimitedTopics } from '../topology.ts'

/** Log, store and registry, as the settings name them. */
export interface Parts {
  readonly log: EventLog
  readonly store: StateStore
  readonly registry: SchemaRegistry
  readonly secret: string
  close(): Promise<void>
}

const embeddedShards = 4
const distributedShards = 64
const retainEveryMs = 600_000

/** Whether the settings name servers, or files of this machine. */
export const isDistributed = ({ kafka }: Settings): boolean => kafka.brokers.length > 0

/**
 * Opens log, store and registry: Kafka, Redis and a registry where brokers are configured, else files in data_dir.
 * @throws CodedError: with `canRetry` where something is absent that may come back
 */
export const openParts = (settings: Settings, clock: Clock, logger: Logger): Promise<Parts> =>
  isDistributed(settings) ? openServers(settings, logger) : openFiles(settings, clock, logger)

async function openServers(settings: Settings, logger: Logger): Promise<Parts> {
  const { kafka, redis, schema_registry } = settings
  if (redis.url === '') throw new CodedError('KM_SETTINGS_INVALID', 'kafka.brokers needs redis.url beside it')
  if (schema_registry.url === '') {
    throw new CodedError('KM_SETTINGS_INVALID', 'kafka.brokers needs schema_registry.url beside it')
  }
  if (settings.secret.length < 16) {
    throw new CodedError('KM_SETTINGS_INVALID', 'on Kafka, secret must have 16 characters or more, the same everywhere')
  }
  const physical = await createKafkaLog({
    brokers: kafka.brokers,
    clientId: kafka.client_id,
    shards: settings.shards ?? distributedShards,
    topics: allTopics.map(({ name }) => kafka.prefix + name),
    enclosing: [topics.deadLetters, topics.late, topics.reruns].map(({ name }) => kafka.prefix + name),
    replicationFactor: kafka.replication_factor,
    compacted: [...keptTopics, ...newestTopics].map(({ name }) => kafka.prefix + name),
    unlimited: unlimitedTopics.map(({ name }) => kafka.prefix + name),
    retentionMs: settings.log.retention_ms,
    startWithinMs: kafka.start_within_ms,
    consume: { sessionTimeoutMs: kafka.session_timeout_ms },
    logger: logger.child({ part: 'kafka' }),
  })
  const log = prefixed(physical, kafka.prefix)
  const store = createRedisStore(redisSettings(settings, logger))
  const registry = createConfluentRegistry(schema_registry.url)
  return {
    log,
    store,
    registry,
    secret: settings.secret,
    async close() {
      await log.close()
      await store.close()
      await registry.close()
    },
  }
}

/** Of the Redis that the settings name. */
export const redisSettings = ({ redis }: Settings, logger: Logger): RedisStoreSettings => ({
  url: redis.url,
  prefix: redis.prefix,
  cluster: redis.cluster,
  ...(redis.replicas >= 0 ? { replicas: redis.replicas } : {}),
  allowUnsafe: redis.allow_unsafe,
  logger: logger.child({ part: 'redis' }),
})

async function openFiles(settings: Settings, clock: Clock, logger: Logger): Promise<Parts> {
  const folder = settings.data_dir
  const { log, store, close } = openEmbedded(folder, { shards: settings.shards ?? embeddedShards, clock })
  const registry = createEmbeddedRegistry(join(folder, 'registry.sqlite'))
  const retention = setInterval(() => {
    log
      .retain({
        maxAgeMs: settings.log.retention_ms,
        keep: [...keptTopics, ...unlimitedTopics].map(({ name }) => name),
      })
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'old records were not dropped')
      })
  }, retainEveryMs)
  return {
    log,
    store,
    registry,
    secret: settings.secret || (await keptSecret(folder)),
    async close() {
      clearInterval(retention)
      await registry.close()
      await close()
    },
  }
}

/** The embedded engine's own key of the address hash: made once, readable by the owner only. */
async function keptSecret(folder: string): Promise<string> {
  const file = join(folder, 'secret')
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept !== '') return kept
  const secret = randomBytes(32).toString('hex')
  await mkdir(folder, { recursive: true })
  await writeFile(file, secret, { mode: 0o600, flag: 'wx' })
  return secret
}
