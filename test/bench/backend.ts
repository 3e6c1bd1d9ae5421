import type { EngineResult } from './engine.ts'

/** A run of the reference job on some engine. Seconds are of the run, from its first record to its last one done. */
export interface RunResult {
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** The same of the second half of the records. */
  readonly warmSeconds: number
  readonly warmCpuSeconds: number
  /** Most of the run. */
  readonly rssBytes: number
  readonly duplicates: number
  /** What the states take where they are stored. */
  readonly storedBytes: number
  /** CPU time of Redis. */
  readonly storeCpuSeconds?: number
  /** CPU time of the broker, from before the engine's process began until after it ended. */
  readonly brokerCpuSeconds?: number
  /** As `momentLine` writes them. */
  readonly moments: readonly string[]
  /** What only our own engine tells. */
  readonly own?: Pick<
    EngineResult,
    'groups' | 'writes' | 'late' | 'deadLetters' | 'threadCpuSeconds' | 'fromMicros' | 'toMicros'
  >
}

/** An engine with the stream on its log; each run of it begins without any state. */
export interface Backend {
  readonly id: string
  readonly name: string
  /** On the log. */
  readonly records: number
  run(profileFolder?: string): Promise<RunResult>
  close(): Promise<void>
}

/** What the process told, without its counts by rule, and its moments as they lie on the log. */
export function runOf(engine: EngineResult, moments: readonly string[], storedBytes: number): RunResult {
  const { records, seconds, cpuSeconds, warmSeconds, warmCpuSeconds, rssBytes, duplicates } = engine
  const { groups, writes, late, deadLetters, threadCpuSeconds, fromMicros, toMicros } = engine
  return {
    ...{ records, seconds, cpuSeconds, warmSeconds, warmCpuSeconds, rssBytes, duplicates, moments, storedBytes },
    own: { groups, writes, late, deadLetters, threadCpuSeconds, fromMicros, toMicros },
  }
}
