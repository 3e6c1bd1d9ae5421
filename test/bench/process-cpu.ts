import { readdirSync, readFileSync } from 'node:fs'

/** Of Linux: `/proc` counts in hundredths of a second. */
const ticksPerSecond = 100

/** CPU seconds, user and system, that a process has used; NaN where the system doesn't tell. */
export function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name may have blanks and brackets
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return Number.NaN
  }
}

/**
 * Seconds that the threads of a process were ready to run and waited for a core, one of many counting as much as the main one;
 * threads that have ended are left out. NaN where the system doesn't tell.
 */
export function queuedSecondsOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanos = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[1]))
    return nanos.reduce((sum, one) => sum + one, 0) / 1e9
  } catch {
    return Number.NaN
  }
}
