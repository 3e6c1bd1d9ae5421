import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createKafkaLog } from '../../services/flow/adapters/kafka/log.ts'
import { prefixed } from '../../services/flow/adapters/kafka/prefixed.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { openCatalogue } from '../../services/platform/catalogue-source.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createConfluentRegistry } from '../../services/records/confluent-registry.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { Moment } from '../../services/records/types.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { type Simulated, simulate } from '../../services/simulate/simulate.ts'
import { allTopics, keptTopics, topics } from '../../services/topology.ts'
import { type Child, type ChildOptions, startChild } from '../support/child-process.ts'
import { servers } from '../support/servers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = join(import.meta.dirname, '..', '..')
export const catalogueFolder = join(import.meta.dirname, 'catalogue')
const shards = 4

/** One system on the shared servers: topics, groups and keys under a prefix of its own. */
export interface System {
  readonly prefix: string
  /** Its settings file. */
  readonly config: string
  readonly log: EventLog
  readonly codec: Codec
  /** Starts a service as a process of its own and waits until it has listened. */
  start(service: 'ingest' | 'detect' | 'decide' | 'deliver', env?: ChildOptions['env']): Promise<Child>
  append(events: readonly ReadEvent[]): Promise<void>
  /** What is on km.moments now. */
  moments(): Promise<Moment[]>
}

let systems = 0

export async function createSystem(settings: Record<string, unknown> = {}): Promise<System> {
  const number = ++systems
  const prefix = `it-${process.pid}-${number}-${Date.now().toString(36)}.`
  const file = join(temporaryFolder(), 'keymoment.yaml')
  const config = {
    shards,
    kafka: { brokers: servers.kafkaBrokers, prefix },
    redis: { url: servers.redisUrl, prefix },
    schema_registry: { url: servers.schemaRegistryUrl },
    catalogue: { dir: catalogueFolder, watch: false },
    secret: 'a secret for tests only',
    http: { port: 0 },
    ...settings,
  }
  writeFileSync(file, JSON.stringify(config))
  const physical = await createKafkaLog({
    brokers: servers.kafkaBrokers,
    clientId: 'integration-test',
    shards,
    topics: allTopics.map(({ name }) => prefix + name),
    enclosing: [topics.deadLetters, topics.late, topics.reruns].map(({ name }) => prefix + name),
    compacted: keptTopics.map(({ name }) => prefix + name),
  })
  const log = prefixed(physical, prefix)
  onTestFinished(() => log.close())
  const registry = createConfluentRegistry(servers.schemaRegistryUrl)
  const codec = await createCodec(registry)
  return {
    prefix,
    config: file,
    log,
    codec,
    async start(service, env = {}) {
      const main = join(root, 'services', service, 'main.ts')
      const child = await startChild(process.execPath, [main, '--config', file], { env })
      onTestFinished(() => child.kill('SIGKILL').then(() => undefined))
      await child.waitForLine(/"msg":"listening"/, 30_000)
      return child
    },
    async append(events) {
      await log.append(recordsOf(events, codec))
    },
    moments: () => readTopic(log, codec, topics.moments),
  }
}

/** What simulate says of the same events, up to `until`. */
export async function simulated(events: readonly ReadEvent[], until: number): Promise<Simulated> {
  return simulate({
    catalogue: await openCatalogue(catalogueFolder),
    settings: await loadSettings(undefined, { KEYMOMENT_SHARDS: String(shards) }),
    events: (async function* () {
      yield events
    })(),
    until,
  })
}

export const idsOf = (moments: readonly Moment[]): string[] => moments.map(({ moment_id }) => moment_id).sort()
export const distinct = (ids: readonly string[]): string[] => [...new Set(ids)].sort()
