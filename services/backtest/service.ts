import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { type CatalogueFile, checkFiles } from '../catalogue/files.ts'
import { CatalogueInvalid } from '../catalogue/history.ts'
import { jsonScope } from '../catalogue/json-scope.ts'
import { bodyReader, files } from '../catalogue/request-bodies.ts'
import { CodedError } from '../domain/errors.ts'
import type { Deployable } from '../platform/deployable.ts'
import type { Platform } from '../platform/platform.ts'
import { loadCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import { createJobs, defaultLimits, type Job, type Jobs } from './jobs.ts'
import { checkPeriod, iso } from './period.ts'
import type { Note } from './report.ts'
import type { NamedFiles } from './worker.ts'

const base = '/v1/backtests'

const strict = { additionalProperties: false }
const time = { minimum: 0, description: 'milliseconds since 1970' }

const backtestBody = Type.Object(
  {
    files,
    against: Type.Optional(
      Type.Union([Type.Object({ version: Type.Integer({ minimum: 1 }) }, strict), Type.Object({ files }, strict)], {
        description: 'a version of the engine, or files; default: what it applies now',
      }),
    ),
    from: Type.Integer(time),
    until: Type.Optional(Type.Integer({ ...time, description: 'default: now' })),
    warm_up_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'so much before `from` is read and not counted; default: all that the log has',
      }),
    ),
    examples: Type.Integer({ minimum: 0, maximum: 100, default: 3, description: 'of each rule, added and gone' }),
  },
  strict,
)

const readBody = bodyReader(backtestBody)

const statusByCode: Readonly<Record<string, number>> = {
  KM_BACKTEST_BUSY: 409,
  KM_BACKTEST_UNKNOWN: 404,
  KM_CATALOGUE_UNKNOWN_VERSION: 404,
}

/**
 * Tries a catalogue on the engine's own log, as a job in the background: POST /v1/backtests begins one, GET says how far it
 * is and, at last, what came of it. There is one at a time in a process.
 */
export function createBacktests(limits = defaultLimits): Deployable {
  const jobs = createJobs(limits)
  return {
    name: 'backtests',
    routes: (http, platform) => backtestRoutes(http, platform, jobs),
    start: async () => ({ stop: () => jobs.stop() }),
  }
}

function backtestRoutes(http: FastifyInstance, opened: () => Platform, jobs: Jobs): void {
  jsonScope(http, statusByCode, (scope) => {
    scope.post(
      base,
      {
        schema: {
          summary: "Tries a catalogue on the engine's own log; the answer says where to ask how it goes",
          body: backtestBody,
        },
      },
      async ({ body }, reply) => {
        const platform = opened()
        const { files, against, from, until, warm_up_ms: warmUp, examples } = readBody(body)
        const candidate = checked('the candidate', checkFiles(files))
        const present = await presentOf(http, against)
        const now = platform.clock.now()
        const period = { from, until: Math.min(until ?? now, now), ...(warmUp === undefined ? {} : { warmUp }) }
        checkPeriod(period)
        const notes = until === undefined || until <= now ? [] : [endsNow(until, now)]
        const job = jobs.begin(platform, { candidate, present, period, examples, notes })
        return reply.status(202).header('location', `${base}/${job.id}`).send(viewOf(job))
      },
    )
    scope.get(base, { schema: { summary: 'The last backtests, without their reports' } }, async () => ({
      backtests: jobs.list().map(viewOf),
    }))
    scope.get<{ Params: { id: string } }>(
      `${base}/:id`,
      { schema: { summary: 'How far a backtest is, and its report' } },
      async ({ params }) => {
        const job = jobs.get(params.id)
        return { ...viewOf(job), report: job.report }
      },
    )
    scope.delete<{ Params: { id: string } }>(
      `${base}/:id`,
      { schema: { summary: 'Cancels a backtest' } },
      async ({ params }) => viewOf(await jobs.cancel(params.id)),
    )
  })
}

const viewOf = ({ id, state, progress, error }: Job): object => ({ id, state, progress, error })

/** @throws CatalogueInvalid */
function checked(name: string, files: readonly SourceFile[]): NamedFiles {
  const { problems } = loadCatalogue(files)
  if (problems) throw new CatalogueInvalid(name, problems)
  return { name, files }
}

async function presentOf(
  http: FastifyInstance,
  against: { readonly version: number } | { readonly files: readonly unknown[] } | undefined,
): Promise<NamedFiles> {
  if (against && 'files' in against) return checked('the present catalogue', checkFiles(against.files))
  const number = against?.version ?? (await ask<{ number: number }>(http, '/v1/catalogue')).number
  const version = await ask<{ files: readonly CatalogueFile[] }>(http, `/v1/catalogue/versions/${number}`)
  return { name: `version ${number}`, files: version.files }
}

/** The process's own routes. @throws CodedError as they answer */
async function ask<Answer>(http: FastifyInstance, url: string): Promise<Answer> {
  const response = await http.inject({ method: 'GET', url })
  const answer = response.json<Answer & { readonly code?: string; readonly message?: string }>()
  if (response.statusCode === 200) return answer
  throw new CodedError(answer.code ?? 'KM_BACKTEST_FAILED', answer.message ?? `${url} answers ${response.statusCode}`, {
    canRetry: response.statusCode === 503,
  })
}

const endsNow = (until: number, now: number): Note => ({
  code: 'KM_BACKTEST_ENDS_NOW',
  message: `${iso(until)} was asked for, and it is ${iso(now)}: the clock ends there`,
})
