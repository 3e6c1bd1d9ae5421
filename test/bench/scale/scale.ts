import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import type { Say } from '../../../deploy/local/server.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import { encode } from '../fill.ts'
import { km1Stream } from '../km1-stream.ts'
import { circumstances, median, number, type Section, table } from '../page.ts'
import { startBenchServers } from '../servers.ts'
import { runScale, type ScaleRun } from './run.ts'

interface ScaleOptions {
  readonly quick: boolean
  readonly say: Say
  /** Given what ends the servers, for who is told to stop. */
  readonly opened: (open: { close(): Promise<void> }) => void
}

const title = 'Scale: shards and processes'

/** What the plan of docs/scale.md calculates with. */
const unitsFile = join(import.meta.dirname, 'units.json')

interface Configuration {
  readonly shards: number
  readonly processes: number
}

/** No run begins later. On a machine that is busy otherwise each takes minutes. */
const limitMs = 9 * 60_000

/** The reference stream over several numbers of shards and of processes of detect. */
export async function measureScale({ quick, say, opened }: ScaleOptions): Promise<Section> {
  const events = quick ? 30_000 : 120_000
  const plan = (quick ? [4] : [16, 4, 1, 8]).flatMap((shards) =>
    [1, 2, 4].filter((processes) => processes <= shards).map((processes) => ({ shards, processes, events })),
  )
  const servers = await startBenchServers(say)
  opened({ close: () => servers.stop() })
  const runs: ScaleRun[] = []
  /** Failed, or not begun in time. */
  const leftOut: Configuration[] = []
  const loads: number[] = []
  try {
    const until = performance.now() + limitMs
    for (const one of plan) {
      if (performance.now() > until) {
        leftOut.push(one)
        continue
      }
      const load = loadavg()[0] ?? 0
      try {
        const run = await runScale(servers, one)
        runs.push(run)
        loads.push(load)
        say(`${run.shards} shards, ${run.processes} processes: ${number(run.records / run.seconds)} events/s`)
      } catch (error) {
        leftOut.push(one)
        say(`${one.shards} shards, ${one.processes} processes: ${String(error)}`)
      }
    }
  } finally {
    opened({ close: async () => undefined })
    await servers.stop()
  }
  const units = await unitsOf(runs, events)
  if (!quick) writeFileSync(unitsFile, `${JSON.stringify(units, null, 2)}\n`)
  return { title, text: textOf(runs, units, loads, leftOut) }
}

export type Units = Awaited<ReturnType<typeof unitsOf>>

/** Of the runs with most shards, the median; a plan is for many shards. */
async function unitsOf(runs: readonly ScaleRun[], events: number) {
  const most = Math.max(...runs.map(({ shards }) => shards))
  const chosen = runs.filter(({ shards }) => shards === most)
  const takeOvers = runs.flatMap(({ takeOver }) => takeOver ?? [])
  const stream = await streamOf(events)
  const of = (value: (run: ScaleRun) => number) => median(chosen.map(value))
  const perMillion = (value: (run: ScaleRun) => number) =>
    rounded(
      of((run) => (value(run) / run.records) * 1e6),
      2,
    )
  const perEvent = (value: (run: ScaleRun) => number) =>
    rounded(
      of((run) => value(run) / run.records),
      1,
    )
  return {
    section: title,
    measuredAt: new Date().toISOString().slice(0, 10),
    // Of the second half, in the process that handled most: what comes before is compiling.
    detectCpuSecondsPerMillion: rounded(median(chosen.filter(({ processes }) => processes === 1).map(warm)), 2),
    redisCpuSecondsPerMillion: perMillion(({ redis }) => redis.cpuSeconds),
    brokerCpuSecondsPerMillion: perMillion(({ brokerCpuSeconds }) => brokerCpuSeconds),
    logBytesPerEvent: rounded(stream.bytes, 1),
    redisBytesReceivedPerEvent: perEvent(({ redis }) => redis.receivedBytes),
    redisBytesSentPerEvent: perEvent(({ redis }) => redis.sentBytes),
    appendOnlyBytesPerEvent: perEvent(({ redis }) => redis.appendedBytes),
    redisBytesPerSubscriber: rounded(
      of(({ redis }) => redis.datasetBytes / stream.subscribers),
      0,
    ),
    momentsPerEvent: rounded(
      of(({ moments, records }) => moments / records),
      4,
    ),
    takeOverAfterStopMs: rounded(median(takeOvers.map(({ afterStopMs }) => afterStopMs)), 0),
    takeOverAfterKillMs: rounded(median(takeOvers.map(({ afterKillMs }) => afterKillMs)), 0),
  }
}

/** Of a sample: key and value as they are on the log. And how many subscribers the events are of. */
async function streamOf(events: number): Promise<{ bytes: number; subscribers: number }> {
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const subscribers = new Set<string>()
  let bytes = 0
  let records = 0
  for (const event of km1Stream(events)) {
    subscribers.add(event.value.subscriber_id)
    if (records++ < 20_000) bytes += event.value.subscriber_id.length + encode(codec, event).length
  }
  return { bytes: bytes / Math.min(records, 20_000), subscribers: subscribers.size }
}

