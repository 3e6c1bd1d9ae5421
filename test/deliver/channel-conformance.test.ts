import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { createEslDialler, eslDefaults } from '../../services/deliver/esl.ts'
import { createIvrChannel, ivrDefaults } from '../../services/deliver/ivr.ts'
import { createSandboxChannel, createSandboxShelf, sandboxDefaults } from '../../services/deliver/sandbox.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { createSmppChannel, smppDefaults } from '../../services/deliver/smpp.ts'
import { createWebhookChannel, type WebhookChannel, webhookDefaults } from '../../services/deliver/webhook.ts'
import { sign } from '../../services/deliver/webhook-signature.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { channelConformance } from '../conformance/channel.ts'
import type { ChannelFixture } from '../conformance/channel-counterpart.ts'
import { switchSubscribers } from '../counterparts/ivr/run-switch.ts'
import { startSwitch } from '../counterparts/ivr/switch.ts'
import { runSmsc } from '../counterparts/run-smsc.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'

const numberOf = (n: number) => `+86138111${String(n).padStart(5, '0')}`
const sender = { ...senderDefaults, breaker: { failures: 5, halfOpenAfterMs: 200 } }

const smpp: ChannelFixture = {
  name: 'sms',
  addressOf: numberOf,
  sender,
  async start() {
    const smsc = await runSmsc()
    onTestFinished(() => smsc.stop())
    const proxy = await tcpProxy({ host: '127.0.0.1', port: smsc.port })
    await proxy.appear()
    const modes = ['refuse-every', 'throttle-every', 'trouble-every', 'silent-every', 'drop-every'] as const
    const mode = (wanted?: (typeof modes)[number]) => {
      for (const one of modes) smsc.set(one, one === wanted ? 1 : 0)
    }
    const settings = {
      ...smppDefaults,
      url: smsc.url.replace(`:${smsc.port}`, `:${proxy.port}`),
      unboundMs: 1_000,
      source: { address: '10086' },
      answerTimeoutMs: 800,
      bindTimeoutMs: 1_000,
      reconnectMs: { first: 20, longest: 100 },
      againMs: { first: 20, longest: 50 },
      perSecond: 1_000,
    }
    return {
      open: (log) => createSmppChannel(settings, wallClock, log),
      taken: () => smsc.taken().map(({ destination, text }) => ({ address: `+${destination}`, text })),
      accept() {
        mode()
        void proxy.appear()
      },
      refuse: () => mode('refuse-every'),
      throttle: () => mode('throttle-every'),
      trouble: () => mode('trouble-every'),
      vanish: proxy.vanish,
      hang: () => mode('silent-every'),
      dropAfterSubmit: () => mode('drop-every'),
      garbage: smsc.garbage,
      hangUp: smsc.hangUp,
      receipt: (messageId, address) => smsc.receipt(messageId, address.slice(1)),
      receiptsAfter: (millis) => smsc.set('receipt-ms', millis),
      reply: (address, text) => smsc.messageFrom(address, text),
    }
  },
}

channelConformance('SMS by SMPP, to an SMSC on libnet-smpp-perl', smpp, [
  ...(['refuse', 'throttle', 'trouble', 'vanish', 'hang', 'dropAfterSubmit', 'garbage', 'hangUp'] as const),
  ...(['receipt', 'receiptsAfter', 'reply'] as const),
])

const secret = 'a secret of sixteen or more'
const webhook: ChannelFixture = {
  name: 'sms',
  addressOf: numberOf,
  sender,
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
      answerTimeoutMs: 800,
      connectTimeoutMs: 500,
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

/** How whoever is called acts, by the last two digits of the number. */
const { declined, unallocated, trouble } = switchSubscribers
const ivr: ChannelFixture = {
  name: 'ivr',
  addressOf: (n) => `+861381${String(n).padStart(5, '0')}${declined}`,
  sender,
  // A call takes a while to ring.
  deliver: { patienceMs: 10_000, resultTimeoutMs: 5_000 },
  toldLater: 'failed declined',
  isLostByHanging: true,
  async start() {
    const { url, written } = await startSwitch()
    const { hostname, port } = new URL(url)
    const proxy = await tcpProxy({ host: hostname, port: Number(port) })
    await proxy.appear()
    /** By number, what is to be said there. */
    const texts = new Map<string, string>()
    let ending: string = declined
    const esl = {
      ...eslDefaults,
      ...{ url: url.replace(`:${port}`, `:${proxy.port}`), dial: 'sofia/gateway/carrier/{number}', callerId: '10086' },
      ...{ answerTimeoutMs: 1_500, loginTimeoutMs: 2_000, reconnectMs: { first: 20, longest: 100 } },
    }
    const short = { lostMs: 1_000, unconnectedMs: 1_000, closingMs: 1_000, marginMs: 500 }
    return {
      open(log) {
        const settings = { ...ivrDefaults, ...short, lines: 4, perSecond: 1_000 }
        const channel = createIvrChannel(settings, createEslDialler(esl, log), wallClock, log)
        return {
          ...channel,
          send(message, signal) {
            texts.set(message.address, message.text)
            return channel.send({ ...message, address: message.address.slice(0, -2) + ending }, signal)
          },
        }
      },
      /** Whoever declines has heard it ring. */
      taken: () =>
        written().flatMap(({ ev, dest = '' }) => {
          const address = `+${dest.split('@')[0]}`
          return ev === 'originate' && address.endsWith(declined) ? { address, text: texts.get(address) ?? '' } : []
        }),
      accept() {
        ending = declined
        void proxy.appear()
      },
      refuse() {
        ending = unallocated
      },
      trouble() {
        ending = trouble
      },
      vanish: proxy.vanish,
      hang: () => proxy.holdFrom('originate'),
      garbage: () => proxy.say('HTTP/1.1 400 Bad Request\r\n\r\n'),
      hangUp: proxy.cut,
    }
  },
}

channelConformance('calls through an event socket, to real phones behind it', ivr, [
  ...(['refuse', 'trouble', 'vanish', 'hang', 'garbage', 'hangUp'] as const),
])

for (const [name, addressOf] of [
  ['sms', numberOf],
  ['ivr', numberOf],
  ['push', (n: number) => `fcm:token-${n}-of-a-device`],
] as const) {
  channelConformance(
    `the sandbox of ${name}`,
    {
      name,
      addressOf,
      sender,
      async start() {
        const shelf = createSandboxShelf(1_000)
        let deliveryMs = 10
        return {
          open: (log) => createSandboxChannel({ ...sandboxDefaults, channel: name, deliveryMs }, wallClock, log, shelf),
          // It masks addresses, as it is looked at in a browser.
          taken: () => shelf.messages().map(({ commandId, text }) => ({ address: commandId, text })),
          accept: () => undefined,
          receiptsAfter: (millis) => {
            deliveryMs = millis
          },
        }
      },
    },
    ['receiptsAfter'],
  )
}
