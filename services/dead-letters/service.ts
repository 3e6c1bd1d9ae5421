import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { ownErrors } from '../http/own-errors.ts'
import type { Deployable } from '../platform/deployable.ts'
import type { Platform } from '../platform/platform.ts'
import { topics } from '../topology.ts'
import { type Acted, type Acting, type ActRequest, oneAtATime, purgeLetters, rerunLetters } from './act.ts'
import { readLedger } from './ledger.ts'
import { planReruns } from './plan.ts'
import { recordAt } from './read-records.ts'
import { filterOf, listQuery, purgeBody, readActBody, readListQuery, rerunBody } from './requests.ts'
import { selectLetters } from './select.ts'
import type { LetterView } from './views.ts'
import { attemptsAt, letterView, type RecordView, type RefusedView, recordView, refusedView } from './views.ts'

const base = '/v1/dead-letters'

/** What has a status of its own. */
const statusByCode: Readonly<Record<string, number>> = { KM_DEAD_LETTER_UNKNOWN: 404 }

/** A page of letters, the newest first. */
export interface LetterList {
  readonly letters: readonly LetterView[]
  /** Where the next page begins; null: this was the last. */
  readonly before: string | null
  readonly matching: number
  /** Of those the open ones, by code. */
  readonly open_by_code: Readonly<Record<string, number>>
}

/** A letter with its record, what a re-run would do now, and what was done. */
export interface LetterShown {
  readonly letter: LetterView
  readonly record: RecordView
  readonly rerun: { readonly possible: boolean; readonly code?: string; readonly message?: string }
  readonly attempts: readonly object[]
}

/** What became of a batch. */
export interface ActedAnswer {
  readonly dry_run: boolean
  readonly done: readonly string[]
  readonly refused: readonly RefusedView[]
  /** Where the next batch begins; null: there is no further letter. */
  readonly after: string | null
}

/** Dead letters over HTTP, in any process: listed, inspected, re-run, purged. */
export const deadLetters: Deployable = {
  name: 'dead-letters',
  routes: (http, platform) => {
    void http.register(async (scope) => deadLetterRoutes(scope, platform))
  },
  start: async () => ({ stop: async () => undefined }),
}

async function deadLetterRoutes(http: FastifyInstance, platform: () => Platform): Promise<void> {
  const alone = oneAtATime()
  ownErrors(http, statusByCode)
  http.get<{ Querystring: unknown }>(
    base,
    {
      schema: {
        summary: 'Dead letters, the newest first: why and where, never what they hold',
        querystring: listQuery,
      },
    },
    async ({ query }): Promise<LetterList> => {
      const { limit = 50, before, ...given } = readListQuery(query)
      const opened = platform()
      const ledger = await readLedger(opened)
      const page = { order: 'newest-first' as const, limit, from: before }
      const { found, next, matching, openByCode } = await selectLetters(opened, ledger, filterOf(given), page)
      return {
        letters: found.map((one) => letterView(one, ledger)),
        before: next ?? null,
        matching,
        open_by_code: Object.fromEntries([...openByCode].toSorted((a, b) => b[1] - a[1])),
      }
    },
  )
  http.get<{ Params: { id: string } }>(
    `${base}/:id`,
    { schema: { summary: 'A dead letter: its record as it is read now, whether a re-run would work, what was done' } },
    async ({ params }) => shown(platform(), params.id),
  )
  http.post(
    `${base}/rerun`,
    { schema: { summary: 'Has the records of dead letters handled once more, each at most once', body: rerunBody } },
    async ({ body }) => answer(body, (request) => alone(() => rerunLetters(actingOn(platform()), request))),
  )
  http.post(
    `${base}/purge`,
    { schema: { summary: 'Marks dead letters as not to be handled any more', body: purgeBody } },
    async ({ body }) => answer(body, (request) => alone(() => purgeLetters(actingOn(platform()), request))),
  )
}

const actingOn = ({ log, codec, clock }: Platform): Acting => ({ log, codec, clock })

async function shown(reading: Platform, id: string): Promise<LetterShown> {
  const ledger = await readLedger(reading)
  const page = { order: 'newest-first' as const, limit: 1 }
  const { found } = await selectLetters(reading, ledger, { ids: [id], state: 'all' }, page)
  const [one] = found
  const letter = one && (await recordAt(reading, topics.deadLetters, one.place))
  if (!one || !letter)
    throw new CodedError('KM_DEAD_LETTER_UNKNOWN', `no dead letter '${id}', or the log no longer has it`)
  const [verdict] = await planReruns(reading, ledger, [one])
  return {
    letter: letterView(one, ledger),
    record: await recordView(reading.codec, letter),
    rerun: verdict?.kind === 'refused' ? { possible: false, ...withoutId(refusedView(verdict)) } : { possible: true },
    attempts: await attemptsAt(reading, ledger, letter.origin_id ?? letter.dead_letter_id),
  }
}

const withoutId = ({ code, message }: RefusedView) => ({ code, message })

async function answer(body: unknown, act: (request: ActRequest) => Promise<Acted>): Promise<ActedAnswer> {
  const { limit = 500, after, author, reason, dry_run = false, accept_unchecked, ...given } = readActBody(body)
  const filter = filterOf(given)
  const acted = await act({
    filter,
    limit,
    from: after,
    author,
    reason,
    dryRun: dry_run,
    acceptUnchecked: accept_unchecked,
  })
  const done = acted.done.map(({ letter }) => letter.dead_letter_id)
  const refused = acted.refused.map(refusedView)
  const known = new Set([...done, ...refused.map(({ dead_letter_id }) => dead_letter_id)])
  const isLast = acted.next === undefined && after === undefined
  const unknown = (isLast ? (filter.ids ?? []) : []).filter((id) => !known.has(id))
  const message = 'no such dead letter, or the log no longer has it'
  return {
    dry_run,
    done,
    refused: [...refused, ...unknown.map((id) => ({ dead_letter_id: id, code: 'KM_DEAD_LETTER_UNKNOWN', message }))],
    after: acted.next ?? null,
  }
}
