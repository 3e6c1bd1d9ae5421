import { parseArgs } from 'node:util'
import { CodedError } from '../domain/errors.ts'
import { loadSettings } from '../settings/load.ts'
import type { Deployable } from './deployable.ts'
import { runProcess } from './run.ts'

/** Runs one deployable as a process of its own: `node services/<name>/main.ts [--config FILE]`. Sets the exit code. */
export async function runAlone(deployable: Deployable): Promise<void> {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } })
    const settings = await loadSettings(values.config, process.env)
    process.exitCode = await runProcess({ settings, deployables: [deployable] })
  } catch (error) {
    process.stderr.write(`${error instanceof CodedError ? String(error) : (error as Error).stack}\n`)
    process.exitCode = 2
  }
}
