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
  /** The greatest time that a shard anywhere has come to; -Infinity where nobody said. */
  readonly clock: number
}

/** The processes that were heard. `monotonic`: milliseconds of real time, by which the silent ones are forgotten. */
export function createWorkers(monotonic: () => number): Workers {
  const heard = new Map<string, { readonly report: WorkerReport; readonly at: number }>()
  const alive = () => {
    for (const [worker, { at }] of heard) if (monotonic() - at > goneAfterMs) heard.delete(worker)
    return [...heard].sort(([a], [b]) => (a < b ? -1 : 1))
  }
  return {
    heard(report) {
      const { subscriber_id: worker, ends } = report
      const isNew = !heard.has(worker)
      if (ends) heard.delete(worker)
      else heard.set(worker, { report, at: monotonic() })
      return isNew && !ends
    },
    list: () =>
      alive().map(([worker, { report, at }]) => {
        const { services, known, active, refused } = report
        return { worker, services, known, active, refused, heardAgoMs: Math.round(monotonic() - at) }
      }),
    get clock() {
      return Math.max(...alive().map(([, { report }]) => report.clock || Number.NEGATIVE_INFINITY))
    },
  }
}

/** Whether a process can use a version: undefined while it hasn't read it. */
export function usesVersion({ known, refused }: Worker, number: number): boolean | undefined {
  if (known < number) return undefined
  return refused[number] === undefined
}
