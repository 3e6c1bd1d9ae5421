/*
 * One of several processes of detect that share the shards. Holds them back until it is told to go, so that all of them are
 * there before the first begins. Writes `holds N` and `durable N` when these change; at the end of its input what it
 * used (`ScaleEngineResult`), and stops.
 *
 *   node test/bench/scale/engine.ts SETTINGS        then `go`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { detect } from '../../../services/detect/service.ts'
import { abortable } from '../../../services/flow/abortable.ts'
import { decodeProgress } from '../../../services/flow/progress.ts'
import type { StateStore } from '../../../services/flow/state-store.ts'
import type { Deployable, Running } from '../../../services/platform/deployable.ts'
import { startProcess } from '../../../services/platform/process.ts'
import { loadSettings } from '../../../services/settings/load.ts'
import { createLogger } from '../../../services/telemetry/log.ts'
import { createMetrics } from '../../../services/telemetry/metrics.ts'
import { type Mark, mark } from '../watch.ts'

export interface ScaleEngineResult {
  readonly records: number
  /** From the word to go to the last group that became durable. */
  readonly cpuSeconds: number
  /** The same of the second half of its records, when its code is compiled. */
  readonly warmCpuSeconds: number
  readonly rssBytes: number
}

const lookEveryMs = 20
const [settingsFile] = process.argv.slice(2)
const settings = await loadSettings(settingsFile, {})
const go = Promise.withResolvers<void>()
const ended = Promise.withResolvers<void>()
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text: string) => {
  if (text.startsWith('go')) go.resolve()
})
process.stdin.on('end', () => ended.resolve())

const durable = new Map<number, number>()
let first: Mark | undefined
let last: Mark | undefined
const records = () => [...durable.values()].reduce((sum, count) => sum + count, 0)
/** After each commit. */
const marks: { readonly records: number; readonly cpuMicros: number }[] = []

const gated = (store: StateStore): StateStore => ({
  ...store,
  async claim(service, shard, signal) {
    await abortable(go.promise, signal)
    first ??= mark()
    const owner = await store.claim(service, shard, signal)
    return {
      ...owner,
      commit: (group) =>
        owner.commit(group).then(() => {
          const positions = Object.values(decodeProgress(group.progress).positions)
          durable.set(
            shard,
            positions.reduce((sum, position) => sum + position, 0),
          )
          last = mark()
          marks.push({ records: records(), cpuMicros: last.cpuMicros })
        }),
    }
  },
})

let running: Running | undefined
const watched: Deployable = {
  ...detect,
  async start(platform) {
    running = await detect.start({ ...platform, store: gated(platform.store) })
    return running
  },
}
const engine = await startProcess({
  settings,
  deployables: [watched],
  logger: createLogger(settings.log_level),
  metrics: createMetrics(),
})
void engine.failed.then((error) => {
  process.stderr.write(`${String(error)}\n`)
  process.exitCode = 1
  ended.resolve()
})

let isOver = false
void ended.promise.then(() => {
  isOver = true
})
for (let told = ''; !isOver; await sleep(lookEveryMs)) {
  const shards = running?.shards?.shards() ?? []
  const works = shards.filter(({ state }) => state === 'running').length
  const line = `holds ${shards.length} works ${works} durable ${records()}`
  if (line !== told) process.stdout.write(`${line}\n`)
  told = line
}
const half = marks.find((one) => one.records >= records() / 2)
const result: ScaleEngineResult = {
  records: records(),
  warmCpuSeconds: half && last ? (last.cpuMicros - half.cpuMicros) / 1e6 : 0,
  cpuSeconds: first && last ? (last.cpuMicros - first.cpuMicros) / 1e6 : 0,
  rssBytes: process.memoryUsage.rss(),
}
process.stdout.write(`${JSON.stringify(result)}\n`)
await engine.stop()
