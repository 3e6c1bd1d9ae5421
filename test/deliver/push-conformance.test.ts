import { onTestFinished } from 'vitest'
import { createFcmProvider } from '../../services/deliver/fcm.ts'
import { readFcmAccount } from '../../services/deliver/fcm-account.ts'
import { createPushChannel } from '../../services/deliver/push.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { channelConformance } from '../conformance/channel.ts'
import { errorOf, json, runFcmServer } from '../counterparts/push/fcm-server.ts'

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
