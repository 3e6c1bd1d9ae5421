import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { must, run } from './command.ts'
import type { Say } from './server.ts'

/** Where a command is, as the PATH says; undefined: nowhere. */
export const pathOf = (command: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path))

/** Whether a command can be found on the PATH. */
export const isInstalled = (command: string): boolean => pathOf(command) !== undefined

let updated: Promise<unknown> | undefined
let installing: Promise<unknown> = Promise.resolve()

/**
 * Sees to it that each Debian package is there, `isThere` being the proof. As root on Debian or Ubuntu it installs what
 * is missing, one after another (apt holds a lock); elsewhere it fails and says what to install.
 */
export async function needPackages(packages: readonly string[], isThere: () => Promise<boolean>, say: Say) {
  if (await isThere()) return
  const missing = packages.join(' ')
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    throw new Error(`please install ${missing} first (on Debian or Ubuntu: apt-get install ${missing})`)
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } // RUNLEVEL: don't start the package's own service
  const turn = installing.then(async () => {
    say(`installs ${missing} (apt-get, as root)`)
    updated ??= run('apt-get', ['update'])
    await updated
    await must('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env })
  })
  installing = turn.catch(() => undefined)
  await turn
  if (!(await isThere())) throw new Error(`${missing}: installed, and still not found`)
}

const javaLeast = 17

/** Java 17 or newer and Maven. */
export async function needJava(say: Say): Promise<void> {
  await needPackages(['default-jre-headless'], async () => isInstalled('java'), say)
  const { output } = await run('java', ['-version'])
  const major = Number(/version "(\d+)/.exec(output)?.[1])
  if (!(major >= javaLeast)) throw new Error(`Java ${javaLeast} or newer is needed; java -version says:\n${output}`)
  await needPackages(['maven'], async () => isInstalled('mvn'), say)
}
