import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { topics } from '../../../services/topology.ts'
import { runSmsc, type Smsc } from '../../counterparts/run-smsc.ts'
import { type Child, startChild } from '../../support/child-process.ts'
import { freePort } from '../../support/free-port.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { LoadResult } from '../load/load.ts'
import { sentBy, startLoad } from '../load/run.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { writeSettings } from '../settings.ts'
import { graceMs, writeOverloadCatalogue } from './catalogue.ts'
import { readOutcome, type SeenCommand, type SeenMoment } from './outcome.ts'
import { type Sample, startSampling } from './sample.ts'
import { profiles } from './stream.ts'

export interface OverloadPlan {
  /** Events by which the capacity is measured. */
  readonly capacityEvents: number
  /** Of three times the capacity. Seconds. */
  readonly seconds: number
  readonly say: (line: string) => void
  readonly opened: (open: { close(): Promise<void> }) => void
}

export interface OverloadRun {
  /** Events a second, from the first one sent until nothing of them or of what follows is behind in any service. */
  readonly capacity: number
  readonly load: LoadResult
  /** Of the overload, and until nothing was behind any more. Milliseconds since 1970. */
  readonly from: number
  readonly until: number
  readonly drainedAt: number
  readonly samples: readonly Sample[]
  readonly moments: readonly SeenMoment[]
  readonly commands: readonly SeenCommand[]
  readonly shed: number
}

/** So many times the capacity. */
export const excess = 3
/** What the SMSC is given a second. */
export const channelPerSecond = 50
/** What the engine's metrics tell of its lag is at most so old. */
const metricAgeMs = 6_000
const patienceMs = 60 * 60_000

/** All services in one process on Kafka, Redis and an SMSC of its own: capacity first, then three times of it, then nothing. */
export async function runOverload({ capacityEvents, seconds, say, opened }: OverloadPlan): Promise<OverloadRun> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-overload-'))
  const children: Child[] = []
  let servers: BenchServers | undefined
  let smsc: Smsc | undefined
  let sampling: ReturnType<typeof startSampling> | undefined
  const close = async () => {
    sampling?.stop()
    for (const child of children) await child.kill('SIGKILL')
    await smsc?.stop()
    await servers?.stop()
    rmSync(root, { recursive: true, force: true })
  }
  opened({ close })
  try {
    servers = await startBenchServers(say)
    smsc = await runSmsc()
    const { kafkaBroker, registryUrl, redisUrl } = servers
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const settings = writeSettings(root, {
      http: { port },
      kafka: { brokers: [kafkaBroker] },
      redis: { url: redisUrl },
      schema_registry: { url: registryUrl },
      secret: 'a secret for the benchmark',
      catalogue: { dir: writeOverloadCatalogue(root), watch: false },
      events: { grace_ms: Object.fromEntries(Object.keys(topics.events).map((type) => [type, graceMs])) },
      clock: { start: '', factor: 1 },
      sms: { channel: 'smpp' },
      smpp: { url: smsc.url, per_second: channelPerSecond },
      log_level: 'error',
    })
    const cli = join(import.meta.dirname, '..', '..', '..', 'bin', 'keymoment.js')
    const services = ['ingest', 'detect', 'decide', 'deliver']
    const engine = await startChild(process.execPath, [cli, 'start', ...services, '--config', settings])
    children.push(engine)
    const ready = () => fetch(`${url}/readyz`).then(({ ok }) => ok)
    const isReady = waitFor('the engine to be ready', ready, { deadlineMs: 300_000, everyMs: 500 })
    const ended = engine.exited.then(() => Promise.reject(new Error(`the engine ended: ${engine.output()}`)))
    await Promise.race([isReady, ended])
    await sendProfiles(url)
    sampling = startSampling(engine.pid, url, redisUrl)
    const { last, samples } = sampling

    const up = servers
    const load = async (name: string, forSeconds: number, perSecond: number): Promise<LoadResult> => {
      const child = await startLoad(up, Date.now() + 2_000, ['overload', name, forSeconds, perSecond])
      children.push(child)
      return sentBy(child)
    }
    /** @returns when it was seen that nothing sent before `since` is behind */
    const drained = async (since: number): Promise<number> => {
      const seen = () => samples.find(({ at, lagRecords }) => at > since + metricAgeMs && lagRecords === 0)?.at
      await waitFor('the lag to be gone', () => seen() !== undefined, { deadlineMs: patienceMs, everyMs: 250 })
      return seen() ?? Number.NaN
    }
    say('warms up, then measures the capacity')
    await load('warm', 1, capacityEvents / 4)
    await drained(Date.now())
    const began = Date.now()
    const filled = await load('capacity', 1, capacityEvents)
    const capacity = filled.sent / (((await drained(Date.now())) - began) / 1_000)
    say(`capacity: ${Math.round(capacity)} events/s; ${excess} times of it for ${seconds} s`)
    const from = Date.now()
    const overload = await load('overload', seconds, excess * capacity)
    const until = Date.now()
    say(`sent ${overload.sent} events in ${overload.seconds.toFixed(0)} s; lag ${last()?.lagRecords}`)
    const drainedAt = await drained(until)
    say('the lag is gone')
    await sleep(graceMs + 30_000)
    sampling.stop()
    const outcome = await readOutcome(servers)
    return { capacity, load: overload, from, until, drainedAt, samples, ...outcome }
  } finally {
    await close()
  }
}

async function sendProfiles(url: string): Promise<void> {
  const lines = [...profiles(Date.now() - 60_000)].map((profile) => JSON.stringify(profile))
  for (let i = 0; i < lines.length; i += 5_000) {
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.slice(i, i + 5_000).join('\n'),
    })
    if (response.status !== 202) throw new Error(`profiles were refused: ${await response.text()}`)
  }
}
