import { readFileSync } from 'node:fs'

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
