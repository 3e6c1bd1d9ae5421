import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../../domain/errors.ts'
import type { Clock } from '../../../flow/clock.ts'
import { ownErrors } from '../../../http/own-errors.ts'
import { actBody, phoneBody, readActBody, readMessagesQuery, readNumber, readPhoneBody } from './sandbox-requests.ts'
import type { PhoneEntry, PhoneView, SandboxMessage, SandboxShelf } from './sandbox-shelf.ts'

/** What has a status of its own. */
const statusByCode: Readonly<Record<string, number>> = {
  KM_SANDBOX_OFF: 404,
  KM_SANDBOX_PHONE_UNKNOWN: 404,
  KM_SANDBOX_MESSAGE_UNKNOWN: 404,
  KM_SANDBOX_MESSAGE_GONE: 410,
  KM_SANDBOX_CANNOT: 409,
}

/** As many phones as are listed. */
const phonesMost = 50

/** What sandboxes were given to send, and the phones that they were sent to. */
export function sandboxRoutes(http: FastifyInstance, shelf: () => SandboxShelf | undefined, clock: () => Clock): void {
  /** @throws CodedError KM_SANDBOX_OFF */
  function opened(): SandboxShelf {
    const found = shelf()
    if (found && found.channels.size > 0) return found
    throw new CodedError(
      'KM_SANDBOX_OFF',
      'no channel is a sandbox here: sms.channel, push.channel and ivr.channel say it',
    )
  }

  function phoneView(subscriberId: string): PhoneView {
    const { attendMs, off } = opened().phone(subscriberId)
    const messages = opened().messages({ subscriber: subscriberId })
    return { subscriberId, attend_s: Math.ceil(attendMs / 1_000), off, messages }
  }

  http.register(async (scope) => {
    ownErrors(scope, statusByCode)

    scope.get<{ Querystring: Record<string, string> }>(
      '/v1/sandbox/messages',
      {
        schema: {
          summary: 'Messages that the sandbox channels show instead of sending them, newest first',
          querystring: {
            type: 'object',
            properties: {
              after: { type: 'integer', minimum: 0, description: "only those behind this message's number" },
              limit: { type: 'integer', minimum: 1, maximum: 500 },
              subscriber: { type: 'string', description: 'only those of this subscriber' },
            },
          },
        },
      },
      async ({ query }) => ({ messages: shelf()?.messages(readMessagesQuery(query)) ?? [] }),
    )

    scope.post<{ Params: { number: string } }>(
      '/v1/sandbox/messages/:number/acts',
      {
        schema: {
          summary: 'Does what somebody at the phone does: replies, opens, answers, presses a key',
          body: actBody,
        },
      },
      async ({ params, body }) => opened().act(readNumber(params.number), readActBody(body), clock().now()),
    )

    scope.get(
      '/v1/sandbox/phones',
      { schema: { summary: 'The phones that something was sent to lately' } },
      async () => ({
        channels: [...opened().channels],
        phones: phonesOf(opened().messages()),
      }),
    )

    scope.get<{ Params: { subscriber: string } }>(
      '/v1/sandbox/phones/:subscriber',
      { schema: { summary: 'A phone: what is on it' } },
      async ({ params }) => {
        const view = phoneView(params.subscriber)
        if (view.messages.length > 0 || view.attend_s > 0 || view.off.length > 0) return view
        throw new CodedError(
          'KM_SANDBOX_PHONE_UNKNOWN',
          `nothing was sent to '${params.subscriber.slice(0, 128)}' lately`,
        )
      },
    )

    scope.put<{ Params: { subscriber: string } }>(
      '/v1/sandbox/phones/:subscriber',
      {
        schema: {
          summary: 'Sits down at a phone, so that calls ring; or switches channels of it off',
          body: phoneBody,
        },
      },
      async ({ params, body }) => {
        opened().setPhone(params.subscriber, readPhoneBody(body))
        return phoneView(params.subscriber)
      },
    )
  })
}

function phonesOf(newestFirst: readonly SandboxMessage[]): readonly PhoneEntry[] {
  const byPhone = Map.groupBy(newestFirst, ({ subscriberId }) => subscriberId)
  return [...byPhone].slice(0, phonesMost).flatMap(([subscriberId, messages]) => {
    const [newest] = messages
    return newest ? [{ subscriberId, messages: messages.length, channel: newest.channel, sentAt: newest.sentAt }] : []
  })
}
