import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { catalogueRoutes } from '../catalogue/routes.ts'
import { controlRoutes } from '../control/routes.ts'
import { CodedError } from '../domain/errors.ts'
import { createHttpServer } from '../http/server.ts'
import { learningRoutes } from '../learning/routes.ts'
import type { Settings } from '../settings/schema.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { topics } from '../topology.ts'
import type { Deployable, Running } from './deployable.ts'
import { letHeapGrow } from './heap.ts'
import { measureLag } from './lag.ts'
import { type OpenPlatform, openPlatform } from './open-platform.ts'
import type { Platform } from './platform.ts'

export interface ProcessOptions {
  readonly settings: Settings
  readonly deployables: readonly Deployable[]
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Some deployables at work in this process. */
export interface RunningProcess {
  /** Where the HTTP interface listens, e.g. http://127.0.0.1:8080. */
  readonly url: string
  readonly http: FastifyInstance
  /** Resolves when everything was opened and started; rejects when that can't succeed. */
  readonly started: Promise<Platform>
  /** Resolves when the process failed and has to end; never otherwise. */
  readonly failed: Promise<unknown>
  /** Stops in reverse order: intake, what is under way, commits, connections, HTTP. Once. */
  stop(): Promise<void>
}

interface Started {
  readonly deployable: Deployable
  readonly running: Running
}

const firstRetryMs = 200
const longestRetryMs = 5_000
const lagEveryMs = 5_000
const logPatienceMs = 5_000

/**
 * Listens first, so that health can be asked from the beginning, then opens log, store and registry (trying again while
 * they are absent), then starts the deployables in their order.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { settings, deployables, logger, metrics } = options
  letHeapGrow()
  const stopping = new AbortController()
  const started: Started[] = []
  let opened: OpenPlatform | undefined
  let obstacle: CodedError | undefined = new CodedError('KM_STARTING', 'not everything is open yet', { canRetry: true })
  let logFault: CodedError | undefined
  let onFailure: (error: unknown) => void = () => undefined
  const failed = new Promise<unknown>((resolve) => {
    onFailure = resolve
  })

  const whenOpen = (): OpenPlatform => {
    if (!opened) throw new CodedError('KM_NOT_READY', obstacle?.message ?? 'starting', { canRetry: true })
    return opened
  }
  const platform = (): Platform => whenOpen().platform
  const readiness = () => [
    ...[obstacle, logFault].flatMap((fault) => (fault ? [{ code: fault.code, reason: fault.message }] : [])),
    ...started.flatMap(({ running }) => [...shardProblems(running), ...(running.problems?.() ?? [])]),
  ]

  const http = await createHttpServer({ bodyBytesMax: settings.http.body_bytes_max, logger, metrics, readiness })
  catalogueRoutes(http, () => whenOpen().versions)
  controlRoutes(http, platform)
  learningRoutes(http, () => ({ ...whenOpen().platform, learning: whenOpen().learning }))
  for (const { routes } of deployables) routes?.(http, platform, { metrics, readiness, logger })
  const url = await http.listen({ host: settings.http.host, port: settings.http.port }).catch((cause: unknown) => {
    throw new CodedError('KM_HTTP_LISTEN', `cannot listen: ${String(cause)}; choose another http.port`, { cause })
  })

  /** Tries until it works, the fault is one that waiting doesn't cure, or the process stops. */
  async function persist<T>(what: string, action: () => Promise<T>): Promise<T> {
    for (let wait = firstRetryMs; ; wait = Math.min(2 * wait, longestRetryMs)) {
      try {
        return await action()
      } catch (error) {
        if (!(error instanceof CodedError) || !error.canRetry || stopping.signal.aborted) throw error
        if (obstacle?.message !== error.message) logger.warn({ err: error }, `${what}: tries again`)
        obstacle = error
        await pause(wait, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  async function open(): Promise<Platform> {
    opened = await persist('opening log and store', () =>
      openPlatform(
        settings,
        deployables.map(({ name }) => name),
        logger,
        metrics,
        onFailure,
      ),
    )
    const { platform } = opened
    for (const deployable of deployables) {
      if (stopping.signal.aborted) break
      const running = await persist(`starting ${deployable.name}`, () => deployable.start(platform))
      started.push({ deployable, running })
    }
    obstacle = undefined
    return platform
  }

  const opening = open()
  opening.catch((error: unknown) => {
    obstacle =
      error instanceof CodedError
        ? error
        : new CodedError('KM_START_FAILED', `cannot start: ${error}`, { cause: error })
    onFailure(obstacle)
  })

  /** Asks the log how far it is, whether there is traffic or not: lag, and whether the log answers at all. */
  async function lookAtLog({ log }: Platform): Promise<void> {
    const patience = setTimeout(() => {
      logFault = new CodedError('KM_LOG_UNAVAILABLE', `the log has not answered for ${logPatienceMs} ms`)
    }, logPatienceMs)
    const services = started.flatMap(({ deployable: { node }, running: { shards } }) =>
      node && shards ? [{ node, shards }] : [],
    )
    try {
      for (const { running } of started) running.measure?.()
      await log.ends([topics.deadLetters.name])
      await measureLag(log, metrics, services)
      logFault = undefined
    } catch (error) {
      logFault = error instanceof CodedError ? error : new CodedError('KM_LOG_UNAVAILABLE', String(error))
      logger.debug({ err: error }, 'lag not measured')
    } finally {
      clearTimeout(patience)
    }
  }
  let looking = false
  const lag = setInterval(() => {
    if (!opened || looking) return
    looking = true
    void lookAtLog(opened.platform).finally(() => {
      looking = false
    })
  }, lagEveryMs)

  async function stopAll(): Promise<void> {
    clearInterval(lag)
    stopping.abort()
    await opening.catch(() => undefined)
    for (const { deployable, running } of started.reverse()) {
      logger.info({ service: deployable.name }, 'stopping')
      await running.stop().catch((error: unknown) => logger.error({ err: error }, 'not stopped in order'))
    }
    await opened?.close()
    await http.close()
  }

  let stopped: Promise<void> | undefined
  return {
    url,
    http,
    started: opening,
    failed,
    stop() {
      stopped ??= stopAll()
      return stopped
    },
  }
}

function shardProblems({ shards }: Running): { code: string; reason: string }[] {
  return (shards?.shards() ?? []).flatMap(({ fault }) => (fault ? [{ code: fault.code, reason: fault.message }] : []))
}
