import { onTestFinished } from 'vitest'
import { ivrDefaults } from '../../services/deliver/adapters/ivr/ivr.ts'
import { createSandboxChannel } from '../../services/deliver/adapters/sandbox/sandbox.ts'
import { createSandboxCalls } from '../../services/deliver/adapters/sandbox/sandbox-calls.ts'
import { createSandboxShelf } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { createSmppChannel, smppDefaults } from '../../services/deliver/adapters/smpp/smpp.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { channelConformance } from '../conformance/channel.ts'
import type { ChannelFixture } from '../conformance/channel-counterpart.ts'
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
      unboundMs: 3_000,
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

/** As much as a sandbox of texts takes. */
const manyLines = { lines: 64, perSecond: 10_000 }

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
          open(log) {
            const settings = { deliveryMs, failShare: 0 }
            if (name !== 'ivr') return createSandboxChannel({ ...settings, channel: name }, wallClock, log, shelf)
            return createSandboxCalls(settings, { ...ivrDefaults, ...manyLines }, wallClock, log, shelf)
          },
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
