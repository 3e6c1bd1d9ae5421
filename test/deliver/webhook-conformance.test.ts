import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import {
  createWebhookChannel,
  type WebhookChannel,
  webhookDefaults,
} from '../../services/deliver/adapters/webhook/webhook.ts'
import { sign } from '../../services/deliver/adapters/webhook/webhook-signature.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { channelConformance } from '../conformance/channel.ts'
import type { ChannelFixture } from '../conformance/channel-counterpart.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'

const secret = 'a secret of sixteen or more'
const webhook: ChannelFixture = {
  name: 'sms',
  addressOf: (n) => `+86138111${String(n).padStart(5, '0')}`,
  sender: { ...senderDefaults, breaker: { failures: 5, halfOpenAfterMs: 200 } },
  async start() {
    const taken: { address: string; text: string; id: string }[] = []
    let answer: (response: ServerResponse, id: string) => void
    let takes = true
    let receiptMs: number | undefined
    let channel: WebhookChannel | undefined
    const accepted = (response: ServerResponse, id: string) =>
      void response.writeHead(200).end(JSON.stringify({ message_id: id }))
    const gateway = createServer(async (request, response) => {
      const { id, data } = JSON.parse(await text(request))
      if (takes) taken.push({ address: data.address, text: data.text, id })
      answer(response, id)
      const tell = () => void news({ type: 'receipt', message_id: id, state: 'delivered' })
      if (receiptMs !== undefined) setTimeout(tell, receiptMs).unref()
    })
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      gateway.closeAllConnections()
      gateway.close()
    })
    const { port } = gateway.address() as AddressInfo
    const proxy = await tcpProxy({ host: '127.0.0.1', port })
    const settings = {
      ...webhookDefaults,
      ...({ channel: 'sms', secret, perSecond: 1_000, connections: 8, allowPrivate: true } as const),
      url: `http://127.0.0.1:${proxy.port}/messages`,
      answerTimeoutMs: 2_500,
      connectTimeoutMs: 2_000,
      againMs: { first: 20, longest: 50 },
    }
    const from = (wanted: typeof answer, doesTake = true) => {
      answer = wanted
      takes = doesTake
    }
    /** As its POST to /v1/webhook does; until it is taken. */
    async function news(told: object): Promise<void> {
      const body = JSON.stringify(told)
      await channel?.tell({ ...sign(secret, 'news', body, Date.now()) }, body)
    }
    from(accepted)
    await proxy.appear()
    return {
      open(log) {
        channel = createWebhookChannel(settings, wallClock, log)
        return channel
      },
      taken: () => taken,
      accept() {
        from(accepted)
        void proxy.appear()
      },
      refuse: () => from((response) => void response.writeHead(400).end(), false),
      throttle: () => from((response) => void response.writeHead(429).end(), false),
      vanish: proxy.vanish,
      hang: () => from(() => undefined),
      dropAfterSubmit: () => from(({ socket }) => void socket?.destroy()),
      hangUp: () => gateway.closeAllConnections(),
      receipt: (message_id) => void news({ type: 'receipt', message_id, state: 'delivered' }),
      receiptsAfter(millis) {
        receiptMs = millis
      },
      reply: (address, words) => void news({ type: 'reply', address, text: words }),
    }
  },
}

channelConformance('a webhook, to an HTTP gateway', webhook, [
  ...(['refuse', 'throttle', 'vanish', 'hang', 'dropAfterSubmit', 'hangUp'] as const),
  ...(['receipt', 'receiptsAfter', 'reply'] as const),
])
