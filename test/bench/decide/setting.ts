import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Say } from '../../../deploy/local/server.ts'
import { freePort } from '../../support/free-port.ts'
import { once } from '../../support/once.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { Engine } from '../engine-process.ts'
import { startKeymoment } from '../keymoment.ts'
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
      detectIsDone: () => lagIsGone(`http://127.0.0.1:${port}`),
      settings,
      children,
    })
  } finally {
    await close()
  }
}

/** The metric is measured every five seconds: what it tells must be of after the records came. */
const lagEveryMs = 5_000

async function lagIsGone(url: string): Promise<void> {
  await sleep(1.2 * lagEveryMs)
  const lag = async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return [...text.matchAll(/^keymoment_shard_lag_records\{.*\} (\S+)$/gm)].map(([, value]) => Number(value))
  }
  const isGone = async () => {
    const all = await lag()
    return all.length > 0 && all.every((records) => records === 0)
  }
  await waitFor('detect to have read the profiles', isGone, { deadlineMs: 300_000, everyMs: 500 })
}
