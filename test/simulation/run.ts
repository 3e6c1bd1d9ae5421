import { noHolds } from '../../services/control/holds.ts'
import { uncontrolled } from '../../services/control/open.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import { fixedCatalogue, type LaterCatalogue } from '../../services/platform/catalogue-source.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { RecordTypes } from '../../services/records/types.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import type { SchemaName, Topic } from '../../services/topology.ts'
import { Chaos } from './chaos.ts'
import { simulated } from './hours.ts'
import { type Incidents, type Struck, strikeNowAndThen } from './incidents.ts'
import { peopleAtWork } from './people.ts'
import { Process } from './process.ts'
import { nothingComesBack, Providers, type Taken } from './providers.ts'
import { type ServiceUnderTest, servicesUnderTest, withPeople } from './services-under-test.ts'
import { SimulatedLog } from './simulated-log.ts'
import { SimulatedStore } from './simulated-store.ts'
import { type Stands, started } from './started.ts'
import { answering } from './subscribers.ts'
import type { Workload } from './workload.ts'
import { World } from './world.ts'

/** A bug that is planted: a port as a service sees it, with something missing. */
export interface Plant {
  readonly log?: (log: EventLog, service: ServiceUnderTest) => EventLog
  readonly store?: (store: StateStore, service: ServiceUnderTest) => StateStore
  readonly isUnfenced?: boolean
}

export interface RunOptions {
  readonly seed: number
  readonly workload: Workload
  readonly catalogue: Catalogue
  /** By SMS alone, of which nothing is heard but that it was taken; or by all channels and people, whose answers come back. */
  readonly through?: 'sms' | 'everything'
  /** Published in mid-stream. */
  readonly later?: readonly LaterCatalogue[]
  /** What goes wrong beside calls; none: an undisturbed run. */
  readonly incidents?: Incidents
  readonly plant?: Plant
  /** What else happens, and when. */
  readonly event?: (struck: Struck) => void
}

/** What there is to judge: the log, and what providers got. */
export interface Run {
  readonly seed: number
  readonly trace: string
  readonly recent: readonly string[]
  /** Simulated milliseconds. */
  readonly millis: number
  readonly steps: number
  readonly faults: Readonly<Record<string, number>>
  readonly sent: readonly Taken[]
  read<Name extends SchemaName>(topic: Topic & { readonly schema: Name }): readonly Read<RecordTypes[Name]>[]
}

export interface Read<Value> {
  readonly value: Value
  readonly shard: number
  readonly position: number
  readonly appendedAt: number
}

const hour = 3_600_000
/** Behind the last event everything that waits comes to its end, without faults. */
const drainMs = 72 * hour

export const codec: Codec = await createCodec(createEmbeddedRegistry(':memory:'))
const smsAlone = await loadSettings(undefined, {})
const allChannels = await loadSettings(undefined, {
  KEYMOMENT_PUSH_CHANNEL: 'sandbox',
  KEYMOMENT_IVR_CHANNEL: 'sandbox',
})
const metrics = createMetrics()
const logger = createLogger('silent')

/** A simulation of the whole system: one seed decides what happens. @throws what a service fails with */
export async function simulateSystem(options: RunOptions): Promise<Run> {
  const { seed, workload, later = [], incidents, plant, through = 'sms' } = options
  const isWide = through === 'everything'
  const services = isWide ? withPeople : servicesUnderTest
  const world = new World(seed, workload.begin - hour)
  const chaos = new Chaos(seed, incidents !== undefined)
  const log = new SimulatedLog(world, chaos, workload.shards)
  const store = new SimulatedStore(world, plant?.isUnfenced !== true)
  const surroundings = isWide ? answering(world, log, codec, seed) : nothingComesBack
  const providers = new Providers(world, chaos, surroundings)
  const failures: unknown[] = []

  function start(service: ServiceUnderTest, number: number, catalogue = options.catalogue): Process {
    const process = new Process(world, chaos, `${service}-${number}`)
    const seenLog = log.seenBy(process)
    const seenStore = store.seenBy(process)
    const stands: Stands = {
      settings: isWide ? allChannels : smsAlone,
      flow,
      clock: process.clock,
      scheduler: process.scheduler,
      log: plant?.log?.(seenLog, service) ?? seenLog,
      store: plant?.store?.(seenStore, service) ?? seenStore,
      codec,
      catalogue: fixedCatalogue(catalogue, later),
      control: uncontrolled({ ...noHolds, takesBack: isWide }),
      metrics,
      logger,
      secret: 'nothing is sent here',
      fail: (error) => void failures.push(error),
    }
    const by = { process, runEffect: providers.sender(process), shares: isWide }
    void started(service, stands, by).catch((error: unknown) => failures.push(error))
    return process
  }

  for (const { at, event } of workload.arrivals) {
    world.after(at - world.time, 'event', () => log.take(recordsOf([event], codec)))
  }
  const processes = new Map<string, Process>()
  const each = incidents ? 2 : 1
  for (const service of services) {
    for (let number = 0; number < each; number++) processes.set(`${service}-${number}`, start(service, number))
  }
  const end = workload.end - world.epoch
  if (isWide) peopleAtWork(world, log, codec, seed)
  const struck: Struck = { world, chaos, log, store, processes, services, start, until: end }
  if (incidents) strikeNowAndThen(struck, incidents)
  options.event?.(struck)
  const step = 6 * hour
  for (let until = step; until <= end + drainMs; until += step) {
    if (until > end) chaos.isOn = false
    await world.run(until)
    if (failures.length > 0) throw failures[0]
  }
  simulated(world.now)
  return {
    seed,
    trace: world.trace,
    recent: world.recent,
    millis: world.now,
    steps: world.steps,
    faults: chaos.counts,
    sent: providers.taken,
    read: (topic) =>
      log.recordsOf(topic.name).map(({ value, shard, position, appendedAt }) => ({
        value: codec.decode(topic.schema, value, 0, value.length),
        shard,
        position,
        appendedAt,
      })),
  }
}

/** Small groups and stages, and little memory, so that each path is gone through. */
const flow = {
  ...flowDefaults,
  groupMs: 20,
  groupRecords: 20,
  stageRecords: 8,
  queueRecords: 60,
  memoryBytes: 6_000,
  idleMs: 600_000,
  upstreamMs: 20_000,
}
