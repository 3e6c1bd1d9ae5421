import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../../domain/errors.ts'
import type { Channel as ChannelName } from '../../../topology.ts'
import type { Channel } from '../../channel.ts'
import type { WebhookChannel } from './webhook.ts'

const bodyMost = 16_384

/** Where a gateway tells receipts and replies. 202: it is on the log. */
export function webhookRoutes(http: FastifyInstance, channelOf: (name: string) => Channel | undefined): void {
  http.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // As it was signed.
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: bodyMost }, (_request, body, done) =>
      done(null, body),
    )
    scope.post<{ Params: { channel: ChannelName } }>(
      '/v1/channels/:channel/webhook',
      {
        schema: {
          summary: 'Takes a receipt or a reply from the HTTP gateway of a channel',
          description:
            'Signed with webhook.secret as Standard Webhooks has it. {"type":"receipt","message_id","state","error"?} or {"type":"reply","address","text"}',
        },
      },
      async ({ params, headers, body }, reply) => {
        const channel = channelOf(params.channel)
        if (!isWebhook(channel)) {
          throw new CodedError('KM_WEBHOOK_NO_CHANNEL', `nothing is sent through a gateway by '${params.channel}' here`)
        }
        const kind = await channel.tell(headers, typeof body === 'string' ? body : '')
        return reply.status(202).send({ taken: kind })
      },
    )
  })
}

const isWebhook = (channel: Channel | undefined): channel is WebhookChannel =>
  channel !== undefined && 'tell' in channel
