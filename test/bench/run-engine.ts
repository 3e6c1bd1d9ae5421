import { join } from 'node:path'
import { type Child, startChild } from '../support/child-process.ts'
import { waitFor } from '../support/wait-for.ts'
import type { EngineResult, EngineState } from './engine.ts'
import { shards } from './settings.ts'

const patienceMs = 15 * 60_000

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
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const engine = join(import.meta.dirname, 'engine.ts')
  const children: Child[] = []
  let failure: Error | undefined
  try {
    for (let i = 0; i < processes; i++) {
      const child = await startChild(process.execPath, [...profile, engine, settings])
      children.push(child)
      void child.exited.then(({ code, signal }) => {
        if (code !== 0) failure = new Error(`the engine ended with ${code ?? signal}; it wrote:\n${child.output()}`)
      })
    }
    const until = async (what: string, done: (states: readonly EngineState[]) => boolean) => {
      const look = () => failure !== undefined || done(children.map(stateOf))
      await waitFor(what, look, { deadlineMs: patienceMs, everyMs: 20 })
      if (failure) throw failure
    }
    await until('the shards to be shared', (states) => states.every(({ holds }) => holds === shards / processes))
    for (const child of children) child.write('go\n')
    await until('all records', (states) => {
      const durable = states.reduce((sum, state) => sum + state.durable, 0)
      return durable >= records && states.every(({ idle }) => idle)
    })
    return together(await Promise.all(children.map(resultOf)))
  } finally {
    for (const child of children) await child.kill('SIGKILL')
  }
}

function stateOf(child: Child): EngineState {
  const told = child.stdout()
  const end = told.lastIndexOf('\n')
  const line = told.slice(told.lastIndexOf('\n', end - 1) + 1, end)
  return line.startsWith('{"holds"') ? JSON.parse(line) : { holds: 0, durable: 0, idle: false }
}

async function resultOf(child: Child): Promise<EngineResult> {
  child.end()
  const [line] = await child.waitForLine(/^\{"records".*\}$/, 60_000)
  await child.exited
  return JSON.parse(line)
}

/** Several processes as one: from the first one's first record to the last one's end. */
function together(results: readonly EngineResult[]): EngineResult {
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
