import { onTestFinished } from 'vitest'
import { openVersions, type VersionsParts } from '../../services/catalogue/open.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import type { Clock } from '../../services/flow/clock.ts'
import { openPublishedCatalogue } from '../../services/platform/published-catalogue.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'

/** Processes on one log, without the services: each knows the versions as it would beside others on Kafka. */
export async function createProcesses({ shards = 4 } = {}) {
  /** Everybody's time of day, moved by hand. */
  let now = 1_000_000_000_000
  const clock: Clock = {
    now: () => now,
    caughtUpTo: () => now,
    millisUntil: (time) => (time <= now ? 0 : 5),
    millisSince: (time) => now - time,
  }
  const log = createEmbeddedLog({ file: ':memory:', shards, clock })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  onTestFinished(() => log.close())

  function parts(written: string[], more: Partial<VersionsParts> = {}): VersionsParts {
    return {
      log,
      codec,
      clock,
      speed: 1,
      leadMs: 1_000,
      futureToleranceMs: 300_000,
      services: ['detect'],
      metrics: createMetrics(),
      logger: createLogger('info', { write: (line) => void written.push(line) }),
      fail: (error) => written.push(String(error)),
      ...more,
    }
  }

  return {
    log,
    codec,
    clock,
    advance(millis: number) {
      now += millis
    },
    /** A process that has no folder. */
    async open(more?: Partial<VersionsParts>) {
      const written: string[] = []
      const own = parts(written, more)
      const versions = await openVersions(own)
      onTestFinished(() => versions.close())
      return { versions, metrics: own.metrics, said: () => messagesOf(written) }
    },
    /** A process with a folder that it publishes and watches. */
    async withFolder(
      dir: string,
      { watch = true, publish = true, removalWaitMs = 10_000, more = {} as Partial<VersionsParts> } = {},
    ) {
      const written: string[] = []
      const own = parts(written, more)
      const catalogue = await openPublishedCatalogue(own, { dir, watch, publish, removalWaitMs })
      let closed: Promise<void> | undefined
      const close = () => {
        closed ??= catalogue.close()
        return closed
      }
      onTestFinished(close)
      return { catalogue, versions: catalogue.versions, metrics: own.metrics, said: () => messagesOf(written), close }
    },
  }
}

const messagesOf = (written: readonly string[]): string[] =>
  written.map((line) => (line.startsWith('{') ? String((JSON.parse(line) as { msg: string }).msg) : line))

export type Versions = Awaited<ReturnType<typeof openVersions>>

export const listOf = ({ history }: Versions): string[] =>
  history.versions.map(({ number, source, author }) => `${number} ${source} ${author}`)
