import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { fillBlocks } from '../../../docs/blocks.ts'
import { topics } from '../../../services/topology.ts'
import { type Child, startChild } from '../../support/child-process.ts'
import { waitFor } from '../../support/wait-for.ts'
import { fill } from '../fill.ts'
import { onLog } from '../on-log.ts'
import { circumstances, number, type Section, table } from '../page.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { shards, writeSettings } from '../settings.ts'
import { countsOf, differences, type Outputs, outputsOn } from './outputs.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..', '..')
const document = join(root, 'docs', 'recovery.md')
const deadlineMs = 30 * 60_000

export interface RecoveryRun {
  readonly events: number
  readonly quick: boolean
  readonly say: (line: string) => void
  readonly opened: (closing: { close(): Promise<void> }) => void
}

/** What `keymoment restore --json` says. */
interface Restored {
  readonly caught_up_seconds: number
  readonly snapshot?: { readonly shards: number; readonly bytes: number }
}

/** Of outputs that are not as they were, so many are told. */
const toldMost = 20

/**
 * Loses all of Redis under services that work, twice, and brings the state back by `keymoment restore`: from a snapshot and the
 * log, and from the log alone. The figures go into docs/recovery.md, too.
 */
export async function measureRecovery(given: RecoveryRun): Promise<Section> {
  const { events, quick, say, opened } = given
  const load = loadavg()[0] ?? 0
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-recovery-'))
  const servers = await startBenchServers(say)
  let engine: Child | undefined
  const close = async () => {
    await engine?.kill('SIGKILL')
    await servers.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  opened({ close })
  try {
    const settings = writeSettings(folder, {
      kafka: { brokers: [servers.kafkaBroker], start_within_ms: 120_000 },
      redis: { url: servers.redisUrl },
      schema_registry: { url: servers.registryUrl },
      secret: 'a secret for the benchmark',
    })
    const first = Math.floor(0.9 * events)
    const records = await onLog(servers, (log, codec) => fill(log, codec, events, { to: first }))
    const start = async () => {
      engine = await startChild(process.execPath, [join(root, 'cli', 'main.ts'), 'start', '--config', settings])
      return engine
    }
    const restore = (...options: string[]) => restored(settings, options)
    const settled = () => settledOutputs(servers, () => restore('--wait'))
    const snapshot = join(folder, 'snapshot.rdb')

    const begun = await start()
    await restore('--wait')
    say('handled the stream but its last tenth; takes a snapshot')
    await run('redis-cli', ['-u', servers.redisUrl, '--rdb', snapshot])
    // Nobody reads while the rest is put on the log. One send brings half an hour of the job, and who reads meanwhile sees some
    // topics' parts before the others': these are late then, and are not when all is read again.
    await begun.kill('SIGTERM', 60_000)
    await onLog(servers, (log, codec) => fill(log, codec, events, { from: first }))
    await start()
    const before = await settled()
    const late = await onLog(servers, async (log) => {
      const [ends = []] = await log.ends([topics.late.name])
      return ends.reduce((a, b) => a + b, 0)
    })
    if (late > 0)
      throw new Error(`${late} events were late: what is read again is another stream than what was read first`)
    const found: { from: string; restored: Restored }[] = []
    for (const isFromSnapshot of [true, false]) {
      await lose(servers)
      const from = isFromSnapshot ? 'a snapshot that lacks the last tenth, and the log' : 'the log alone'
      say(`lost all of Redis; begins from ${from}`)
      found.push({ from, restored: await restore('--wait', ...(isFromSnapshot ? ['--snapshot', snapshot] : [])) })
      const lines = differences(before, await settled())
      if (lines.length > 0) {
        const told = [...lines.slice(0, toldMost), ...(lines.length > toldMost ? ['...'] : [])]
        throw new Error(`from ${from}, ${lines.length} outputs are not as they were:\n${told.join('\n')}`)
      }
    }
    const text = report(found, { records, before: countsOf(before), load, events, bytes: statSync(snapshot).size })
    if (!quick) writeFileSync(document, fillBlocks(readFileSync(document, 'utf8'), { measured: text }))
    return { title: 'Recovery after a total loss of Redis', text }
  } finally {
    await close()
  }
}

/**
 * All that was put out, once everything on the log is handled: what one service puts out is the next one's to handle. That positions
 * are committed doesn't say that outputs have left: on a busy machine that has taken more than five seconds.
 */
async function settledOutputs(servers: BenchServers, caughtUp: () => Promise<unknown>): Promise<Outputs> {
  const redis = new Redis(servers.redisUrl)
  const look = async () => {
    const haveLeft = async () => (await redis.keys('km:{*}:outbox')).length === 0
    await waitFor('outputs to leave', haveLeft, { deadlineMs: 300_000, everyMs: 200 })
    return onLog(servers, outputsOn)
  }
  try {
    for (let last = await look(); ; ) {
      await caughtUp()
      // Timers that are due behind the last event fire after it.
      await sleep(2_000)
      const now = await look()
      if (differences(last, now).length === 0) return now
      last = now
    }
  } finally {
    redis.disconnect()
  }
}

async function restored(settings: string, options: readonly string[]): Promise<Restored> {
  const args = [join(root, 'cli', 'main.ts'), 'restore', '--config', settings, '--json', ...options]
  const { stdout } = await run(process.execPath, args, { timeout: deadlineMs })
  return JSON.parse(stdout) as Restored
}

/** What is in Redis is gone; it has been noticed once nobody goes on with what was there. */
async function lose({ redisUrl }: BenchServers): Promise<void> {
  const redis = new Redis(redisUrl)
  await redis.flushall()
  const isNoticed = async () => {
    // Whoever begins again claims its shard, and finds nothing.
    const metas = await redis.keys('km:{*}:meta')
    return metas.length === 3 * shards
  }
  await waitFor('notice', isNoticed, { deadlineMs: 120_000, everyMs: 200 })
  await redis.quit()
}

function report(
  found: readonly { readonly from: string; readonly restored: Restored }[],
  about: {
    readonly records: number
    readonly before: Readonly<Record<string, number>>
    readonly load: number
    readonly events: number
    readonly bytes: number
  },
): string {
  const rows = found.map(({ from, restored: { caught_up_seconds } }) => [from, number(caught_up_seconds, 1)])
  const put = Object.values(about.before).reduce((a, b) => a + b, 0)
  return `${circumstances(`npm run bench -- --only recovery --events ${about.events}`, [about.load])}
${number(about.records)} events of the reference job on real Kafka and Redis, ${shards} shards of detect, decide and deliver in one
process; the snapshot has ${number(about.bytes / 1_048_576, 1)} MiB. Seconds from the command to the moment at which everything on the log
was handled again, the command's own start included; ${number(put)} moments, decisions, attempts and receipts were on the log
before, and not one more was afterwards.

${table(['state from', 'seconds'], rows)}
`
}
