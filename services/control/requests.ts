import { Type } from 'typebox'
import { bodyReader } from '../catalogue/request-bodies.ts'
import { CodedError } from '../domain/errors.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { channels } from '../topology.ts'
import type { Scope } from './scope.ts'

const strict = { additionalProperties: false }
const purposes = ['marketing', 'care', 'service', 'regulatory'] as const

const name = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 128, pattern: '\\S', description }))

const actor = {
  author: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S', description: 'who answers for it' }),
  reason: Type.Optional(
    Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S', description: 'why, for those who read it later' }),
  ),
}
const scope = {
  channel: name(`only what goes through it, of ${channels.join(', ')}; missing: any`),
  purpose: name(`only what is said for it, of ${purposes.join(', ')}; missing: any`),
  campaign: name('only what it says: a campaign, or the id of a rule; missing: any'),
}

export const pauseBody = Type.Object({ ...scope, ...actor }, strict)
export const resumeBody = Type.Object({ ...scope, id: name('of a pause, instead of what it holds'), ...actor }, strict)
export const cancelBody = Type.Object(
  {
    command_id: name('the command'),
    campaign: name('a campaign or the id of a rule: its commands until now'),
    ...actor,
  },
  strict,
)
export const historyQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 500, description: 'so many, 100 by default' },
    before: { type: 'string', description: 'what the page before gave as before' },
  },
} as const

const checkPauseBody = bodyReader(pauseBody)
const checkResumeBody = bodyReader(resumeBody)
const checkCancelBody = bodyReader(cancelBody)

/** Who acts, and why. */
interface Actor {
  readonly author: string
  readonly reason: string | null
}

/** @throws CodedError KM_HTTP_BODY */
export function readPauseBody(body: unknown): Actor & { readonly scope: Scope } {
  const { author, reason = null, ...given } = checkPauseBody(body)
  return { author, reason, scope: scopeOf(given) }
}

/** The id of a pause, or what it holds. @throws CodedError KM_HTTP_BODY */
export function readResumeBody(body: unknown): Actor & { readonly what: Scope | string } {
  const { author, reason = null, id, ...given } = checkResumeBody(body)
  if (id === undefined) return { author, reason, what: scopeOf(given) }
  if (Object.keys(given).length === 0) return { author, reason, what: id }
  throw new CodedError('KM_HTTP_BODY', 'a pause is named by its id, or by what it holds, not by both')
}

/** @throws CodedError KM_HTTP_BODY */
export function readCancelBody(
  body: unknown,
): Actor & { readonly what: { readonly command_id: string } | { readonly campaign: string } } {
  const { author, reason = null, command_id, campaign } = checkCancelBody(body)
  if (command_id !== undefined && campaign === undefined) return { author, reason, what: { command_id } }
  if (campaign !== undefined && command_id === undefined) return { author, reason, what: { campaign } }
  throw new CodedError('KM_HTTP_BODY', 'say either command_id or campaign')
}

type Given = Partial<Readonly<Record<keyof Scope, string | undefined>>>

const scopeOf = ({ channel, purpose, campaign }: Given): Scope => ({
  channel: oneOf('channel', channel, channels),
  purpose: oneOf('purpose', purpose, purposes),
  campaign: campaign ?? null,
})

function oneOf<Name extends string>(what: string, given: string | undefined, known: readonly Name[]): Name | null {
  if (given === undefined) return null
  const found = known.find((one) => one === given)
  if (found !== undefined) return found
  throw new CodedError('KM_HTTP_BODY', `no ${what} '${given}'${didYouMeanOneOf(given, known)}`)
}

/** @throws CodedError KM_HTTP_QUERY */
export function readHistoryQuery(query: Readonly<Record<string, unknown>>): {
  readonly limit: number
  readonly before: string | undefined
} {
  for (const key of Object.keys(query)) {
    if (Object.hasOwn(historyQuery.properties, key)) continue
    throw new CodedError('KM_HTTP_QUERY', `'${key}' cannot be asked for here; known: limit, before`)
  }
  const { limit = '100', before } = query
  const number = typeof limit === 'string' && /^\d+$/.test(limit) ? Number(limit) : Number.NaN
  if (!(number >= 1 && number <= 500)) throw new CodedError('KM_HTTP_QUERY', 'limit is a whole number from 1 to 500')
  return { limit: number, before: before === undefined ? undefined : String(before) }
}
