/*
 * The process that is measured, or one of several that share the shards: a shipped service, detect where nothing is said. It
 * claims them when it is told to go, so that all are there before the first begins; tells what it holds and has done, a line
 * whenever that changes (`EngineState`); and at the end of its input what it used, as JSON (`EngineResult`), and stops.
 *
 *   node test/bench/engine.ts SETTINGS [detect|decide]        then `go`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { decide } from '../../services/decide/service.ts'
import { detect } from '../../services/detect/service.ts'
import type { Deployable, Running } from '../../services/platform/deployable.ts'
import { startProcess } from '../../services/platform/process.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { createWatch, type Mark, mark } from './watch.ts'

export interface EngineState {
  /** Shards that it was given. */
  readonly holds: readonly number[]
  /** Of them, those that it has taken over and works on. */
  readonly works: number
  /** Records of which the outcome is durable. */
  readonly durable: number
  /** Nothing is under way, and its outputs are on the log. */
  readonly idle: boolean
  /** Of the service upstream it has heard up to now, in all its shards; true where nobody is upstream. */
  readonly heard: boolean
}

export interface EngineResult {
  readonly records: number
  /** From the first batch taken to the end of the input, which comes when all is durable and on the log. */
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

const lookEveryMs = 20
const go = Promise.withResolvers<void>()
let isOver = false
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text: string) => {
  if (text.startsWith('go')) go.resolve()
})
process.stdin.on('end', () => {
  isOver = true
})

const [settingsFile, name = detect.name] = process.argv.slice(2)
const service = [detect, decide].find((one) => one.name === name)
if (!service) throw new RangeError(`no service '${name}'`)
const settings = await loadSettings(settingsFile, {})
const metrics = createMetrics()
const watch = createWatch({ gate: go.promise })
let running: Running | undefined
const watched: Deployable = {
  ...service,
  async start(platform) {
    running = await service.start({ ...platform, log: watch.log(platform.log), store: watch.store(platform.store) })
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
for (let told = ''; failure === undefined && !isOver; await sleep(lookEveryMs)) {
  const shards = running?.shards
  const held = shards?.shards() ?? []
  const state: EngineState = {
    holds: held.map(({ shard }) => shard),
    works: held.filter(({ state }) => state === 'running').length,
    durable: watch.durable,
    idle: shards?.isIdle() ?? false,
    heard: held.every(({ unheardMs = 0 }) => unheardMs === 0),
  }
  const line = JSON.stringify(state)
  if (line !== told) process.stdout.write(`${line}\n`)
  told = line
}
if (failure === undefined) process.stdout.write(`${JSON.stringify(await result(mark()))}\n`)
else process.stderr.write(`${String(failure)}\n`)
await engine.stop()
process.exitCode = failure === undefined ? 0 : 1

async function result(end: Mark): Promise<EngineResult> {
  const { first = end, half = end } = watch
  const originMicros = Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1e3
  return {
    records: watch.durable,
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
