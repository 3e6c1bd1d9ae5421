import { setTimeout as pause } from 'node:timers/promises'
import type { Progress } from '../services/backtest/backtest.ts'
import type { Period } from '../services/backtest/period.ts'
import type { Report } from '../services/backtest/report.ts'
import { CodedError } from '../services/domain/errors.ts'
import type { SourceFile } from '../services/rules/source.ts'
import { askEngine } from './engine.ts'

export interface EngineBacktest {
  readonly url: string
  readonly files: readonly SourceFile[]
  /** Absent: what the engine applies now. */
  readonly against?: { readonly version: number } | { readonly files: readonly SourceFile[] }
  readonly period: Period & { readonly from: number }
  readonly examples: number
}

interface JobAnswer {
  readonly id: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly progress: Progress & { readonly of: number | null }
  readonly error: { readonly code: string; readonly message: string } | null
  readonly report?: Report | null
}

const askEveryMs = 250

/**
 * Has a running engine try a catalogue on its own log, and waits for the report. How it goes is told on stderr; a signal
 * cancels it there too.
 * @throws CodedError KM_BACKTEST_CANCELLED, and what the engine or the backtest fails with
 */
export async function backtestOnEngine({ url, files, against, period, examples }: EngineBacktest): Promise<Report> {
  const { from, until, warmUp } = period
  const begun = await askEngine<JobAnswer>(url, '/v1/backtests', {
    files,
    ...(against ? { against } : {}),
    from,
    ...(until === undefined ? {} : { until }),
    ...(warmUp === undefined ? {} : { warm_up_ms: warmUp }),
    examples,
  })
  const path = `/v1/backtests/${begun.id}`
  const cancel = () => void fetch(new URL(path, url), { method: 'DELETE' }).finally(() => process.exit(130))
  process.once('SIGINT', cancel)
  try {
    for (let said = ''; ; ) {
      const job = await askEngine<JobAnswer>(url, path)
      if (job.report) return job.report
      if (job.error) throw new CodedError(job.error.code, job.error.message)
      if (job.state === 'cancelled') throw new CodedError('KM_BACKTEST_CANCELLED', 'somebody cancelled it')
      said = tellProgress(job, said)
      await pause(askEveryMs)
    }
  } finally {
    process.off('SIGINT', cancel)
  }
}

/** A line for each step, and on a terminal one for each look. @returns what was said */
function tellProgress({ progress: { step, service, handled, of } }: JobAnswer, said: string): string {
  const name = step === 'read' ? 'events are read' : `the ${step} catalogue, ${service}`
  const line = process.stderr.isTTY ? `${name}: ${handled}${of === null ? '' : ` of ${of}`}` : name
  if (line !== said) process.stderr.write(`${line}\n`)
  return line
}
