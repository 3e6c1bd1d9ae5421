import type { Report } from '../../services/backtest/report.ts'
import { waitFor } from '../support/wait-for.ts'

interface JobAnswer {
  readonly id?: string
  readonly state?: 'running' | 'done' | 'failed' | 'cancelled'
  readonly code?: string
  readonly error?: { readonly code: string; readonly message: string } | null
  readonly report?: Report | null
  readonly problems?: readonly { readonly code: string }[]
  readonly backtests?: readonly JobAnswer[]
}

/** The backtests of a running engine, as a client uses them. */
export function backtestsOf(url: string) {
  const call = async (method: 'GET' | 'POST' | 'DELETE', path = '', body?: unknown) => {
    const response = await fetch(new URL(`/v1/backtests${path}`, url), {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as JobAnswer }
  }
  const ended = (id: string | undefined) =>
    waitFor(
      'the backtest to end',
      async () => {
        const { body } = await call('GET', `/${id}`)
        return body.state === 'running' ? undefined : body
      },
      { deadlineMs: 120_000 },
    )
  return {
    begin: (body: unknown) => call('POST', '', body),
    get: (path: string) => call('GET', path),
    cancel: (id: string | undefined) => call('DELETE', `/${id}`),
    ended,
    /** Begins one and waits for its report. */
    async report(body: unknown): Promise<Report> {
      const begun = await call('POST', '', body)
      const job = await ended(begun.body.id)
      if (job.report) return job.report
      throw new Error(JSON.stringify([begun.body, job]))
    },
  }
}
