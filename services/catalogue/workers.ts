import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { WorkerReport } from '../records/types.ts'

/** A process that works under the catalogue, as it said of itself last. */
export interface Worker {
  /** Host, process id and something that no other process has. */
  readonly worker: string
  readonly services: readonly string[]
  /** Number of the newest version that it has read. */
  readonly known: number
  /** Number of the version that it applies to what happens now. */
  readonly active: number
  /** By number, the code for which it can't use a version. */
  readonly refused: Readonly<Record<string, string>>
  /** Milliseconds since it was heard. */
  readonly heardAgoMs: number
}

/** A process that is silent for several times as long as it takes to the next report is gone. */
const goneAfterMs = 35_000

/** Like `host-4711-k3f9`, at most 64 bytes. */
export const workerName = (): string =>
  `${hostname().slice(-40)}-${process.pid}-${randomUUID().slice(0, 6)}`.replaceAll(/[^\w.-]/g, '-')

export interface Workers {
  /** Takes a report; says whether it is the first of its process. */
  heard(report: WorkerReport): boolean
  /** Those that are alive, by name. */
  list(): readonly Worker[]
  /** The greatest time that a shard anywhere has come to, but for who is too far ahead; -Infinity where nobody said. */
  readonly clock: number
}

export interface WorkersOptions {
  /** Milliseconds of real time, by which the silent ones are forgotten. */
  readonly monotonic: () => number
  /** The engine's time here. */
  readonly now: () => number
  /** Whose time is further ahead than so many of the engine's milliseconds isn't followed: its clock is wrong. */
  readonly aheadMost: number
  /** Such a process is heard for the first time since its clock was right. */
  readonly onAhead: (worker: string, aheadMs: number) => void
}

/** The processes that were heard. */
export function createWorkers({ monotonic, now, aheadMost, onAhead }: WorkersOptions): Workers {
  const heard = new Map<string, { readonly report: WorkerReport; readonly at: number; readonly isAhead: boolean }>()
  const alive = () => {
    for (const [worker, { at }] of heard) if (monotonic() - at > goneAfterMs) heard.delete(worker)
    return [...heard].sort(([a], [b]) => (a < b ? -1 : 1))
  }
  return {
    heard(report) {
      const { subscriber_id: worker, ends } = report
      const before = heard.get(worker)
      const ahead = report.clock - now()
      const isAhead = ahead > aheadMost
      if (ends) heard.delete(worker)
      else heard.set(worker, { report, at: monotonic(), isAhead })
      if (isAhead && !before?.isAhead) onAhead(worker, ahead)
      return !before && !ends
    },
    list: () =>
      alive().map(([worker, { report, at }]) => {
        const { services, known, active, refused } = report
        return { worker, services, known, active, refused, heardAgoMs: Math.round(monotonic() - at) }
      }),
    get clock() {
      const followed = alive().filter(([, { isAhead }]) => !isAhead)
      return Math.max(...followed.map(([, { report }]) => report.clock || Number.NEGATIVE_INFINITY))
    },
  }
}

/** Whether a process can use a version: undefined while it hasn't read it. */
export function usesVersion({ known, refused }: Worker, number: number): boolean | undefined {
  if (known < number) return undefined
  return refused[number] === undefined
}
