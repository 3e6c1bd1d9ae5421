import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'

/**
 * Port: when work goes on. Everything here that waits, gives others a turn or measures how long something took asks it, so
 * that a simulation decides every interleaving. It counts real milliseconds, whatever the time of day (`Clock`) does.
 */
export interface Scheduler {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Lets others have a turn. */
  turn(): Promise<void>
  /** Resolves after the milliseconds, or as soon as the signal is aborted. */
  wait(millis: number, signal?: AbortSignal): Promise<void>
  /** Runs the task after the milliseconds, unless what it returns is called before. */
  after(millis: number, task: () => void): () => void
}

export const nodeScheduler: Scheduler = {
  now: () => performance.now(),
  turn: () => nextTurn(),
  wait: (millis, signal) => pause(millis, undefined, signal && { signal }).catch(() => undefined),
  after(millis, task) {
    const timeout = setTimeout(task, millis)
    return () => clearTimeout(timeout)
  },
}
