import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError, isCoded } from '../domain/errors.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { CatalogueVersion, WorkerReport } from '../records/types.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { topics } from '../topology.ts'
import { CatalogueInvalid, createHistory, createLoading, type History, type LoadFiles } from './history.ts'
import { createPublisher, type Publisher } from './publish.ts'
import { createSchedule, type InForce, orNone, type Schedule } from './schedule.ts'
import { type Place, startTail, versionsShard } from './tail.ts'
import { createWorkers, reportEveryMs, usesVersion, type Worker, workerName } from './workers.ts'

export interface VersionsParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly clock: Clock
  /** Engine's milliseconds in a real one. */
  readonly speed: number
  /** Real milliseconds between a publication and its activation. */
  readonly leadMs: number
  /** What runs in this process. */
  readonly services: readonly string[]
  readonly metrics: Metrics
  readonly logger: Logger
  readonly fail: (error: unknown) => void
}

/** The published versions of the catalogue as this process knows them. */
export interface CatalogueVersions {
  readonly worker: string
  readonly history: History
  readonly schedule: Schedule
  readonly publisher: Publisher
  readonly load: LoadFiles
  /** What applies to what happens now. @throws CodedError KM_CATALOGUE_NONE */
  present(): InForce
  /** Processes that are alive. */
  workers(): readonly Worker[]
  /** Waits until every process that is alive can use a version; those that don't by then. Milliseconds. */
  awaitEverywhere(number: number, withinMs: number): Promise<readonly Worker[]>
  /** How far a service's shards are: a version that comes too late for one is counted, and the next ones come later. */
  attach(service: string, clocks: () => readonly number[]): void
  /** Calls back when another version is known, or one can't be used after all. */
  subscribe(listener: () => void): void
  close(): Promise<void>
}

const lookEveryMs = 30_000
const farewellMs = 2_000

