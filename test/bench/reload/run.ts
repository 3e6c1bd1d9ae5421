import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadSettings } from '../../../services/settings/load.ts'
import { topics } from '../../../services/topology.ts'
import { type Child, startChild } from '../../support/child-process.ts'
import { km1Types } from '../km1-stream.ts'
import type { LoadResult } from '../load/load.ts'
import { sentBy, startLoad } from '../load/run.ts'
import { onLog, recordsOf } from '../on-log.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { writeSettings } from '../settings.ts'
import { type Comparison, compareWithSimulation, type LiveMoment } from './compare.ts'
import type { ReloadEngineResult } from './engine.ts'
import { graceMs, versionFiles, waitMs, writeFirstVersion } from './versions.ts'

export interface ReloadPlan {
  /** Of load, before the first version is published, between two, and after the last one is active. Seconds. */
  readonly before: number
  readonly between: number
  readonly after: number
  readonly versions: number
  readonly say: (line: string) => void
  /** Given what ends the servers, for who is told to stop. */
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** A publication, in milliseconds since 1970. */
export interface Publication {
  readonly askedAt: number
  readonly answeredAt: number
  readonly activatesAt: number
}

export interface ReloadRun {
  readonly start: number
  readonly seconds: number
  readonly publications: readonly Publication[]
  readonly load: LoadResult
  readonly engine: ReloadEngineResult
  readonly moments: readonly LiveMoment[]
  readonly comparison: Comparison
}

/** Milliseconds from a publication to its activation: as shipped. */
const leadMs = 5_000
const warmUpMs = 4_000

/** Detect under a steady load on Kafka and Redis of its own, published to again and again; then the same simulated. */
export async function runReload(plan: ReloadPlan): Promise<ReloadRun> {
  const { say } = plan
  const root = mkdtempSync(join(tmpdir(), 'keymoment-reload-'))
  const children: Child[] = []
  let servers: BenchServers | undefined
  const close = async () => {
    for (const child of children) await child.kill('SIGKILL')
    await servers?.stop()
    rmSync(root, { recursive: true, force: true })
  }
  plan.opened({ close })
  try {
    servers = await startBenchServers(say)
    const settingsFile = writeSettings(root, {
      kafka: { brokers: [servers.kafkaBroker] },
      redis: { url: servers.redisUrl },
      schema_registry: { url: servers.registryUrl },
      secret: 'a secret for the benchmark',
      catalogue: { dir: writeFirstVersion(root), watch: false, lead_ms: leadMs },
      events: { grace_ms: Object.fromEntries(km1Types.map((type) => [type, graceMs])) },
      clock: { start: '', factor: 1 },
      log_level: 'error',
    })
    const engine = await startChild(process.execPath, [join(import.meta.dirname, 'engine.ts'), settingsFile])
    children.push(engine)
    const [, url = ''] = await engine.waitForLine(/^listens (\S+)$/, 60_000)
    say(`the engine listens at ${url}`)

    const seconds = plan.before + plan.between * plan.versions + leadMs / 1_000 + plan.after
    const start = Date.now() + warmUpMs
    const load = await startLoad(servers, start, ['reload', seconds])
    children.push(load)
    const publications: Publication[] = []
    for (let version = 1; version <= plan.versions; version++) {
      await sleep(start + (plan.before + plan.between * (version - 1)) * 1_000 - Date.now())
      publications.push(await publish(url, version))
      say(`published version ${version}`)
    }
    const loaded = await sentBy(load)
    say(`sent ${loaded.sent} events`)
    // Until what waited is decided.
    await sleep(waitMs + graceMs + 2_000)
    engine.end()
    const [line] = await engine.waitForLine(/^\{.*\}$/, 60_000)
    const engineResult: ReloadEngineResult = JSON.parse(line)
    const moments = await readMoments(servers)
    say(`${moments.length} moments; simulates the same`)
    const settings = await loadSettings(settingsFile, {})
    const activations = publications.map(({ activatesAt }) => activatesAt)
    const comparison = await compareWithSimulation(moments, settings, { start, seconds, activations })
    return { start, seconds, publications, load: loaded, engine: engineResult, moments, comparison }
  } finally {
    await close()
  }
}

/** As an operator does: over HTTP. The folder's own is number 1. */
async function publish(url: string, version: number): Promise<Publication> {
  const askedAt = Date.now()
  const response = await fetch(`${url}/v1/catalogue/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      files: versionFiles(version),
      author: 'the benchmark',
      reason: `version ${version} under load`,
      expected: version,
      confirm: true,
    }),
  })
  const body = (await response.json()) as { readonly activates_at: number; readonly everywhere: boolean }
  if (!response.ok || !body.everywhere)
    throw new Error(`version ${version}: ${response.status} ${JSON.stringify(body)}`)
  return { askedAt, answeredAt: Date.now(), activatesAt: body.activates_at }
}

const readMoments = (servers: BenchServers): Promise<LiveMoment[]> =>
  onLog(servers, async (log, codec) => {
    const moments: LiveMoment[] = []
    for await (const { value, appendedAt } of recordsOf(log, codec, topics.moments)) {
      moments.push({ id: value.moment_id, rule: value.rule, at: value.at, appendedAt })
    }
    return moments
  })
