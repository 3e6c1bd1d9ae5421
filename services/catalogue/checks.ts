import { Piscina } from 'piscina'
import { CodedError } from '../domain/errors.ts'
import { loadedOf } from '../rules/between-threads.ts'
import { type LoadedCatalogue, loadCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import type { CheckAnswer, CheckTask } from './check-thread.ts'
import { type Impact, impactOfLoaded } from './impact.ts'
import { remembering } from './remembering.ts'

/**
 * Checks and compares catalogues in a thread of its own: it takes hundreds of milliseconds, for which events would wait. What
 * comes back from the thread takes a few.
 */
export interface CatalogueChecks {
  /**
   * `loadCatalogue`. Who publishes a catalogue reads it back from the log: what was asked of late is remembered.
   * @throws CodedError KM_CATALOGUE_CHECK: the thread ended, and the next call has another one; KM_CATALOGUE_CHECK_FAILED: the
   *   check itself has a defect
   */
  load(files: readonly SourceFile[]): Promise<LoadedCatalogue>
  /** What `after` changes; both are without fault. @throws CodedError as `load` */
  impact(before: readonly SourceFile[], after: readonly SourceFile[]): Promise<Impact>
  /** Events flow in this process from now on. Until then work is done on the spot: nobody waits, and a thread takes a while to begin. */
  eventsFlow(): void
  /** Ends the thread; what is under way fails. */
  close(): Promise<void>
}

const remembered = 3
/** The next catalogue often comes soon; a thread that nobody needs takes tens of megabytes. */
const idleMs = 60_000
/** Of objects in the thread; the largest catalogue that fits into a record takes a fraction. */
const heapMbMost = 1_024

/** `heapMb`: of objects in the thread. */
export function createCatalogueChecks(
  thread = new URL('./check-thread.ts', import.meta.url),
  heapMb = heapMbMost,
): CatalogueChecks {
  const threads = new Piscina<CheckTask, CheckAnswer>({
    filename: thread.href,
    name: 'check',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: idleMs,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  })

  let isElsewhere = false

  async function ask(task: CheckTask): Promise<CheckAnswer> {
    try {
      return await threads.run(task)
    } catch (cause) {
      throw checkFailed(cause)
    }
  }

  /** What failed is not remembered. */
  let load = remembering(remembered, loadAnew)
  async function loadAnew(files: readonly SourceFile[]): Promise<LoadedCatalogue> {
    try {
      if (!isElsewhere) return loadCatalogue(files)
      const answer = await ask({ kind: 'load', files })
      if (answer.kind !== 'load') throw new TypeError('the thread answered something else')
      return loadedOf(answer.loaded)
    } catch (error) {
      load = remembering(remembered, loadAnew)
      throw error
    }
  }

  return {
    load: (files) => load(files),
    async impact(before, after) {
      if (!isElsewhere) {
        return impactOfLoaded({ files: before, ...(await load(before)) }, { files: after, ...(await load(after)) })
      }
      const answer = await ask({ kind: 'impact', before, after })
      if (answer.kind !== 'impact') throw new TypeError('the thread answered something else')
      return answer.impact
    },
    eventsFlow() {
      isElsewhere = true
    },
    close: () => threads.destroy(),
  }
}

const inForce = 'what is in force goes on'

/** Says what became of a check that gave no answer: its thread ran out of memory, it was closed, or it has a defect. */
function checkFailed(cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const of = 'the thread that checks catalogues'
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const message = `${of} has ended, as its memory was not enough (${reason}); ${inForce}; publish a smaller catalogue`
    return new CodedError('KM_CATALOGUE_CHECK', message, { canRetry: true, cause })
  }
  if (/^(Terminating worker thread|worker exited with code)/.test(reason)) {
    return new CodedError('KM_CATALOGUE_CHECK', `${of} has ended (${reason}); ${inForce}; try again`, {
      canRetry: true,
      cause,
    })
  }
  const message = `the check of this catalogue failed (${reason}); ${inForce}; this is a defect of Keymoment: please report it with the catalogue`
  return new CodedError('KM_CATALOGUE_CHECK_FAILED', message, { cause })
}
