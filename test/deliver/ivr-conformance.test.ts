import { createEslDialler, eslDefaults } from '../../services/deliver/adapters/ivr/esl.ts'
import { createIvrChannel, ivrDefaults } from '../../services/deliver/adapters/ivr/ivr.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { channelConformance } from '../conformance/channel.ts'
import type { ChannelFixture } from '../conformance/channel-counterpart.ts'
import { switchSubscribers } from '../counterparts/ivr/run-switch.ts'
import { startSwitch } from '../counterparts/ivr/switch.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'

/** How whoever is called acts, by the last two digits of the number. */
const { declined, unallocated, trouble } = switchSubscribers
const ivr: ChannelFixture = {
  name: 'ivr',
  addressOf: (n) => `+861381${String(n).padStart(5, '0')}${declined}`,
  sender: { ...senderDefaults, breaker: { failures: 5, halfOpenAfterMs: 200 } },
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
      ...{ answerTimeoutMs: 2_500, loginTimeoutMs: 2_000, reconnectMs: { first: 20, longest: 100 } },
    }
    const short = { lostMs: 1_000, unconnectedMs: 3_000, closingMs: 1_000, marginMs: 500 }
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
