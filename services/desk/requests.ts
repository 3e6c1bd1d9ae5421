import { Type } from 'typebox'
import { bodyReader } from '../catalogue/request-bodies.ts'
import { CodedError } from '../domain/errors.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { instantOf } from '../records/iso-time.ts'
import { type InboxAsked, inboxStates } from './inbox.ts'
import type { PageAsked } from './paging.ts'
import { type Asked, type TaskState, taskStates } from './task-list.ts'

const strict = { additionalProperties: false }
const agent = Type.String({ minLength: 1, maxLength: 64, pattern: '\\S', description: 'who does it' })
const request_id = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'of your own: the same request twice, as its answer was lost, is done once',
  }),
)
const code = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'of the results, as GET /v1/desk/catalogue lists them',
})
const note = Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'for who comes next' }))

export const takeBody = Type.Object({ agent, request_id }, strict)
export const resultBody = Type.Object(
  {
    agent,
    request_id,
    code,
    due_at: Type.Optional(
      Type.String({ description: 'ISO-8601 time with a zone: of a call back or a follow-up, when' }),
    ),
    note,
  },
  strict,
)
export const outcomeBody = Type.Object({ agent, request_id, code, note }, strict)

export const handleBody = Type.Object({ agent, request_id, note }, strict)

const checkTakeBody = bodyReader(takeBody)
const checkResultBody = bodyReader(resultBody)
const checkOutcomeBody = bodyReader(outcomeBody)
const checkHandleBody = bodyReader(handleBody)

export interface TakeRequest {
  readonly agent: string
  readonly requestId: string | undefined
}

export interface HandleRequest extends TakeRequest {
  readonly note: string | null
}

export interface ResultRequest extends TakeRequest {
  readonly code: string
  readonly dueAt: number | null
  readonly note: string | null
}

/** @throws CodedError KM_HTTP_BODY */
export function readTakeBody(body: unknown): TakeRequest {
  const given = checkTakeBody(body)
  return { agent: given.agent, requestId: given.request_id }
}

/** @throws CodedError KM_HTTP_BODY */
export function readResultBody(body: unknown): ResultRequest {
  const given = checkResultBody(body)
  const dueAt = given.due_at === undefined ? null : instantOf(given.due_at)
  if (dueAt === undefined) {
    const message = `due_at '${given.due_at}' is no ISO-8601 time with a zone, such as 2026-03-02T10:00:00Z`
    throw new CodedError('KM_HTTP_BODY', message)
  }
  return { agent: given.agent, requestId: given.request_id, code: given.code, dueAt, note: given.note ?? null }
}

/** @throws CodedError KM_HTTP_BODY */
export function readOutcomeBody(body: unknown): ResultRequest {
  const given = checkOutcomeBody(body)
  return { agent: given.agent, requestId: given.request_id, code: given.code, dueAt: null, note: given.note ?? null }
}

/** @throws CodedError KM_HTTP_BODY */
export function readHandleBody(body: unknown): HandleRequest {
  const given = checkHandleBody(body)
  return { agent: given.agent, requestId: given.request_id, note: given.note ?? null }
}

const text = (description: string) => ({ type: 'string', description })
const narrowing = {
  team: text('whose they are'),
  tier: text('priority, secondary or watch'),
  kind: text('of which kind'),
  agent: text('who has them'),
  subscriber: text('whom they are about'),
} as const
const paging = {
  limit: { type: 'integer', minimum: 1, maximum: 500, description: 'so many, 50 by default' },
  after: text('what the page before gave as after'),
} as const
export const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...narrowing,
    state: text(`one of ${taskStates.join(', ')}, all; open if it is left out`),
    ...paging,
  },
} as const
export const inboxQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    subscriber: text('who wrote'),
    state: text(`one of ${inboxStates.join(', ')}; open if it is left out`),
    ...paging,
  },
} as const
export const funnelQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { ...narrowing, since: text('ISO-8601 time with a zone: tasks since then; all if it is left out') },
} as const
export const promptQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { agent: text('only those of this agent'), call: text('only those of this call') },
} as const

type Given = Readonly<Record<string, unknown>>

/** @throws CodedError KM_HTTP_QUERY */
export function readListQuery(given: Given): Asked & PageAsked {
  const { limit, after, state = 'open', ...texts } = textsOf(given, Object.keys(listQuery.properties))
  const known = [...taskStates, 'all'] as const
  return { ...askedOf(texts), state: oneOf<TaskState | 'all'>(state, known), limit: pageSize(limit), after }
}

/** @throws CodedError KM_HTTP_QUERY */
export function readInboxQuery(given: Given): InboxAsked & PageAsked {
  const { limit, after, state = 'open', subscriber } = textsOf(given, Object.keys(inboxQuery.properties))
  return { subscriber, state: oneOf(state, inboxStates), limit: pageSize(limit), after }
}

function pageSize(text = '50'): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= 1 && number <= 500)) throw new CodedError('KM_HTTP_QUERY', 'limit is a whole number from 1 to 500')
  return number
}

/** @throws CodedError KM_HTTP_QUERY */
export function readFunnelQuery(given: Given): Asked & { readonly since: number } {
  const { since, ...texts } = textsOf(given, Object.keys(funnelQuery.properties))
  const from = since === undefined ? 0 : instantOf(since)
  if (from === undefined) {
    throw new CodedError(
      'KM_HTTP_QUERY',
      `since '${since}' is no ISO-8601 time with a zone, such as 2026-03-02T10:00:00Z`,
    )
  }
  return { ...askedOf(texts), state: 'all', since: from }
}

/** @throws CodedError KM_HTTP_QUERY */
export function readPromptQuery(given: Given): {
  readonly agent: string | undefined
  readonly call: string | undefined
} {
  const { agent: of, call } = textsOf(given, Object.keys(promptQuery.properties))
  return { agent: of, call }
}

const askedOf = ({ team, tier, kind, agent: of, subscriber }: Partial<Record<string, string>>) => ({
  team,
  tier,
  kind,
  agent: of,
  subscriber,
})

function textsOf(given: Given, known: readonly string[]): Partial<Record<string, string>> {
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name) && typeof value === 'string') continue
    throw new CodedError(
      'KM_HTTP_QUERY',
      `'${name}' cannot be asked for here, or only once${didYouMeanOneOf(name, known)}`,
    )
  }
  return given as Partial<Record<string, string>>
}

function oneOf<State extends string>(text: string, known: readonly State[]): State {
  const found = known.find((one) => one === text)
  if (found !== undefined) return found
  throw new CodedError('KM_HTTP_QUERY', `no state '${text}'${didYouMeanOneOf(text, known)}`)
}
