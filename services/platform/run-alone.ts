import { parseArgs } from 'node:util'
import { loadSettings } from '../settings/load.ts'
import type { Deployable } from './deployable.ts'
import { exitCodeOf, tell } from './exit.ts'
import { runProcess } from './run.ts'

/** Runs one deployable as a process of its own: `node services/<name>/main.ts [--config FILE]`. Sets the exit code. */
export async function runAlone(deployable: Deployable): Promise<void> {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } })
    const settings = await loadSettings(values.config, process.env)
    process.exitCode = await runProcess({ settings, deployables: [deployable] })
  } catch (error) {
    tell(error)
    process.exitCode = exitCodeOf(error)
  }
}
