/*
 * The process whose pause is measured: the shipped detect service, and when each group became durable. Says where it
 * listens; at the end of its input it prints one line of JSON (`ReloadEngineResult`) and stops.
 *
 *   node test/bench/reload/engine.ts SETTINGS
 */
import { once } from 'node:events'
import { detect } from '../../../services/detect/service.ts'
import type { Deployable } from '../../../services/platform/deployable.ts'
import { startProcess } from '../../../services/platform/process.ts'
import { loadSettings } from '../../../services/settings/load.ts'
import { createLogger } from '../../../services/telemetry/log.ts'
import { createMetrics } from '../../../services/telemetry/metrics.ts'
import { createWatch } from '../watch.ts'

/** A span in which the event loop was occupied. */
export interface Block {
  /** Its end; milliseconds since 1970. */
  readonly at: number
  readonly ms: number
  /** Of it, what the thread worked: the rest it waited for a processor. */
  readonly cpuMs: number
}

export interface ReloadEngineResult {
  readonly events: number
  readonly duplicates: number
  readonly late: number
  readonly deadLetters: number
  /** Versions that came too late for a shard. */
  readonly lateVersions: number
  /** By shard, the times at which its groups became durable; milliseconds since 1970. */
  readonly commits: readonly (readonly number[])[]
  /** Times for which the event loop took no turn, those that are worth telling. */
  readonly blocks: readonly Block[]
  /** Of the process, over its life. */
  readonly cpuSeconds: number
}

const settings = await loadSettings(process.argv[2], {})
const metrics = createMetrics()
const commits = new Map<number, number[]>()

const blocks: Block[] = []
const lookEveryMs = 2
const worthTellingMs = 10
let looked = performance.now()
let worked = threadMs()
setInterval(() => {
  const now = performance.now()
  const work = threadMs()
  const ms = now - looked - lookEveryMs
  if (ms >= worthTellingMs) blocks.push({ at: Date.now(), ms, cpuMs: work - worked })
  looked = now
  worked = work
}, lookEveryMs).unref()

const watch = createWatch({
  onCommit(shard) {
    const own = commits.get(shard) ?? []
    commits.set(shard, own)
    own.push(Date.now())
  },
})
const watched: Deployable = {
  ...detect,
  start: (platform) => detect.start({ ...platform, store: watch.store(platform.store) }),
}
const engine = await startProcess({
  settings,
  deployables: [watched],
  logger: createLogger(settings.log_level),
  metrics,
})
void engine.failed.then((error) => {
  process.stderr.write(`${String(error)}\n`)
  process.exit(1)
})
await engine.started
process.stdout.write(`listens ${engine.url}\n`)
process.stdin.resume()
await once(process.stdin, 'end')

const { user, system } = process.cpuUsage()
const result: ReloadEngineResult = {
  events: sum((await metrics.events.get()).values),
  duplicates: sum((await metrics.duplicates.get()).values),
  late: sum((await metrics.late.get()).values),
  deadLetters: sum((await metrics.deadLetters.get()).values),
  lateVersions: sum((await metrics.catalogueLate.get()).values),
  commits: [...commits.values()],
  blocks,
  cpuSeconds: (user + system) / 1e6,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
await engine.stop()

function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

function sum(values: readonly { readonly value: number }[]): number {
  return values.reduce((total, { value }) => total + value, 0)
}
