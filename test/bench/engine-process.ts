import { join } from 'node:path'
import { type Child, startChild } from '../support/child-process.ts'
import { waitFor } from '../support/wait-for.ts'
import type { EngineResult, EngineState } from './engine.ts'

const patienceMs = 15 * 60_000

/** A process of `engine.ts`. */
export interface Engine {
  readonly pid: number
  state(): EngineState
  /** Why it ended, if not in order. */
  failure(): Error | undefined
  /** Lets it claim its shards. */
  go(): void
  /** Ends its input: it stops in order. */
  end(): void
  /** The same, and what it used. */
  result(): Promise<EngineResult>
  kill(): Promise<unknown>
}

/** `profileFolder`: where it leaves a CPU profile. */
export async function startEngine(
  settings: string,
  profileFolder?: string,
  service: 'detect' | 'decide' = 'detect',
): Promise<Engine> {
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const script = join(import.meta.dirname, 'engine.ts')
  const child = await startChild(process.execPath, [...profile, script, settings, service])
  let failure: Error | undefined
  void child.exited.then(({ code, signal }) => {
    if (code !== 0) failure = new Error(`the engine ended with ${code ?? signal}; it wrote:\n${child.output()}`)
  })
  return {
    pid: child.pid,
    state: () => stateOf(child),
    failure: () => failure,
    go: () => child.write('go\n'),
    end: () => child.end(),
    async result() {
      child.end()
      const [line] = await child.waitForLine(/^\{"records".*\}$/, 60_000)
      await child.exited
      return JSON.parse(line)
    },
    kill: () => child.kill('SIGKILL'),
  }
}

/** Waits for the states of engines. @throws Error when one of them fails, or after a quarter of an hour */
export async function untilEngines(
  what: string,
  engines: readonly Engine[],
  done: (states: readonly EngineState[]) => boolean,
  everyMs = 20,
): Promise<void> {
  const failure = () => engines.map((engine) => engine.failure()).find((error) => error !== undefined)
  const look = () => failure() !== undefined || done(engines.map((engine) => engine.state()))
  await waitFor(what, look, { deadlineMs: patienceMs, everyMs })
  const failed = failure()
  if (failed) throw failed
}

/** All shards are with them, each has its share, and (`what`: works) is at work on it. */
export function isShared(states: readonly EngineState[], shards: number, what: 'holds' | 'works' = 'holds'): boolean {
  const counts = states.map(({ holds, works }) => (what === 'holds' ? holds.length : works))
  const all = counts.reduce((sum, count) => sum + count, 0)
  return all === shards && counts.every((own) => own >= Math.floor(shards / states.length))
}

/** All records are handled, and what came of them is on the log. */
export const isDone = (states: readonly EngineState[], records: number): boolean =>
  states.reduce((sum, { durable }) => sum + durable, 0) >= records && states.every(({ idle }) => idle)

function stateOf(child: Child): EngineState {
  const told = child.stdout()
  const end = told.lastIndexOf('\n')
  const line = told.slice(told.lastIndexOf('\n', end - 1) + 1, end)
  return line.startsWith('{"holds"') ? JSON.parse(line) : { holds: [], works: 0, durable: 0, idle: false, heard: false }
}
