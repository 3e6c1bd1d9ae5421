import { localBudgets } from '../../services/budgets/local.ts'
import { noHolds } from '../../services/control/holds.ts'
import { uncontrolled } from '../../services/control/open.ts'
import { decide } from '../../services/decide/service.ts'
import type { DeliverState } from '../../services/deliver/state.ts'
import { createDeliverStep, deliverDefaults, type SendEffect, type SendResult } from '../../services/deliver/step.ts'
import { detect } from '../../services/detect/service.ts'
import { DocumentProcessor } from '../../services/flow/documents.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import { fixedCatalogue, type LaterCatalogue } from '../../services/platform/catalogue-source.ts'
import type { Platform } from '../../services/platform/platform.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { RecordTypes } from '../../services/records/types.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { type SchemaName, serviceNodes, type Topic } from '../../services/topology.ts'
import { Chaos } from './chaos.ts'
import { simulated } from './hours.ts'
import { type Incidents, type Struck, strikeNowAndThen } from './incidents.ts'
import { Process } from './process.ts'
import { type ServiceUnderTest, servicesUnderTest } from './services-under-test.ts'
import { SimulatedLog } from './simulated-log.ts'
import { SimulatedStore } from './simulated-store.ts'
import { Smsc, type Taken } from './smsc.ts'
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
  /** Published in mid-stream. */
  readonly later?: readonly LaterCatalogue[]
  /** What goes wrong beside calls; none: an undisturbed run. */
  readonly incidents?: Incidents
  readonly plant?: Plant
  /** What else happens, and when. */
  readonly event?: (struck: Struck) => void
}

/** What there is to judge: the log, and what the SMSC got. */
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
  readonly appendedAt: number
}

const hour = 3_600_000
/** Behind the last event everything that waits comes to its end, without faults. */
const drainMs = 72 * hour

const codec: Codec = await createCodec(createEmbeddedRegistry(':memory:'))
const settings = await loadSettings(undefined, {})
const metrics = createMetrics()
const logger = createLogger('silent')

/** A simulation of the whole system: one seed decides what happens. @throws what a service fails with */
export async function simulateSystem(options: RunOptions): Promise<Run> {
  const { seed, workload, later = [], incidents, plant } = options
  const world = new World(seed, workload.begin - hour)
  const chaos = new Chaos(seed, incidents !== undefined)
  const log = new SimulatedLog(world, chaos, workload.shards)
  const store = new SimulatedStore(world, plant?.isUnfenced !== true)
  const smsc = new Smsc(world, chaos)
  const failures: unknown[] = []

  function start(service: ServiceUnderTest, number: number, catalogue = options.catalogue): Process {
    const process = new Process(world, chaos, `${service}-${number}`)
    const seenLog = log.seenBy(process)
    const seenStore = store.seenBy(process)
    const platform: Platform = {
      settings,
      flow,
      clock: process.clock,
      scheduler: process.scheduler,
      log: plant?.log?.(seenLog, service) ?? seenLog,
      store: plant?.store?.(seenStore, service) ?? seenStore,
      codec,
      catalogue: fixedCatalogue(catalogue, later),
      control: uncontrolled(noHolds),
      budgets: localBudgets(),
      metrics,
      logger,
      secret: 'nothing is sent here',
      fail: (error) => void failures.push(error),
    }
    void started(service, platform, smsc.sender(process)).catch((error: unknown) => failures.push(error))
    return process
  }

  for (const { at, event } of workload.arrivals) {
    world.after(at - world.time, 'event', () => log.take(recordsOf([event], codec)))
  }
  const processes = new Map<string, Process>()
  const each = incidents ? 2 : 1
  for (const service of servicesUnderTest) {
    for (let number = 0; number < each; number++) processes.set(`${service}-${number}`, start(service, number))
  }
  const end = workload.end - world.epoch
  const struck: Struck = { world, chaos, log, store, processes, start, until: end }
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
    sent: smsc.taken,
    read: (topic) =>
      log.recordsOf(topic.name).map(({ value, appendedAt }) => ({
        value: codec.decode(topic.schema, value, 0, value.length),
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

const deliverNode = serviceNodes.deliver
const deliverStep = createDeliverStep({ ...deliverDefaults, providers: { sms: 'simulated' } })

async function started(
  service: ServiceUnderTest,
  platform: Platform,
  runEffect: (effect: SendEffect) => Promise<SendResult>,
): Promise<void> {
  if (service === 'detect') await detect.start(platform)
  else if (service === 'decide') await decide.start(platform)
  else {
    const { log, store, clock, scheduler, fail } = platform
    await startService<DocumentProcessor<DeliverState, SendEffect, SendResult>, SendEffect, SendResult>({
      node: deliverNode,
      log,
      store,
      codec,
      clock,
      scheduler,
      settings: flow,
      observer: silentObserver,
      createProcessor: () => new DocumentProcessor({ step: deliverStep, reads: deliverNode.reads, codec }),
      runEffect,
      onFailed: fail,
    })
  }
}
