import { setTimeout as pause } from 'node:timers/promises'
import { CodedError, isCoded } from '../domain/errors.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { CatalogueVersion } from '../records/types.ts'
import type { Place } from '../records/whole-topics.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { topics } from '../topology.ts'
import { type CatalogueChecks, createCatalogueChecks } from './checks.ts'
import type { FolderNotice } from './folder-notice.ts'
import { CatalogueInvalid, createHistory, type History } from './history.ts'
import { createPublisher, type Publisher } from './publish.ts'
import { createReporting } from './reporting.ts'
import { createSchedule, type InForce, orNone, type Schedule } from './schedule.ts'
import { startTail, versionsShard } from './tail.ts'
import { createWorkers, usesVersion, type Worker, workerName } from './workers.ts'

export interface VersionsParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly clock: Clock
  /** Engine's milliseconds in a real one. */
  readonly speed: number
  /** Real milliseconds between a publication and its activation. */
  readonly leadMs: number
  /** Real milliseconds by which a process may be ahead of this one, for its clock to be believed. */
  readonly futureToleranceMs: number
  /** What runs in this process. */
  readonly services: readonly string[]
  readonly metrics: Metrics
  readonly logger: Logger
  readonly fail: (error: unknown) => void
  /** Default: a thread of its own, which ends with it. */
  readonly checks?: CatalogueChecks
}

/** The published versions of the catalogue as this process knows them. */
export interface CatalogueVersions {
  readonly worker: string
  readonly history: History
  readonly schedule: Schedule
  readonly publisher: Publisher
  readonly checks: CatalogueChecks
  /** The engine's time; milliseconds since 1970. */
  now(): number
  /** What applies to what happens now. @throws CodedError KM_CATALOGUE_NONE */
  present(): InForce
  /** Processes that are alive. */
  workers(): readonly Worker[]
  /** Waits until every process that is alive can use a version; those that don't by then. Milliseconds. */
  awaitEverywhere(number: number, withinMs: number): Promise<readonly Worker[]>
  attach(service: string, user: CatalogueUser): void
  /** Calls back when another version is known, or one can't be used after all. */
  subscribe(listener: () => void): void
  /** Of the folder that this process publishes; undefined: it publishes none. */
  folder(): FolderNotice | undefined
  /** Who follows the folder says how it stands. */
  tellFolder(notice: FolderNotice): void
  close(): Promise<void>
}

/** A service that works under the catalogue. */
export interface CatalogueUser {
  /** How far its shards are: a version that comes too late for one is counted, and the next ones come later. */
  clocks(): readonly number[]
  /**
   * Makes ready what the service needs to work under a version, before it must: in steps that let events through.
   * @throws why it can't
   */
  prepare(next: InForce): void | Promise<void>
}

const lookEveryMs = 30_000

