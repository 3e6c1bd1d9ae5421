import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startChild } from '../support/child-process.ts'
import { root } from '../tidy/sources.ts'

interface Ran {
  readonly code: number | null
  readonly stdout: string
  /** Without blanks at its ends. */
  readonly stderr: string
}

/** The command line of Keymoment, asking the engine at `url`; ends with the test. */
export const keymomentAt =
  (url: string) =>
  async (...args: readonly string[]): Promise<Ran> => {
    const command = [join(root, 'bin', 'keymoment.js'), ...args, '--url', url]
    const child = await startChild(process.execPath, command, { cwd: root })
    onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
    child.end()
    const { code } = await child.exited
    const stdout = child.stdout()
    return { code, stdout, stderr: child.output().replace(stdout, '').trim() }
  }
