import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Say } from '../../../deploy/local/server.ts'
import { topics } from '../../../services/topology.ts'
import { type Child, startChild } from '../../support/child-process.ts'
import { freePorts } from '../../support/free-port.ts'
import { once } from '../../support/once.ts'
import { startKeymoment } from '../keymoment.ts'
import { type Peer, startPeer } from '../peers/engines.ts'
import { createPeerTopics } from '../peers/fill.ts'
import { appendTime, createTopics } from '../peers/topics.ts'
import { cpuSecondsOf, queuedSecondsOf } from '../process-cpu.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { writeSettings } from '../settings.ts'
import type { PacedResult } from './load.ts'
import type { TailResult } from './tail.ts'

export interface LatencyPlan {
  readonly seconds: number
  /** Of them, left out at the beginning: the compilers are still at work. */
  readonly skip: number
  readonly built: string
  readonly say: Say
  readonly opened: (open: { close(): Promise<void> }) => void
}

export interface LatencyResult extends TailResult {
  readonly load: PacedResult
  /** Of the engine over the seconds that count, per second. */
  readonly cpuShare: number
  /** The same of the broker. */
  readonly brokerCpuShare: number
  /** How long the engine's threads were ready and waited for a core, in those seconds, per second. */
  readonly queuedShare: number
}

/** From when producer and consumer are ready until the first event. Milliseconds. */
const beforeMs = 500
/** After the last event, until the last moments are there. */
const afterMs = 3_000
const startPatienceMs = 120_000

/** One engine under 10,000 events a second, on servers of its own which were never used before. */
export async function runLatency(peer: Peer | 'ours', plan: LatencyPlan): Promise<LatencyResult> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-latency-'))
  const children: Child[] = []
  let servers: BenchServers | undefined
  const close = once(async () => {
    for (const child of children) await child.kill('SIGKILL')
    await servers?.stop()
    rmSync(root, { recursive: true, force: true })
  })
  plan.opened({ close })
  try {
    servers = await startBenchServers(plan.say)
    const { engine, topic } = await (peer === 'ours' ? startOurs(servers, root) : start(peer, servers, plan.built))
    children.push(engine)
    return await measure(peer === 'ours' ? 'ours' : 'peers', { topic, servers, engine, children, plan })
  } finally {
    await close()
  }
}

interface Started {
  readonly engine: Child
  /** Of its moments. */
  readonly topic: string
}

/** The shipped process with the shipped settings, but for the job's catalogue and shards. */
async function startOurs(servers: BenchServers, root: string): Promise<Started> {
  const [port = 0] = await freePorts(1)
  const settings = writeSettings(root, {
    kafka: { brokers: [servers.kafkaBroker] },
    redis: { url: servers.redisUrl },
    schema_registry: { url: servers.registryUrl },
    secret: 'a secret for the benchmark',
    http: { port },
    clock: { start: '', factor: 1 },
    log_level: 'error',
  })
  const engine = await startKeymoment('detect', settings, port)
  return { engine, topic: topics.moments.name }
}

async function start(peer: Peer, { kafkaBroker: broker }: BenchServers, built: string): Promise<Started> {
  const topic = `km1.moments.${peer.id}`
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    await createPeerTopics(admin)
    await createTopics(admin, [topic], appendTime)
  } finally {
    await admin.disconnect()
  }
  const engine = await startPeer(peer, { broker, built, out: topic, records: -1, live: true })
  await engine.waitForLine(/^READY$/, startPatienceMs)
  return { engine, topic }
}

interface Setting extends Started {
  readonly servers: BenchServers
  readonly children: Child[]
  readonly plan: LatencyPlan
}

async function measure(kind: 'ours' | 'peers', setting: Setting): Promise<LatencyResult> {
  const { servers, engine, children, plan } = setting
  const { kafkaBroker, kafkaPid, registryUrl } = servers
  const run = async (script: string, ...given: readonly (string | number)[]) => {
    const file = join(import.meta.dirname, script)
    const child = await startChild(process.execPath, [file, kind, kafkaBroker, registryUrl, ...given.map(String)])
    children.push(child)
    return child
  }
  const { seconds, skip } = plan
  const tail = await run('tail.ts', setting.topic, seconds, skip)
  const load = await run('load.ts', seconds)
  await tail.waitForLine(/^listens$/, startPatienceMs)
  await load.waitForLine(/^ready$/, startPatienceMs)
  const from = Date.now() + beforeMs
  load.write(String(from))
  load.end()
  await sleep(from + 1_000 * skip - Date.now())
  const cpu = () => [cpuSecondsOf(engine.pid), cpuSecondsOf(kafkaPid), queuedSecondsOf(engine.pid)] as const
  const before = cpu()
  await sleep(from + 1_000 * seconds - Date.now())
  const after = cpu()
  const sent: PacedResult = JSON.parse(await lastLineOf(load))
  await sleep(afterMs)
  tail.write(String(from))
  tail.end()
  const seen: TailResult = JSON.parse(await lastLineOf(tail))
  const share = (i: 0 | 1 | 2) => (after[i] - before[i]) / (seconds - skip)
  return { ...seen, load: sent, cpuShare: share(0), brokerCpuShare: share(1), queuedShare: share(2) }
}

/** Of its standard output, once it has ended. @throws Error with what it wrote if it failed */
async function lastLineOf(child: Child): Promise<string> {
  const { code, signal } = await child.exited
  if (code !== 0) throw new Error(`a part of the benchmark ended with ${code ?? signal}; it wrote:\n${child.output()}`)
  return child.stdout().trim().split('\n').at(-1) ?? ''
}
