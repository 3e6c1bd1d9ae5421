import { join } from 'node:path'
import { startChild } from '../support/child-process.ts'
import type { EngineResult } from './engine.ts'
import { type Engine, isDone, isShared, startEngine, untilEngines } from './engine-process.ts'
import { shards } from './settings.ts'

export interface EngineRun {
  /** File of the settings. */
  readonly settings: string
  /** On the log. */
  readonly records: number
  /** Processes that share the shards. */
  readonly processes: number
  /** Where each leaves a CPU profile. */
  readonly profileFolder: string | undefined
}

/** Runs the engine in processes of their own until all is durable and on the log. @throws Error if one fails */
export async function runEngine({ settings, records, processes, profileFolder }: EngineRun): Promise<EngineResult> {
  const engines: Engine[] = []
  try {
    for (let i = 0; i < processes; i++) engines.push(await startEngine(settings, profileFolder))
    await untilEngines('the shards to be shared', engines, (states) => isShared(states, shards))
    for (const engine of engines) engine.go()
    await untilEngines('all records', engines, (states) => isDone(states, records))
    return together(await Promise.all(engines.map((engine) => engine.result())))
  } finally {
    for (const engine of engines) await engine.kill()
  }
}

/** Several processes as one: from the first one's first record to the last one's end. */
export function together(results: readonly EngineResult[]): EngineResult {
  const sum = (value: (one: EngineResult) => number) => results.reduce((total, one) => total + value(one), 0)
  const most = (value: (one: EngineResult) => number) => Math.max(...results.map(value))
  const fromMicros = Math.min(...results.map((one) => one.fromMicros))
  const toMicros = most((one) => one.toMicros)
  return {
    records: sum((one) => one.records),
    seconds: (toMicros - fromMicros) / 1e6,
    cpuSeconds: sum((one) => one.cpuSeconds),
    warmSeconds: most((one) => one.warmSeconds),
    warmCpuSeconds: sum((one) => one.warmCpuSeconds),
    threadCpuSeconds: sum((one) => one.threadCpuSeconds),
    fromMicros,
    toMicros,
    groups: sum((one) => one.groups),
    writes: sum((one) => one.writes),
    rssBytes: sum((one) => one.rssBytes),
    duplicates: sum((one) => one.duplicates),
    late: sum((one) => one.late),
    deadLetters: sum((one) => one.deadLetters),
  }
}

/** Runs `detect-step.ts`, which has no log and no store; one line a round. */
export async function detectStep(quick: boolean): Promise<string[]> {
  const script = join(import.meta.dirname, 'detect-step.ts')
  const child = await startChild(process.execPath, [script, ...(quick ? ['events=100000'] : [])])
  const { code } = await child.exited
  if (code !== 0) throw new Error(`detect-step ended with ${code}; it wrote:\n${child.output()}`)
  return child.stdout().trim().split('\n')
}