/** Reads the versions from the log and follows it. @throws CodedError KM_LOG_UNAVAILABLE */
export async function openVersions(parts: VersionsParts): Promise<CatalogueVersions> {
  const { log, codec, clock, speed, leadMs, services, metrics, logger, fail } = parts
  const worker = workerName()
  const workers = createWorkers(() => performance.now())
  const attached = new Map<string, () => readonly number[]>()
  const listeners: (() => void)[] = []
  const load = createLoading()
  const schedule = createSchedule((number, error) => {
    refused('topic', error, `version ${number} can't be used here`)
    changed()
  })
  const history = createHistory(schedule, load)
  let live = false
  let closed = false
  let shown: number | undefined
  let look: NodeJS.Timeout | undefined

  function refused(source: string, error: unknown, what: string): void {
    const coded =
      error instanceof CodedError ? error : new CodedError('KM_CATALOGUE_UNUSABLE', String(error), { cause: error })
    metrics.catalogueRefused.inc({ source, code: coded.code })
    const reasons = coded instanceof CatalogueInvalid ? coded.problems : [coded]
    for (const reason of reasons) logger.error(`catalogue refused (${what}), the running one stays: ${String(reason)}`)
  }

  function version(
    record: CatalogueVersion | undefined,
    { shard, position, appendedAt }: Place,
    problem?: unknown,
  ): void {
    const what = `record ${position} of shard ${shard} of ${topics.catalogue.name}`
    if (shard !== versionsShard) {
      const message = `versions belong to shard ${versionsShard}, that is partition ${versionsShard}`
      refused('topic', new CodedError('KM_CATALOGUE_MISPLACED', message), what)
      return
    }
    if (!record) {
      refused('topic', problem, what)
      return
    }
    try {
      const { number, activatesAt } = history.accept(record, clockOfLog(appendedAt))
      if (!live) return
      if (number > 1) countLate(activatesAt)
      logger.info(
        { number, version: record.version, activatesAt, author: record.author },
        'catalogue version published',
      )
      // Loaded now, when nobody waits for it, and not by the shards when they go over.
      if (Number.isFinite(activatesAt)) schedule.at(activatesAt)
      changed()
    } catch (error) {
      // Of two publishers at once the second: it was told.
      if (isCoded(error, 'KM_CATALOGUE_CONFLICT')) logger.info({ position, err: error }, 'a publication came second')
      else refused('topic', error, what)
    }
  }

  /** A demonstration clock isn't that of Kafka's brokers. */
  const clockOfLog = (appendedAt: number): number =>
    appendedAt > clock.now() + dayMs ? Number.NEGATIVE_INFINITY : appendedAt

  function countLate(activatesAt: number): void {
    for (const [service, clocks] of attached) {
      const late = clocks().filter((time) => time >= activatesAt).length
      if (late > 0) metrics.catalogueLate.inc({ service }, late)
    }
  }

  function changed(): void {
    if (!live || closed) return
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        // A defect of ours: the others hear of it all the same.
        logger.error({ err: error }, 'a service could not hear of another catalogue')
      }
    }
    show()
    report()
  }

  /** Shows what is in force now, and looks again when that may change. */
  function show(): void {
    clearTimeout(look)
    if (closed || history.versions.length === 0) return
    const present = orNone(() => schedule.at(clock.now()))
    if (!present) return
    const { number, catalogue, until } = present
    if (number !== shown) {
      if (shown !== undefined)
        logger.info({ from: shown, to: number, version: catalogue.version }, 'catalogue taken over')
      shown = number
      metrics.catalogue.reset()
      metrics.catalogue.set({ version: catalogue.version }, 1)
      metrics.catalogueVersion.reset()
      metrics.catalogueVersion.set({ version: catalogue.version, worker }, number)
      report()
    }
    const wait = until === Number.POSITIVE_INFINITY ? lookEveryMs : clock.millisUntil(until)
    look = setTimeout(show, Math.min(lookEveryMs, Math.max(1, wait)))
  }

  const ownClock = (): number => Math.max(clock.now(), ...[...attached.values()].flatMap((clocks) => clocks()))

  function ownReport(ends: boolean): WorkerReport {
    const refusedHere = [...schedule.refused].map(([number, error]) => [
      String(number),
      error instanceof CodedError ? error.code : 'KM_CATALOGUE_UNUSABLE',
    ])
    return {
      report_id: randomUUID(),
      subscriber_id: worker,
      reported_at: Math.max(0, clock.now()),
      services,
      known: history.versions.length,
      active: shown ?? 0,
      refused: Object.fromEntries(refusedHere),
      clock: Math.max(0, ownClock()),
      ends,
    }
  }

  async function send(ends: boolean): Promise<void> {
    const own = ownReport(ends)
    workers.heard(own)
    await log.append([{ topic: topics.workers.name, key: worker, value: codec.encode(topics.workers, own) }])
  }

  let sending: Promise<void> | undefined
  let again = false
  /** Of what changes while a report is under way there is one more report. */
  function report(): void {
    if (!live || closed) return
    again = sending !== undefined
    sending ??= send(false)
      .catch((error: unknown) => logger.debug({ err: error }, 'not reported'))
      .finally(() => {
        sending = undefined
        if (again) report()
      })
  }

  const tail = await startTail({
    log,
    codec,
    version,
    report(other) {
      // Who is new doesn't know the others yet.
      if (other.subscriber_id !== worker && workers.heard(other)) report()
    },
    failed: fail,
  })
  await tail.caughtUp
  const publisher = createPublisher({
    log,
    codec,
    history,
    schedule,
    tail,
    load,
    now: () => clock.now(),
    earliest: () => Math.max(ownClock(), workers.clock) + leadMs * speed,
  })
  live = true
  show()
  for (const { activatesAt } of history.versions) if (activatesAt > clock.now()) schedule.at(activatesAt)
  report()
  const reporting = setInterval(report, reportEveryMs)

  return {
    worker,
    history,
    schedule,
    publisher,
    load,
    present: () => schedule.at(clock.now()),
    workers: () => workers.list(),
    async awaitEverywhere(number, withinMs) {
      const start = performance.now()
      for (;;) {
        const waiting = workers.list().filter((one) => usesVersion(one, number) === undefined)
        if (waiting.length === 0 || performance.now() - start >= withinMs || closed) break
        await pause(20)
      }
      return workers.list().filter((one) => usesVersion(one, number) !== true)
    },
    attach: (service, clocks) => attached.set(service, clocks),
    subscribe: (listener) => listeners.push(listener),
    async close() {
      closed = true
      clearInterval(reporting)
      clearTimeout(look)
      attached.clear()
      await Promise.race([sending, pause(farewellMs)])
      await Promise.race([send(true).catch(() => undefined), pause(farewellMs)])
      await tail.stop()
    },
  }
}

const dayMs = 86_400_000
