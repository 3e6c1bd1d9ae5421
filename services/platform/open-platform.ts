import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CatalogueVersions } from '../catalogue/open.ts'
import { CodedError } from '../domain/errors.ts'
import { openEmbedded } from '../flow/adapters/embedded/open-embedded.ts'
import { createKafkaLog } from '../flow/adapters/kafka/log.ts'
import { prefixed } from '../flow/adapters/kafka/prefixed.ts'
import { createRedisStore } from '../flow/adapters/redis/store.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import { type FlowSettings, flowDefaults } from '../flow/settings.ts'
import type { StateStore } from '../flow/state-store.ts'
import { createConfluentRegistry } from '../records/confluent-registry.ts'
import { createCodec } from '../records/create-codec.ts'
import { createEmbeddedRegistry } from '../records/embedded-registry.ts'
import type { SchemaRegistry } from '../records/registry.ts'
import type { Settings } from '../settings/schema.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { allTopics, keptTopics, serviceNodes, topics } from '../topology.ts'
import { shippedCatalogue } from './catalogue-source.ts'
import { openClock } from './open-clock.ts'
import type { Platform } from './platform.ts'
import { openPublishedCatalogue } from './published-catalogue.ts'

export interface OpenPlatform {
  readonly platform: Platform
  readonly versions: CatalogueVersions
  close(): Promise<void>
}

interface Parts {
  readonly log: EventLog
  readonly store: StateStore
  readonly registry: SchemaRegistry
  readonly secret: string
  close(): Promise<void>
}

const embeddedShards = 4
const distributedShards = 64
const retainEveryMs = 600_000

/**
 * Opens what the settings name: Kafka, Redis and a registry where brokers are configured, else files in data_dir; and
 * the catalogue that is published there. `services`: what will run on it.
 * @throws CodedError: with `canRetry` where something is absent that may come back
 */
export async function openPlatform(
  settings: Settings,
  services: readonly string[],
  logger: Logger,
  metrics: Metrics,
  fail: (error: unknown) => void,
): Promise<OpenPlatform> {
  const { clock, stop: stopClock } = await openClock(settings)
  try {
    const parts =
      settings.kafka.brokers.length > 0 ? await openServers(settings, logger) : await openFiles(settings, clock, logger)
    try {
      const codec = await createCodec(parts.registry)
      const { log, store, secret } = parts
      const flow = flowSettings(settings)
      const { catalogue: chosen } = settings
      const catalogue = await openPublishedCatalogue(
        {
          log,
          codec,
          clock,
          speed: settings.clock.factor,
          leadMs: chosen.lead_ms,
          futureToleranceMs: flow.futureToleranceMs,
          services,
          metrics,
          logger: logger.child({ part: 'catalogue' }),
          fail,
        },
        {
          dir: chosen.dir || shippedCatalogue,
          watch: chosen.watch,
          removalWaitMs: chosen.removal_wait_ms,
          publish: services.some((name) => name === serviceNodes.detect.name || name === serviceNodes.decide.name),
        },
      )
      const platform: Platform = { settings, flow, clock, log, store, codec, catalogue, metrics, logger, secret, fail }
      return {
        platform,
        versions: catalogue.versions,
        async close() {
          await catalogue.close()
          await parts.close()
          await stopClock()
        },
      }
    } catch (error) {
      await parts.close()
      throw error
    }
  } catch (error) {
    await stopClock()
    throw error
  }
}

export function flowSettings({ flow, events }: Settings): FlowSettings {
  return {
    ...flowDefaults,
    groupRecords: flow.group_records,
    groupMs: flow.group_ms,
    queueRecords: flow.queue_records,
    memoryBytes: flow.memory_mb * 1_048_576,
    futureToleranceMs: events.future_tolerance_ms,
    feedPauseMs: events.feed_pause_ms,
    acceptStateLoss: flow.accept_state_loss,
  }
}

/** Log and store on Kafka and Redis. @throws CodedError KM_SETTINGS_INVALID, and those of the adapters */
export async function openServers(settings: Settings, logger: Logger): Promise<Parts> {
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
    compacted: keptTopics.map(({ name }) => kafka.prefix + name),
    retentionMs: settings.log.retention_ms,
    consume: { sessionTimeoutMs: kafka.session_timeout_ms },
    logger: logger.child({ part: 'kafka' }),
  })
  const log = prefixed(physical, kafka.prefix)
  const store = createRedisStore({
    url: redis.url,
    prefix: redis.prefix,
    cluster: redis.cluster,
    ...(redis.replicas >= 0 ? { replicas: redis.replicas } : {}),
    allowUnsafe: redis.allow_unsafe,
    logger: logger.child({ part: 'redis' }),
  })
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

async function openFiles(settings: Settings, clock: Clock, logger: Logger): Promise<Parts> {
  const folder = settings.data_dir
  const { log, store, close } = openEmbedded(folder, { shards: settings.shards ?? embeddedShards, clock })
  const registry = createEmbeddedRegistry(join(folder, 'registry.sqlite'))
  const retention = setInterval(() => {
    log
      .retain({ maxAgeMs: settings.log.retention_ms, keep: keptTopics.map(({ name }) => name) })
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
