/*
 * The process that is measured: the shipped detect service, from what is on the log until all of it is durable. Prints
 * one line of JSON (`EngineResult`) and stops.
 *
 *   node test/bench/engine.ts SETTINGS RECORDS
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { detect } from '../../services/detect/service.ts'
import type { Deployable, Running } from '../../services/platform/deployable.ts'
import { startProcess } from '../../services/platform/process.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { createWatch, type Mark, mark } from './watch.ts'

export interface EngineResult {
  readonly records: number
  /** From the first batch taken to the last group durable and its outputs on the log. */
  readonly seconds: number
  readonly cpuSeconds: number
  /** The same of the second half of the records. */
  readonly warmSeconds: number
  readonly warmCpuSeconds: number
  /** Of `cpuSeconds`, the main thread's. */
  readonly threadCpuSeconds: number
  /** The span on the clock of CPU profiles; microseconds. */
  readonly fromMicros: number
  readonly toMicros: number
  readonly groups: number
  readonly writes: number
  /** Most of its life. */
  readonly rssBytes: number
  readonly duplicates: number
  readonly late: number
  readonly deadLetters: number
}

const [settingsFile, recordsText] = process.argv.slice(2)
const records = Number(recordsText)
const settings = await loadSettings(settingsFile, {})
const metrics = createMetrics()
const watch = createWatch(records)
let running: Running | undefined
const watched: Deployable = {
  ...detect,
  async start(platform) {
    running = await detect.start({ ...platform, log: watch.log(platform.log), store: watch.store(platform.store) })
    return running
  },
}
const engine = await startProcess({
  settings,
  deployables: [watched],
  logger: createLogger(settings.log_level),
  metrics,
})
let failure: unknown
void engine.failed.then((error) => {
  failure = error
})
while (failure === undefined && !(watch.last && running?.shards?.isIdle())) await sleep(2)
if (failure === undefined) process.stdout.write(`${JSON.stringify(await result(mark()))}\n`)
else process.stderr.write(`${String(failure)}\n`)
await engine.stop()
process.exitCode = failure === undefined ? 0 : 1

async function result(end: Mark): Promise<EngineResult> {
  const { first = end, half = end } = watch
  const originMicros = Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1e3
  return {
    records,
    seconds: (end.millis - first.millis) / 1e3,
    cpuSeconds: (end.cpuMicros - first.cpuMicros) / 1e6,
    warmSeconds: (end.millis - half.millis) / 1e3,
    warmCpuSeconds: (end.cpuMicros - half.cpuMicros) / 1e6,
    threadCpuSeconds: (end.threadCpuMicros - first.threadCpuMicros) / 1e6,
    fromMicros: originMicros + first.millis * 1e3,
    toMicros: originMicros + end.millis * 1e3,
    groups: watch.groups,
    writes: watch.writes,
    rssBytes: process.resourceUsage().maxRSS * 1024,
    duplicates: sum((await metrics.duplicates.get()).values),
    late: sum((await metrics.late.get()).values),
    deadLetters: sum((await metrics.deadLetters.get()).values),
  }
}

function sum(values: readonly { readonly value: number }[]): number {
  return values.reduce((total, { value }) => total + value, 0)
}
