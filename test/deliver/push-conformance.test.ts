import { onTestFinished } from 'vitest'
import { createFcmProvider } from '../../services/deliver/fcm.ts'
import { readFcmAccount } from '../../services/deliver/fcm-account.ts'
import { createPushChannel } from '../../services/deliver/push.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { readVapidKey } from '../../services/deliver/vapid-key.ts'
import { createWebPushProvider } from '../../services/deliver/webpush.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { channelConformance } from '../conformance/channel.ts'
import { errorOf, json, runFcmServer } from '../counterparts/push/fcm-server.ts'
import { runWebPushService } from '../counterparts/push/web-push-service.ts'

const sender = { ...senderDefaults, breaker: { failures: 5, halfOpenAfterMs: 200 } }
const settings = { perSecond: 1_000, width: 20, againMs: { first: 20, longest: 50 } }
const quick = { title: '', connections: 20, connectTimeoutMs: 500, answerTimeoutMs: 800 }

channelConformance(
  'push through FCM, to a server that holds bodies against its description',
  {
    name: 'push',
    addressOf: (n) => `fcm:token-${n}-of-a-device`,
    sender,
    async start() {
      const fcm = await runFcmServer()
      onTestFinished(() => fcm.stop())
      const account = readFcmAccount(fcm.credentialsFile)
      return {
        open: (log) =>
          createPushChannel(
            [createFcmProvider({ ...quick, url: fcm.url, account }, wallClock, log)],
            settings,
            wallClock,
            log,
          ),
        taken: () =>
          fcm.taken().map(({ token, notification }) => ({ address: `fcm:${token}`, text: notification.body })),
        accept: () => fcm.answer(undefined),
        refuse: () =>
          fcm.answer((response) => json(response, 400, errorOf(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'))),
        throttle: () =>
          fcm.answer((response) => json(response, 429, errorOf(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'))),
        hang: () => fcm.answer(() => undefined, true),
        dropAfterSubmit: () => fcm.answer((_, request) => void request.socket.destroy(), true),
        garbage: fcm.garbage,
        hangUp: fcm.hangUp,
      }
    },
  },
  ['refuse', 'throttle', 'hang', 'dropAfterSubmit', 'garbage', 'hangUp'],
)

const vapid = readVapidKey('Q7m1bT0nq3n2wXl5d0mJ8C1r2o4Vf9kT6yZ3aB5cD7E', 'mailto:push@example.com')
const web = { ...quick, vapid, hosts: ['127.0.0.1'], allowPrivate: true }
let service: Awaited<ReturnType<typeof runWebPushService>>

channelConformance(
  'push to browsers, through a push service that decrypts what comes',
  {
    name: 'push',
    addressOf: (n) => service.subscribe(n),
    sender,
    async start() {
      service = await runWebPushService(vapid.publicKey)
      const { answer, stop, hangUp, taken } = service
      onTestFinished(stop)
      return {
        open: (log) => createPushChannel([createWebPushProvider(web, wallClock)], settings, wallClock, log),
        taken: () => taken().map(({ address, payload }) => ({ address, text: String(payload.text) })),
        accept: () => answer(undefined),
        refuse: () => answer((response) => response.writeHead(403).end()),
        throttle: () => answer((response) => response.writeHead(429).end()),
        hang: () => answer(() => undefined, true),
        dropAfterSubmit: () => answer((_, request) => void request.socket.destroy(), true),
        hangUp,
      }
    },
  },
  ['refuse', 'throttle', 'hang', 'dropAfterSubmit', 'hangUp'],
)
