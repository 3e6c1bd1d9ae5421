import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { CodedError } from '../domain/errors.ts'
import type { Filter } from './select.ts'

const strict = { additionalProperties: false }
const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 128, description }))
const time = (description: string) =>
  Type.Optional(
    Type.String({ pattern: '(?:[Zz]|[+-]\\d\\d:\\d\\d)$', description: `ISO-8601 with a zone: ${description}` }),
  )

const filterFields = {
  code: text('why it failed, such as KM_SCHEMA_UNKNOWN'),
  topic: text('of the record, with or without km.'),
  service: text('which could not handle it'),
  subscriber: text('subscriber_id, a pseudonym'),
  since: time('failed then or later'),
  until: time('failed before'),
}

export const listQuery = Type.Object(
  {
    ...filterFields,
    state: Type.Optional(
      Type.Union([Type.Literal('open'), Type.Literal('rerun'), Type.Literal('purged'), Type.Literal('all')], {
        default: 'open',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
    before: text('what the page before gave as before'),
  },
  strict,
)

const actFields = {
  ...filterFields,
  ids: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 1_000 })),
  all: Type.Optional(Type.Literal(true, { description: 'every open letter, where nothing else is said' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 500, description: 'the oldest first' })),
  after: text('what the batch before gave as after'),
  author: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S', description: 'who answers for it' }),
  reason: Type.String({
    minLength: 1,
    maxLength: 2_000,
    pattern: '\\S',
    description: 'what was mended, or why it is let go of; for those who read it later',
  }),
  dry_run: Type.Optional(Type.Boolean({ default: false, description: 'says what would happen, and changes nothing' })),
}

export const purgeBody = Type.Object(actFields, strict)
export const rerunBody = Type.Object(
  {
    ...actFields,
    accept_unchecked: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'also events of which it is not known whether they came again by themselves',
      }),
    ),
  },
  strict,
)

const ajv = new Ajv({ useDefaults: true, allErrors: true, coerceTypes: true })
const checkList = ajv.compile<Static<typeof listQuery>>(listQuery)
const checkRerun = ajv.compile<Static<typeof rerunBody>>(rerunBody)

/** @throws CodedError KM_HTTP_QUERY */
export function readListQuery(query: unknown): Static<typeof listQuery> {
  const copy = { ...(query as object) }
  if (checkList(copy)) return copy
  throw new CodedError('KM_HTTP_QUERY', faultsOf(checkList.errors))
}

/** The body of a re-run, or of a purge, which has less. @throws CodedError KM_HTTP_BODY */
export function readActBody(body: unknown): Static<typeof rerunBody> {
  if (!checkRerun(body)) throw new CodedError('KM_HTTP_BODY', faultsOf(checkRerun.errors))
  const { ids, all, code, topic, service, subscriber, since, until } = body
  const narrows = [ids, code, topic, service, subscriber, since, until].some((one) => one !== undefined)
  if (narrows !== (all === true)) return body
  const message = narrows
    ? "'all' is for every letter: nothing else may be said of them"
    : "say which letters, or 'all'"
  throw new CodedError('KM_HTTP_BODY', message)
}

/** @throws CodedError KM_HTTP_QUERY a time that doesn't exist */
export function filterOf(
  given: { readonly ids?: readonly string[]; readonly state?: Filter['state'] } & {
    readonly [Name in keyof typeof filterFields]?: string
  },
): Filter {
  const { ids, state, code, topic, service, subscriber, since, until } = given
  return {
    ids,
    // Of those that are named it is told what was done about them already.
    state: ids ? 'all' : (state ?? 'open'),
    code,
    topic,
    service,
    subscriber,
    since: timeOf(since),
    until: timeOf(until),
  }
}

function timeOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const parsed = Date.parse(given)
  if (!Number.isNaN(parsed)) return parsed
  throw new CodedError('KM_HTTP_QUERY', `'${given}' is no ISO-8601 time with a zone, such as 2026-03-02T10:00:00Z`)
}

interface Fault {
  readonly instancePath: string
  readonly message?: string
  readonly params: object
}

function faultsOf(errors: readonly Fault[] | null | undefined): string {
  const faults = (errors ?? []).map(({ instancePath, message, params }) => {
    const name = 'additionalProperty' in params ? ` '${String(params.additionalProperty)}'` : ''
    return `${instancePath === '' ? 'the request' : instancePath.slice(1).replaceAll('/', '.')} ${message ?? ''}${name}`
  })
  return faults.join('; ')
}