function textOf(
  runs: readonly ScaleRun[],
  units: Units,
  loads: readonly number[],
  leftOut: readonly Configuration[],
): string {
  const cores = cpus().length
  const perMillion = (seconds: number, { records }: ScaleRun, digits = 1) => number((seconds / records) * 1e6, digits)
  const busy = (run: ScaleRun) => (engineCpu(run) + run.redis.cpuSeconds + run.brokerCpuSeconds) / run.seconds
  const mostBusy = Math.max(...runs.map(busy))
  const rows = runs
    .toSorted((a, b) => a.shards - b.shards || a.processes - b.processes)
    .map((run) => [
      String(run.shards),
      String(run.processes),
      number(run.records / run.seconds),
      run.engines.map(({ cpuSeconds }) => perMillion(cpuSeconds, run)).join(' + '),
      perMillion(engineCpu(run), run),
      number(warm(run), 1),
      perMillion(run.redis.cpuSeconds, run),
      perMillion(run.brokerCpuSeconds, run),
      number(busy(run), 2),
      run.engines.map(({ rssBytes }) => number(rssBytes / 1e6)).join(' + '),
      run.takeOver ? `${number(run.takeOver.afterStopMs)} / ${number(run.takeOver.afterKillMs)}` : '',
    ])
  const heads = [
    'shards',
    'processes',
    'events/s',
    'CPU s per million events, each process',
    'all of them',
    'second half',
    'Redis',
    'broker',
    'cores busy',
    'RSS, MB',
    'taken over after a stop / a kill, ms',
  ]
  const moments = new Set(runs.map((run) => run.moments))
  return `${circumstances('npm run bench -- --only scale', loads)} KM-1's stream (${number(runs[0]?.records ?? 0)} records) on Kafka and Redis, each run a system of its own from an empty state: all processes hold their shards before the first begins, the time runs from the first batch taken to the last group durable and its outputs on the log.

${table(heads, rows)}

- ${moments.size === 1 ? `The same number of moments in every run: ${number([...moments][0] ?? 0)}.` : `**Not the same number of moments in every run: ${[...moments].map((count) => number(count)).join(', ')}.**`}
${leftOut.length === 0 ? '' : `- Not measured (failed, or not begun within ${limitMs / 60_000} minutes): ${leftOut.map(({ shards, processes }) => `${shards} shards with ${processes} processes`).join(', ')}.\n`}- **What bounds it** is this machine: ${cores} cores for everything, and whatever else runs on it. "Cores busy" is what engine, Redis and broker used of them together. ${mostBusy < 0.7 * cores ? `These runs got ${number(mostBusy, 2)} of them at most, as others had the rest: their events/s tell how busy the machine was, not where the bound is; only costs tell something. ` : ''}More processes than cores gain nothing here. What the rows tell is the cost of an event: "second half" (each process compiles its own code in the first) is what more shards and processes change or don't change of it. Processes on machines of their own share nothing but the broker and Redis, which are partitioned as they are.
- One Redis serves all shards in one thread: at its cost here it is full at ${number(1e6 / units.redisCpuSecondsPerMillion)} events/s, and then shards go to the nodes of a Cluster ([docs/scale.md](../../docs/scale.md)).
- Taken over: three processes share the shards with all their state; the time until two have them all at work after one stops in order, and until one has them after another is killed (the brokers wait for \`kafka.session_timeout_ms\`, 10 s, before they believe it).

Unit costs (the median of the runs with most shards). The plan of docs/scale.md takes bytes and take-overs from here, and CPU from the reference job, which runs longer:

${table(
  ['what', 'of one', 'value'],
  unitNames.map(([key, what, of]) => [what, of, String(units[key])]),
)}
`
}

const unitNames: readonly (readonly [key: keyof Units, what: string, of: string])[] = [
  ['detectCpuSecondsPerMillion', 'CPU of detect, seconds', 'million events'],
  ['redisCpuSecondsPerMillion', 'CPU of Redis, seconds', 'million events'],
  ['brokerCpuSecondsPerMillion', 'CPU of the broker, seconds', 'million events read'],
  ['logBytesPerEvent', 'key and value on the log, bytes', 'event'],
  ['redisBytesReceivedPerEvent', 'sent to Redis, bytes', 'event'],
  ['redisBytesSentPerEvent', 'sent by Redis, bytes', 'event'],
  ['appendOnlyBytesPerEvent', 'append-only file, bytes', 'event'],
  ['redisBytesPerSubscriber', 'stored in Redis, bytes', 'subscriber'],
  ['momentsPerEvent', 'moments', 'event'],
  ['takeOverAfterStopMs', 'take-over after an orderly stop, milliseconds', 'process'],
  ['takeOverAfterKillMs', 'take-over after a kill, milliseconds', 'process'],
]

const engineCpu = ({ engines }: ScaleRun): number => engines.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0)

/** CPU seconds per million of the second halves of all processes. */
const warm = ({ engines, records }: ScaleRun): number =>
  (engines.reduce((total, { warmCpuSeconds }) => total + warmCpuSeconds, 0) / records) * 2e6

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
