import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKafkaLog } from '../../services/flow/adapters/kafka/log.ts'
import { prefixed } from '../../services/flow/adapters/kafka/prefixed.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { openCatalogue } from '../../services/platform/catalogue-source.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createConfluentRegistry } from '../../services/records/confluent-registry.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { loadSettings } from '../../services/settings/load.ts'
import type { Settings } from '../../services/settings/schema.ts'
import { type Simulated, simulate } from '../../services/simulate/simulate.ts'
import { allTopics, eventTypes, keptTopics, topics } from '../../services/topology.ts'
import { type QuietWindow, wallClockOf } from './quiet.ts'
import type { Servers } from './servers.ts'
import type { Workload } from './workload.ts'

export const shards = 4

export interface SystemOptions {
  readonly servers: Servers
  readonly smppUrl: string
  readonly graceMs: number
  readonly quiet: readonly QuietWindow[]
  /** Added to the settings of all processes. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** One system under chaos: topics, groups and keys under a prefix of its own, and its settings in a file. */
export interface System {
  readonly settingsFile: string
  readonly folder: string
  readonly log: EventLog
  readonly codec: Codec
  /** What simulate makes of the events of the workload, its clock ending at `until`. */
  simulated(workload: Workload, until: number): Promise<Simulated>
  close(): Promise<void>
}

export async function openSystem(options: SystemOptions): Promise<System> {
  const { servers, graceMs } = options
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-chaos-'))
  const prefix = `chaos-${process.pid}-${Date.now().toString(36)}.`
  const catalogue = writeCatalogue(folder, options.quiet)
  const settingsFile = join(folder, 'keymoment.yaml')
  const given = {
    shards,
    data_dir: join(folder, 'data'),
    kafka: { brokers: [servers.kafkaBroker], prefix, session_timeout_ms: servers.sessionTimeoutMs },
    redis: { url: servers.redisUrl, prefix, cluster: servers.isCluster },
    schema_registry: { url: servers.registryUrl },
    catalogue: { dir: catalogue, watch: false, lead_ms: 0 },
    events: { grace_ms: Object.fromEntries(eventTypes.map((type) => [type, graceMs])) },
    secret: 'a secret for chaos only',
    http: { port: 0 },
    sms: { channel: 'smpp' },
    smpp: { url: options.smppUrl, per_second: 500 },
    ...options.settings,
  }
  writeFileSync(settingsFile, JSON.stringify(given))
  const physical = await createKafkaLog({
    brokers: [servers.kafkaBroker],
    clientId: 'chaos',
    shards,
    topics: allTopics.map(({ name }) => prefix + name),
    enclosing: [topics.deadLetters, topics.late, topics.reruns].map(({ name }) => prefix + name),
    compacted: keptTopics.map(({ name }) => prefix + name),
  })
  const registry = createConfluentRegistry(servers.registryUrl)
  const log = prefixed(physical, prefix)
  const settings: Settings = await loadSettings(settingsFile, {})
  return {
    settingsFile,
    folder,
    log,
    codec: await createCodec(registry),
    simulated: async ({ arrivals }, until) =>
      simulate({
        catalogue: await openCatalogue(catalogue),
        settings,
        events: (async function* () {
          yield arrivals.filter(({ spoilt }) => !spoilt).map(({ event }) => event)
        })(),
        until,
      }),
    async close() {
      await log.close()
      await registry.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The campaign's catalogue, its quiet hours being some minutes from now. */
function writeCatalogue(folder: string, quiet: readonly QuietWindow[]): string {
  const catalogue = join(folder, 'catalogue')
  mkdirSync(catalogue)
  cpSync(join(import.meta.dirname, 'catalogue'), catalogue, { recursive: true })
  const file = join(catalogue, 'policy.yaml')
  const placeholders = ['00:00', '00:01', '00:02', '00:03']
  const times = quiet.flatMap(({ from, to }) => [wallClockOf(from), wallClockOf(to)])
  const text = placeholders.reduce(
    (before, placeholder, i) => before.replace(`"${placeholder}"`, `'${times[i] ?? placeholder}'`),
    readFileSync(file, 'utf8'),
  )
  writeFileSync(file, text)
  return catalogue
}
