import { join } from 'node:path'
import { type Child, startChild } from '../support/child-process.ts'
import { waitFor } from '../support/wait-for.ts'

const startPatienceMs = 120_000

/**
 * A shipped process of one service, ready. `port`: its HTTP interface's, which the settings name.
 * @throws Error with what it wrote if it isn't ready within two minutes
 */
export async function startKeymoment(service: string, settings: string, port: number): Promise<Child> {
  const keymoment = join(import.meta.dirname, '..', '..', 'bin', 'keymoment.js')
  const child = await startChild(process.execPath, [keymoment, 'start', service, '--config', settings])
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
  try {
    await waitFor(`${service} to be ready`, ready, { deadlineMs: startPatienceMs, everyMs: 100 })
  } catch (error) {
    await child.kill('SIGKILL')
    throw new Error(`${service} wrote:\n${child.output()}`, { cause: error })
  }
  return child
}
