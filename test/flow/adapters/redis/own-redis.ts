import { onTestFinished } from 'vitest'
import { startChild } from '../../../support/child-process.ts'
import { freePort } from '../../../support/free-port.ts'

export interface OwnRedis {
  readonly url: string
  readonly port: number
  readonly pid: number
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** A redis-server of this test alone, for what must not happen to a shared one; ends with the test. */
export async function startRedis(
  folder: string,
  args: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'always'],
  port?: number,
): Promise<OwnRedis> {
  const own = port ?? (await freePort())
  const child = await startChild('redis-server', [
    ...['--port', String(own), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...args,
  ])
  onTestFinished(async () => {
    await child.kill('SIGKILL')
  })
  await child.waitForLine(/Ready to accept connections/)
  return {
    url: `redis://127.0.0.1:${own}`,
    port: own,
    pid: child.pid,
    stop: async (signal = 'SIGTERM') => {
      await child.kill(signal)
    },
  }
}
