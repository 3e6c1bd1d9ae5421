import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { CodedError } from '../../../domain/errors.ts'
import type { InboundMessage, ProviderReceipt } from '../../channel.ts'
import { parsedJson } from '../foreign-json.ts'
import { isSigned } from './webhook-signature.ts'

/** What a gateway tells behind its answers. */
export type WebhookNews =
  | { readonly kind: 'receipt'; readonly receipt: ProviderReceipt }
  | { readonly kind: 'reply'; readonly message: InboundMessage }

const states = ['delivered', 'undelivered', 'rejected', 'expired', 'deleted', 'unknown', 'under-way'] as const

const receiptSchema = Type.Object({
  type: Type.Literal('receipt'),
  message_id: Type.String({ minLength: 1, maxLength: 128 }),
  state: Type.Union(states.map((state) => Type.Literal(state))),
  error: Type.Optional(Type.String({ maxLength: 32, pattern: '^[A-Za-z0-9_.-]*$' })),
})
const replySchema = Type.Object({
  type: Type.Literal('reply'),
  address: Type.String({ pattern: '^\\+[1-9][0-9]{4,14}$' }),
  text: Type.String({ maxLength: 2_048 }),
})
const ajv = new Ajv()
const isReceipt = ajv.compile<Static<typeof receiptSchema>>(receiptSchema)
const isReply = ajv.compile<Static<typeof replySchema>>(replySchema)

/**
 * What a signed body says. @param now milliseconds since 1970, of the wall clock
 * @throws CodedError KM_WEBHOOK_UNSIGNED, KM_WEBHOOK_UNREADABLE
 */
export function newsOf(
  secret: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  now: number,
): WebhookNews {
  if (!isSigned(secret, headers, body, now)) {
    throw new CodedError(
      'KM_WEBHOOK_UNSIGNED',
      'the body is not signed with webhook.secret (Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature), or longer ago than five minutes',
    )
  }
  const value = parsedJson(body)
  if (isReceipt(value)) {
    const { message_id: messageId, state, error = null } = value
    return { kind: 'receipt', receipt: { messageId, state, error } }
  }
  if (isReply(value)) return { kind: 'reply', message: { address: value.address, text: value.text } }
  throw new CodedError(
    'KM_WEBHOOK_UNREADABLE',
    `a receipt is {"type":"receipt","message_id","state":"${states.join('|')}","error"?}, a reply {"type":"reply","address":"+…","text"}`,
  )
}
