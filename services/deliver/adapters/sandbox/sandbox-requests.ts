import { Type } from 'typebox'
import { bodyReader } from '../../../catalogue/request-bodies.ts'
import { CodedError } from '../../../domain/errors.ts'
import type { SandboxAct, SandboxPhone } from './sandbox-shelf.ts'

const strict = { additionalProperties: false }
const acts = ['reply', 'open', 'dismiss', 'answer', 'decline', 'key', 'hang-up'] as const

export const actBody = Type.Object(
  {
    act: Type.Union(
      acts.map((act) => Type.Literal(act)),
      { description: 'what is done with it, of those that it can be done with now' },
    ),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 1_600, description: 'of a reply; ten parts at most' })),
    key: Type.Optional(Type.String({ pattern: '^[0-9*#]$', description: 'of the phone' })),
  },
  strict,
)

export const phoneBody = Type.Object(
  {
    attend_s: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600,
        description: 'so many seconds from now calls wait to be answered by hand',
      }),
    ),
    off: Type.Optional(
      Type.Array(Type.Union((['sms', 'ivr', 'push'] as const).map((channel) => Type.Literal(channel))), {
        uniqueItems: true,
        maxItems: 3,
        description: 'channels that do not get through to it',
      }),
    ),
  },
  strict,
)

const checkActBody = bodyReader(actBody)
const checkPhoneBody = bodyReader(phoneBody)

/** @throws CodedError KM_HTTP_BODY */
export function readActBody(body: unknown): SandboxAct {
  const { act, text, key } = checkActBody(body)
  if ((text !== undefined) !== (act === 'reply') || (key !== undefined) !== (act === 'key')) {
    throw new CodedError('KM_HTTP_BODY', "'reply' has a text, 'key' a key, other acts have neither")
  }
  if (act === 'reply') return { act, text: text ?? '' }
  return act === 'key' ? { act, key: key ?? '' } : { act }
}

/** @throws CodedError KM_HTTP_BODY */
export function readPhoneBody(body: unknown): Partial<SandboxPhone> {
  const { attend_s, off } = checkPhoneBody(body)
  return { ...(attend_s !== undefined && { attendMs: attend_s * 1_000 }), ...(off && { off }) }
}

const numberMost = 10 ** 12

/** @throws CodedError KM_HTTP_QUERY */
export function readNumber(given: string): number {
  const number = /^\d{1,12}$/.test(given) ? Number(given) : 0
  if (number > 0 && number < numberMost) return number
  throw new CodedError('KM_HTTP_QUERY', `'${given.slice(0, 40)}' is no message's number, such as 17`)
}

/** @throws CodedError KM_HTTP_QUERY */
export function readMessagesQuery(query: Readonly<Record<string, unknown>>): {
  readonly after?: number
  readonly limit?: number
  readonly subscriber?: string
} {
  const { after, limit, subscriber, ...others } = query
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw new CodedError('KM_HTTP_QUERY', `'${other}' cannot be asked for here; known: after, limit, subscriber`)
  return {
    ...(after !== undefined && { after: whole('after', after, 0, numberMost) }),
    ...(limit !== undefined && { limit: whole('limit', limit, 1, 500) }),
    ...(subscriber !== undefined && { subscriber: String(subscriber) }),
  }
}

function whole(name: string, given: unknown, least: number, most: number): number {
  const number = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (number >= least && number <= most) return number
  throw new CodedError('KM_HTTP_QUERY', `${name} is a whole number from ${least} to ${most}`)
}
