import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { fillBlocks } from '../../../docs/blocks.ts'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { allTopics, keptTopics, serviceNodes, topics } from '../../../services/topology.ts'
import { type Child, startChild } from '../../support/child-process.ts'
import { waitFor } from '../../support/wait-for.ts'
import { fill } from '../fill.ts'
import { circumstances, number, type Section, table } from '../page.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { shards, writeSettings } from '../settings.ts'

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
      kafka: { brokers: [servers.kafkaBroker] },
      redis: { url: servers.redisUrl },
      schema_registry: { url: servers.registryUrl },
      secret: 'a secret for the benchmark',
    })
    const { records, last, count } = await openStream(servers, events)
    engine = await startChild(process.execPath, [join(root, 'cli', 'main.ts'), 'start', '--config', settings])
    await engine.waitForLine(/"msg":"listening"|listening/, 60_000).catch(() => undefined)
    const restore = (...options: string[]) => restored(settings, options)
    const snapshot = join(folder, 'snapshot.rdb')

    await restore('--wait')
    say('handled the stream but its last tenth; takes a snapshot')
    await run('redis-cli', ['-u', servers.redisUrl, '--rdb', snapshot])
    await last()
    await restore('--wait')
    const before = await settled(count)
    const found: { from: string; restored: Restored }[] = []
    for (const isFromSnapshot of [true, false]) {
      await lose(servers)
      const from = isFromSnapshot ? 'a snapshot that lacks the last tenth, and the log' : 'the log alone'
      say(`lost all of Redis; begins from ${from}`)
      found.push({ from, restored: await restore('--wait', ...(isFromSnapshot ? ['--snapshot', snapshot] : [])) })
      const after = await settled(count)
      if (JSON.stringify(after) !== JSON.stringify(before)) {
        throw new Error(`something was done again: ${JSON.stringify({ before, after })}`)
      }
    }
    const text = report(found, { records, before, load, events, bytes: statSync(snapshot).size })
    if (!quick) writeFileSync(document, fillBlocks(readFileSync(document, 'utf8'), { measured: text }))
    return { title: 'Recovery after a total loss of Redis', text }
  } finally {
    await close()
  }
}

/** The stream on the log but for its last tenth, which `last` adds, and how much the services have put out. */
async function openStream(servers: BenchServers, events: number) {
  const log = await createKafkaLog({
    brokers: [servers.kafkaBroker],
    clientId: 'bench-recovery',
    shards,
    topics: allTopics.map(({ name }) => name),
    enclosing: [topics.deadLetters, topics.late, topics.reruns].map(({ name }) => name),
    compacted: keptTopics.map(({ name }) => name),
    startWithinMs: 120_000,
  })
  const registry = createConfluentRegistry(servers.registryUrl)
  const codec = await createCodec(registry)
  const first = Math.floor(0.9 * events)
  const records = await fill(log, codec, events, { to: first })
  const outputs = [...serviceNodes.detect.adopts, ...serviceNodes.decide.adopts, ...serviceNodes.deliver.adopts]
  return {
    records,
    last: () => fill(log, codec, events, { from: first }),
    async count() {
      const ends = await log.ends(outputs.map(({ name }) => name))
      return Object.fromEntries(outputs.map(({ name }, i) => [name, (ends[i] ?? []).reduce((a, b) => a + b, 0)]))
    },
  }
}

/** Outputs leave a moment after the positions are committed by which it is told that everything was handled. */
async function settled<T>(count: () => Promise<T>): Promise<T> {
  for (let last = await count(); ; ) {
    await sleep(5_000)
    const now = await count()
    if (JSON.stringify(now) === JSON.stringify(last)) return now
    last = now
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