/** Reads the versions from the log and follows it. @throws CodedError KM_LOG_UNAVAILABLE */
export async function openVersions(parts: VersionsParts): Promise<CatalogueVersions> {
  const { log, codec, clock, speed, leadMs, services, metrics, logger, fail } = parts
  const worker = workerName()
  const workers = createWorkers({
    monotonic: () => performance.now(),
    now: () => clock.now(),
    aheadMost: parts.futureToleranceMs * speed,
    onAhead(ahead, aheadMs) {
      const message =
        'the clock of a process is ahead of ours: what is published does not wait for it; set its time right'
      logger.warn({ worker: ahead, ahead_ms: Math.round(aheadMs) }, message)
    },
  })
  const attached = new Map<string, CatalogueUser>()
  const listeners: (() => void)[] = []
  const checks = parts.checks ?? createCatalogueChecks()
  const schedule = createSchedule((number, error) => {
    refused('topic', error, `version ${number} can't be used here`)
    changed()
  })
  const history = createHistory(schedule, checks.load)
  /** Number of the newest version that is loaded and prepared, or refused. */
  let known = 0
  let preparing = Promise.resolve()
  let live = false
  let closed = false
  let folder: FolderNotice | undefined
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
      tell()
      preparing = preparing.then(async () => {
        await prepare(number, activatesAt)
        known = number
        changed()
      })
    } catch (error) {
      // Of two publishers at once the second: it was told.
      if (isCoded(error, 'KM_CATALOGUE_CONFLICT')) logger.info({ position, err: error }, 'a publication came second')
      else refused('topic', error, what)
    }
  }

  /**
   * Makes a version ready before it comes into force, so that shards only go over; one that can't be used is told now. Never
   * fails.
   */
  async function prepare(number: number, activatesAt: number, users = attached.values()): Promise<void> {
    await readyAt(activatesAt, number + 1)
    if (closed || schedule.numberAt(activatesAt) !== number) return
    const inForce = schedule.at(activatesAt)
    try {
      for (const user of users) await user.prepare(inForce)
    } catch (error) {
      inForce.refuse(error)
    }
  }

  /** Has loaded what is in force at a clock, of the versions below a number; one that can't be used is refused. */
  async function readyAt(at: number, below?: number): Promise<number | undefined> {
    for (;;) {
      const number = schedule.numberAt(at, below)
      if (number === undefined) return undefined
      try {
        await history.ready(number)
        return number
      } catch (error) {
        if (closed) return undefined
        schedule.refuse(number, error)
      }
    }
  }

  /** A demonstration clock isn't that of Kafka's brokers. */
  const clockOfLog = (appendedAt: number): number =>
    appendedAt > clock.now() + dayMs ? Number.NEGATIVE_INFINITY : appendedAt

  function countLate(activatesAt: number): void {
    for (const [service, user] of attached) {
      const late = user.clocks().filter((time) => time >= activatesAt).length
      if (late > 0) metrics.catalogueLate.inc({ service }, late)
    }
  }

  function changed(): void {
    if (!live || closed) return
    tell()
    show()
    reporting.report()
  }

  function tell(): void {
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        // A defect of ours: the others hear of it all the same.
        logger.error({ err: error }, 'a service could not hear of another catalogue')
      }
    }
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
      reporting.report()
    }
    const wait = until === Number.POSITIVE_INFINITY ? lookEveryMs : clock.millisUntil(until)
    look = setTimeout(show, Math.min(lookEveryMs, Math.max(1, wait)))
  }

  const ownClock = (): number => Math.max(clock.now(), ...[...attached.values()].flatMap((user) => user.clocks()))

  const reporting = createReporting({
    log,
    codec,
    worker,
    workers,
    services,
    logger,
    content: () => ({
      now: clock.now(),
      known,
      active: shown ?? 0,
      refused: schedule.refused,
      clock: ownClock(),
    }),
  })

  const tail = await startTail({
    log,
    codec,
    version,
    report(other) {
      // Who is new doesn't know the others yet.
      if (other.subscriber_id !== worker && workers.heard(other)) reporting.report()
    },
    failed: fail,
  })
  await tail.caughtUp()
  const publisher = createPublisher({
    log,
    codec,
    history,
    schedule,
    tail,
    checks,
    readyAt,
    now: () => clock.now(),
    earliest: () => Math.max(ownClock(), workers.clock) + leadMs * speed,
  })
  await readyAt(clock.now())
  for (const { activatesAt } of history.versions) if (activatesAt > clock.now()) await readyAt(activatesAt)
  known = history.versions.length
  live = true
  show()
  reporting.start()

  return {
    worker,
    history,
    schedule,
    publisher,
    checks,
    now: () => clock.now(),
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
    attach(service, user) {
      attached.set(service, user)
      for (const { number, activatesAt } of history.versions) {
        if (activatesAt > clock.now()) preparing = preparing.then(() => prepare(number, activatesAt, [user].values()))
      }
    },
    subscribe: (listener) => listeners.push(listener),
    folder: () => folder,
    tellFolder(notice) {
      folder = notice
    },
    async close() {
      closed = true
      clearTimeout(look)
      attached.clear()
      await reporting.end()
      await tail.stop()
      if (!parts.checks) await checks.close()
      await preparing
    },
  }
}

const dayMs = 86_400_000
