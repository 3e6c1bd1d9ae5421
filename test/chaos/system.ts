import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbedded } from '../../services/flow/adapters/embedded/open-embedded.ts'
import { createKafkaLog } from '../../services/flow/adapters/kafka/log.ts'
import { prefixed } from '../../services/flow/adapters/kafka/prefixed.ts'
import type { AppendRecord, EventLog } from '../../services/flow/event-log.ts'
import { openCatalogue } from '../../services/platform/catalogue-source.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createConfluentRegistry } from '../../services/records/confluent-registry.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { loadSettings } from '../../services/settings/load.ts'
import type { Settings } from '../../services/settings/schema.ts'
import { type Simulated, simulate } from '../../services/simulate/simulate.ts'
import { allTopics, eventTypes, keptTopics, topics } from '../../services/topology.ts'
import type { Fleet } from './fleet.ts'
import { type QuietWindow, wallClockOf } from './quiet.ts'
import type { Servers } from './servers.ts'
import type { Workload } from './workload.ts'

export const shards = 4

export interface SystemOptions {
  /** None: the embedded engine. */
  readonly servers: Servers | undefined
  /** Holds its settings, and the files of the embedded engine; removed by nobody here. */
  readonly folder: string
  readonly smppUrl: string
  readonly graceMs: number
  readonly quiet: readonly QuietWindow[]
}

/** One system under chaos: topics, groups and keys under a prefix of its own, and its settings in a file. */
export interface System {
  readonly settingsFile: string
  readonly folder: string
  /** Puts a record on the log past ingest; where nobody else can, undefined. */
  readonly append: ((record: (codec: Codec) => AppendRecord) => Promise<unknown>) | undefined
  /** Looks at the log. Where it belongs to one process, that is stopped in order for so long. */
  look<T>(fleet: Fleet, act: (log: EventLog, codec: Codec) => Promise<T>): Promise<T>
  /** What simulate makes of the events of the workload, its clock ending at `until`. */
  simulated(workload: Workload, until: number): Promise<Simulated>
  close(): Promise<void>
}

export async function openSystem(options: SystemOptions): Promise<System> {
  const { servers, graceMs, folder } = options
  const prefix = `chaos-${process.pid}-${Date.now().toString(36)}.`
  const catalogue = writeCatalogue(folder, options.quiet)
  const settingsFile = join(folder, 'keymoment.yaml')
  const dataFolder = join(folder, 'data')
  const given = {
    shards,
    data_dir: dataFolder,
    ...(servers && {
      kafka: { brokers: [servers.kafkaBroker], prefix, session_timeout_ms: servers.sessionTimeoutMs },
      redis: { url: servers.redisUrl, prefix, cluster: servers.cluster !== undefined },
      schema_registry: { url: servers.registryUrl },
    }),
    catalogue: { dir: catalogue, watch: false, lead_ms: 0 },
    events: { grace_ms: Object.fromEntries(eventTypes.map((type) => [type, graceMs])) },
    secret: 'a secret for chaos only',
    http: { port: 0 },
    sms: { channel: 'smpp' },
    smpp: { url: options.smppUrl, per_second: 500 },
  }
  writeFileSync(settingsFile, JSON.stringify(given))
  const settings: Settings = await loadSettings(settingsFile, {})
  const backing = servers ? await openServers(servers, prefix) : openFiles(dataFolder)
  return {
    settingsFile,
    folder,
    ...backing,
    simulated: async ({ arrivals }, until) =>
      simulate({
        catalogue: await openCatalogue(catalogue),
        settings,
        events: (async function* () {
          yield arrivals.filter(({ spoilt }) => !spoilt).map(({ event }) => event)
        })(),
        until,
      }),
  }
}

type Backing = Pick<System, 'append' | 'look' | 'close'>

async function openServers(servers: Servers, prefix: string): Promise<Backing> {
  const physical = await createKafkaLog({
    brokers: [servers.kafkaBroker],
    clientId: 'chaos',
    startWithinMs: 120_000,
    shards,
    topics: allTopics.map(({ name }) => prefix + name),
    enclosing: [topics.deadLetters, topics.late, topics.reruns].map(({ name }) => prefix + name),
    compacted: keptTopics.map(({ name }) => prefix + name),
  })
  const registry = createConfluentRegistry(servers.registryUrl)
  const log = prefixed(physical, prefix)
  const codec = await createCodec(registry)
  return {
    append: (record) => log.append([record(codec)]),
    look: (_, act) => act(log, codec),
    async close() {
      await log.close()
      await registry.close()
    },
  }
}

/** The embedded engine's files, which one process has at a time. */
function openFiles(folder: string): Backing {
  return {
    append: undefined,
    async look(fleet, act) {
      await fleet.halt()
      const { log, close } = openEmbedded(folder, { shards })
      const registry = createEmbeddedRegistry(join(folder, 'registry.sqlite'))
      try {
        return await act(log, await createCodec(registry))
      } finally {
        await registry.close()
        await close()
        await fleet.startAll()
      }
    },
    close: async () => undefined,
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
