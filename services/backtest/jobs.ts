import { randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { CodedError } from '../domain/errors.ts'
import type { Platform } from '../platform/platform.ts'
import type { Progress } from './backtest.ts'
import { recordFromLog } from './from-log.ts'
import type { Period } from './period.ts'
import { createRecorder, makeRecordingFolder, openRecording, type RecordingFolder } from './recording.ts'
import type { Note, Report } from './report.ts'
import type { NamedFiles, WorkerNews, WorkerTask } from './worker.ts'

export interface JobRequest {
  readonly candidate: NamedFiles
  readonly present: NamedFiles
  readonly period: Period & { readonly from: number }
  readonly examples: number
  readonly notes: readonly Note[]
}

export interface Job {
  readonly id: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly progress: Progress & { readonly of: number | null }
  readonly report: Report | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface JobLimits {
  readonly eventsMost: number
  /** Of objects in the thread of a job, beside the states of subscribers (see `stateMbMost`). */
  readonly heapMbMost: number
  /** States of subscribers in memory; more of them go to disk. */
  readonly stateMbMost: number
}

export const defaultLimits: JobLimits = { eventsMost: 5_000_000, heapMbMost: 1_024, stateMbMost: 256 }

/** Backtests on the log of a running engine: one at a time, and the last few are kept. */
export interface Jobs {
  /** @throws CodedError KM_BACKTEST_BUSY */
  begin(platform: Platform, request: JobRequest): Job
  /** The last one first. */
  list(): readonly Job[]
  /** @throws CodedError KM_BACKTEST_UNKNOWN */
  get(id: string): Job
  /** Ends it; one that has ended stays as it is. @throws CodedError KM_BACKTEST_UNKNOWN */
  cancel(id: string): Promise<Job>
  /** Cancels what runs. */
  stop(): Promise<void>
}

interface Running {
  job: Job
  worker: Worker | undefined
  readonly cancelled: AbortController
  ended: Promise<void>
}

const keptMost = 10

export function createJobs(limits: JobLimits): Jobs {
  let kept: Running[] = []

  function find(id: string): Running {
    const found = kept.find(({ job }) => job.id === id)
    if (found) return found
    throw new CodedError('KM_BACKTEST_UNKNOWN', `no backtest ${id}; the last ${keptMost} since the start are kept`)
  }

  async function cancel(running: Running): Promise<Job> {
    running.cancelled.abort()
    await running.worker?.terminate()
    await running.ended
    return running.job
  }

  return {
    begin(platform, request) {
      const busy = kept.find(({ job }) => job.state === 'running')
      if (busy)
        throw new CodedError('KM_BACKTEST_BUSY', `backtest ${busy.job.id} is running; wait for it, or cancel it`)
      const running: Running = {
        job: newJob(),
        worker: undefined,
        cancelled: new AbortController(),
        ended: Promise.resolve(),
      }
      kept = [running, ...kept].slice(0, keptMost)
      running.ended = run(platform, request, running, limits)
      return running.job
    },
    list: () => kept.map(({ job }) => job),
    get: (id) => find(id).job,
    cancel: async (id) => cancel(find(id)),
    async stop() {
      await Promise.all(kept.map(cancel))
    },
  }
}

const newJob = (): Job => ({
  id: randomUUID(),
  state: 'running',
  progress: { step: 'read', service: null, handled: 0, of: null },
  report: null,
  error: null,
})

/** Never fails: what goes wrong is the job's. */
async function run(platform: Platform, request: JobRequest, running: Running, limits: JobLimits): Promise<void> {
  const { signal } = running.cancelled
  const folder = makeRecordingFolder(platform.log.shards)
  try {
    const task = await record(platform, request, running, folder, limits)
    const report = await inThread(task, running, limits)
    running.job = { ...running.job, state: 'done', report }
  } catch (error) {
    const code = error instanceof CodedError ? error.code : 'KM_BACKTEST_FAILED'
    const message = error instanceof Error ? error.message : String(error)
    running.job = signal.aborted
      ? { ...running.job, state: 'cancelled' }
      : { ...running.job, state: 'failed', error: { code, message } }
    if (!signal.aborted) platform.logger.warn({ err: error }, 'a backtest failed')
  } finally {
    running.worker = undefined
    folder.remove()
  }
}

async function record(
  { log, codec, settings, flow }: Platform,
  { present, candidate, period, examples, notes }: JobRequest,
  running: Running,
  { folder, shards }: RecordingFolder,
  { eventsMost, stateMbMost }: JobLimits,
): Promise<WorkerTask> {
  const recording = await openRecording({ folder, shards })
  try {
    const recorder = createRecorder(recording, period, eventsMost)
    const found = await recordFromLog(
      {
        log,
        codec,
        futureToleranceMs: flow.futureToleranceMs,
        period,
        onProgress(handled, of) {
          running.cancelled.signal.throwIfAborted()
          running.job = { ...running.job, progress: { step: 'read', service: null, handled, of } }
        },
      },
      recorder,
    )
    const memory = { memory_mb: Math.min(stateMbMost, settings.flow.memory_mb) }
    return {
      present,
      candidate,
      settings: { ...settings, flow: { ...settings.flow, ...memory } },
      recording: { folder, shards },
      recorded: recorder.recorded(),
      period,
      examples,
      notes: [...notes, ...found],
    }
  } finally {
    await recording.close()
  }
}

function inThread(task: WorkerTask, running: Running, { heapMbMost }: JobLimits): Promise<Report> {
  running.cancelled.signal.throwIfAborted()
  const of = Object.values(task.recorded.events).reduce((sum, count) => sum + count, task.recorded.profilesBefore)
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: heapMbMost },
    })
    running.worker = worker
    worker.on('message', (news: WorkerNews) => {
      if (news.kind === 'report') resolve(news.report)
      else if (news.kind === 'failed') reject(new CodedError(news.code, news.message))
      else {
        const isDetect = news.progress.service === 'detect'
        running.job = { ...running.job, progress: { ...news.progress, of: isDetect ? of : null } }
      }
    })
    worker.on('error', (error: NodeJS.ErrnoException) => reject(error.code === outOfMemory ? tooLarge(error) : error))
    worker.on('exit', () => reject(new CodedError('KM_BACKTEST_FAILED', 'the thread of the backtest ended early')))
  })
}

const outOfMemory = 'ERR_WORKER_OUT_OF_MEMORY'

const tooLarge = (cause: unknown): CodedError =>
  new CodedError('KM_BACKTEST_MEMORY', 'the backtest takes more memory than it may have; name a shorter period', {
    cause,
  })
