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

export interface ReloadEngineResult {
  readonly events: number
  readonly duplicates: number
  readonly late: number
  readonly deadLetters: number
  /** Versions that came too late for a shard. */
  readonly lateVersions: number
  /** By shard, the times at which its groups became durable; milliseconds since 1970. */
  readonly commits: readonly (readonly number[])[]
  /** Of the process, over its life. */
  readonly cpuSeconds: number
}

const settings = await loadSettings(process.argv[2], {})
const metrics = createMetrics()
const commits = new Map<number, number[]>()

const watch = createWatch(Number.POSITIVE_INFINITY, (shard) => {
  const own = commits.get(shard) ?? []
  commits.set(shard, own)
  own.push(Date.now())
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
  cpuSeconds: (user + system) / 1e6,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
await engine.stop()

function sum(values: readonly { readonly value: number }[]): number {
  return values.reduce((total, { value }) => total + value, 0)
}
