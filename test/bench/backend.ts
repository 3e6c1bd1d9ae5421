import type { EngineResult } from './engine.ts'

export interface RunResult extends EngineResult {
  /** What the states take where they are stored. */
  readonly storedBytes: number
  /** CPU time of Redis. */
  readonly storeCpuSeconds?: number
}

/** Log and store with the stream on the log; each run of detect on it begins without any state. */
export interface Backend {
  readonly name: string
  /** On the log. */
  readonly records: number
  run(profileFolder?: string): Promise<RunResult>
  close(): Promise<void>
}
