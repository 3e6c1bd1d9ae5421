import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './command.ts'

/** A process as the system knows it: a pid alone may be somebody else's after a while, with its start time it can't. */
export interface ProcessId {
  readonly pid: number
  readonly startedAt: string
}

/** When `pid` was started, in the system's own words; undefined when there is no such process (or only its corpse). */
export async function startTime(pid: number): Promise<string | undefined> {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name may have blanks and brackets
      return fields[0] === 'Z' ? undefined : fields[19]
    } catch {
      return undefined
    }
  }
  const { code, output } = await run('ps', ['-o', 'lstart=', '-p', String(pid)])
  return code === 0 && output.trim() !== '' ? output.trim() : undefined
}

export const isAlive = async (id: ProcessId): Promise<boolean> => (await startTime(id.pid)) === id.startedAt

const pidFile = (folder: string) => join(folder, 'pid.json')

/** The process that a folder's pid file names, if it still is that very one. */
export async function runningIn(folder: string): Promise<ProcessId | undefined> {
  let id: ProcessId
  try {
    id = JSON.parse(readFileSync(pidFile(folder), 'utf8'))
  } catch {
    return undefined // none, or cut off while it was written: not ours to end
  }
  if (Number.isInteger(id.pid) && (await isAlive(id))) return id
  rmSync(pidFile(folder), { force: true })
  return undefined
}

export interface Daemon {
  readonly folder: string
  readonly command: string
  readonly args: readonly string[]
}

/**
 * Starts a process which outlives this one, in a session of its own (Ctrl-C in this terminal doesn't reach it), with
 * its output in `<folder>/log` and its pid in `<folder>/pid.json`.
 */
export async function startDaemon({ folder, command, args }: Daemon): Promise<ProcessId> {
  mkdirSync(folder, { recursive: true })
  const log = openSync(join(folder, 'log'), 'a')
  const child = spawn(command, args, { cwd: folder, detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.unref()
  const { pid } = child
  const startedAt = pid === undefined ? undefined : await startTime(pid)
  if (pid === undefined || startedAt === undefined) throw new Error(`${command} ended at once:\n${lastLines(folder)}`)
  const id = { pid, startedAt }
  writeFileSync(pidFile(folder), JSON.stringify(id))
  return id
}

/**
 * Asks the process to end, and ends it when it hasn't after `patienceMs`. A pid that meanwhile belongs to another
 * process is never signalled.
 */
async function stopProcess(id: ProcessId, patienceMs = 15_000): Promise<void> {
  const signal = async (name: NodeJS.Signals) => {
    if (!(await isAlive(id))) return
    try {
      process.kill(id.pid, name)
    } catch (error) {
      if (await isAlive(id)) throw error // not ours to end: say so
    }
  }
  await signal('SIGTERM')
  const started = performance.now()
  let killed = false
  while (await isAlive(id)) {
    const waited = performance.now() - started
    if (waited > patienceMs + 5_000) throw new Error(`process ${id.pid} doesn't end`)
    if (waited > patienceMs && !killed) {
      killed = true
      await signal('SIGKILL')
    }
    await sleep(20)
  }
}

/** Ends what the folder's pid file names and forgets it. @returns the process that was ended, if there was one */
export async function stopDaemon(folder: string): Promise<ProcessId | undefined> {
  const id = await runningIn(folder)
  if (id) await stopProcess(id)
  rmSync(pidFile(folder), { force: true })
  return id
}

/** The end of a daemon's log, for the message about its failure. */
export function lastLines(folder: string, count = 15): string {
  try {
    return readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return '(no log)'
  }
}
