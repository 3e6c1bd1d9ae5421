import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Say } from '../../../deploy/local/server.ts'
import { freePort } from '../../support/free-port.ts'
import { once } from '../../support/once.ts'
import type { Engine } from '../engine-process.ts'
import { startKeymoment } from '../keymoment.ts'
import { lagIsGone } from '../lag.ts'
import { onLog } from '../on-log.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { writeSettings } from '../settings.ts'

export interface Watched {
  readonly say: Say
  /** Given what ends everything, for who is told to stop. */
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** Servers that were never used before, and the shipped detect at work on them: decide waits for what it has read. */
export interface DecideSetting {
  readonly servers: BenchServers
  /** The shipped detect's process, which has nothing to do but profiles. */
  readonly detectPid: number
  /** Waits until it has handled what lies on the log for it. */
  detectIsDone(): Promise<void>
  /** File of decide's settings: what is shipped, but for four shards and, in a run of its own time, the clock. */
  readonly settings: string
  /** Processes that end when all is over, the last first. */
  readonly children: Pick<Engine, 'kill'>[]
}

/** `clock`: an instant in ISO-8601 from which the time of day goes on; '': it is what it is. */
export async function withDecideSetting<T>(
  clock: string,
  { say, opened }: Watched,
  use: (setting: DecideSetting) => Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-decide-'))
  const children: Pick<Engine, 'kill'>[] = []
  let servers: BenchServers | undefined
  const close = once(async () => {
    for (const child of children.toReversed()) await child.kill()
    await servers?.stop()
    rmSync(root, { recursive: true, force: true })
  })
  opened({ close })
  try {
    servers = await startBenchServers(say)
    const port = await freePort()
    const own = {
      kafka: { brokers: [servers.kafkaBroker] },
      redis: { url: servers.redisUrl },
      schema_registry: { url: servers.registryUrl },
      secret: 'a secret for the benchmark',
      catalogue: { dir: '', watch: false },
      events: {},
      clock: { start: clock, factor: 1 },
      log_level: 'warn',
    }
    // Topics are made here, for both, before either looks for them.
    await onLog(servers, async () => undefined)
    // Its shards begin before there is anything of decide's on the log.
    const detect = await startKeymoment('detect', writeSettings(root, { ...own, http: { port } }), port)
    children.push({ kill: () => detect.kill('SIGKILL') })
    const settings = writeSettings(root, own)
    return await use({
      servers,
      detectPid: detect.pid,
      detectIsDone: () => lagIsGone('detect', `http://127.0.0.1:${port}`),
      settings,
      children,
    })
  } finally {
    await close()
  }
}
