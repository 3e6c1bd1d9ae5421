import type { Settings } from '../settings/schema.ts'
import { createLogger, type Logger } from '../telemetry/log.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import type { Deployable } from './deployable.ts'
import { exitCodeOf, tell } from './exit.ts'
import { type RunningProcess, startProcess } from './process.ts'

export interface RunOptions {
  readonly settings: Settings
  readonly deployables: readonly Deployable[]
  readonly metrics?: Metrics
  readonly logger?: Logger
  /** Called once it listens; what it returns is called before the end. */
  readonly onListening?: (process: RunningProcess) => (() => void) | undefined
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const

/**
 * Runs deployables until a signal or a failure, and ends in order: the first signal stops, a second one ends at once.
 * Resolves with the exit code.
 */
export async function runProcess(options: RunOptions): Promise<number> {
  const { settings, deployables, metrics = createMetrics(), onListening } = options
  const logger = options.logger ?? createLogger(settings.log_level)
  const signalled = nextSignal(logger)
  const running = await startProcess({ settings, deployables, logger, metrics })
  logger.info({ url: running.url, services: deployables.map(({ name }) => name) }, 'listening')
  const onEnd = onListening?.(running)
  const end = await Promise.race([
    signalled.then((signal) => ({ signal })),
    running.failed.then((error) => ({ error })),
  ])
  if ('signal' in end) logger.info({ signal: end.signal }, 'stopping in order; again to stop at once')
  else logger.fatal({ err: end.error }, 'cannot go on')
  onEnd?.()
  await running.stop()
  logger.info('stopped')
  if ('signal' in end) return 0
  tell(end.error)
  return exitCodeOf(end.error)
}

function nextSignal(logger: Logger): Promise<string> {
  return new Promise((resolve) => {
    let first = true
    for (const signal of stopSignals) {
      process.on(signal, () => {
        if (!first) {
          logger.warn({ signal }, 'stopping at once')
          process.exit(130)
        }
        first = false
        resolve(signal)
      })
    }
  })
}
