import { parentPort, workerData } from 'node:worker_threads'
import { CodedError } from '../domain/errors.ts'
import { loadCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import { type BacktestOptions, backtest, type NamedCatalogue, type Progress } from './backtest.ts'
import type { Report } from './report.ts'

/** A catalogue on its way to a thread, which takes no functions. */
export interface NamedFiles {
  readonly name: string
  readonly files: readonly SourceFile[]
}

export interface WorkerTask extends Omit<BacktestOptions, 'present' | 'candidate' | 'onProgress'> {
  readonly present: NamedFiles
  readonly candidate: NamedFiles
}

export type WorkerNews =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

// A thread of its own, so that the engine in whose process it runs goes on with its work meanwhile.

const tell = (news: WorkerNews): void => parentPort?.postMessage(news)

function catalogueOf({ name, files }: NamedFiles): NamedCatalogue {
  const { catalogue, problems } = loadCatalogue(files)
  // The process has checked them by the same code.
  if (!catalogue) throw new CodedError('KM_CATALOGUE_INVALID', problems.map(String).join('\n'))
  return { name, catalogue }
}

const { present, candidate, ...task } = workerData as WorkerTask
try {
  const report = await backtest({
    ...task,
    present: catalogueOf(present),
    candidate: catalogueOf(candidate),
    onProgress: (progress) => tell({ kind: 'progress', progress }),
  })
  tell({ kind: 'report', report })
} catch (error) {
  const code = error instanceof CodedError ? error.code : 'KM_BACKTEST_FAILED'
  tell({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) })
}
