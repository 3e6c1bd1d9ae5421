import { join } from 'node:path'
import { startChild } from '../support/child-process.ts'
import type { EngineResult } from './engine.ts'

const patienceMs = 15 * 60_000

/** Runs the engine in a process of its own. `profileFolder`: where it leaves a CPU profile. @throws Error if it fails */
export async function runEngine(settings: string, records: number, profileFolder?: string): Promise<EngineResult> {
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const engine = join(import.meta.dirname, 'engine.ts')
  const child = await startChild(process.execPath, [...profile, engine, settings, String(records)])
  const timeout = setTimeout(() => void child.kill('SIGKILL'), patienceMs)
  const { code, signal } = await child.exited
  clearTimeout(timeout)
  const line = child.stdout().trim().split('\n').at(-1)
  if (code !== 0 || !line) throw new Error(`the engine ended with ${code ?? signal}; it wrote:\n${child.output()}`)
  return JSON.parse(line)
}

/** Runs `detect-step.ts`, which has no log and no store; one line a round. */
export async function detectStep(quick: boolean): Promise<string[]> {
  const script = join(import.meta.dirname, 'detect-step.ts')
  const child = await startChild(process.execPath, [script, ...(quick ? ['events=100000'] : [])])
  const { code } = await child.exited
  if (code !== 0) throw new Error(`detect-step ended with ${code}; it wrote:\n${child.output()}`)
  return child.stdout().trim().split('\n')
}
