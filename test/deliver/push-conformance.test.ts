import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { createApnsProvider } from '../../services/deliver/adapters/push/apns.ts'
import { readApnsKey } from '../../services/deliver/adapters/push/apns-key.ts'
import { createFcmProvider } from '../../services/deliver/adapters/push/fcm.ts'
import { readFcmAccount } from '../../services/deliver/adapters/push/fcm-account.ts'
import { createPushChannel } from '../../services/deliver/adapters/push/push.ts'
import type { PushProvider } from '../../services/deliver/adapters/push/push-provider.ts'
import { readVapidKey } from '../../services/deliver/adapters/push/vapid-key.ts'
import { createWebPushProvider } from '../../services/deliver/adapters/push/webpush.ts'
import type { Log, Message } from '../../services/deliver/channel.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { channelConformance } from '../conformance/channel.ts'
import { type ApnsServer, deviceToken, runApnsServer } from '../counterparts/push/apns-server.ts'
import { errorOf, json, runFcmServer } from '../counterparts/push/fcm-server.ts'
import { runWebPushService } from '../counterparts/push/web-push-service.ts'
import { waitFor } from '../support/wait-for.ts'
import { captureLog } from './sender-under-test.ts'

const sender = { ...senderDefaults, breaker: { failures: 5, halfOpenAfterMs: 200 } }
const quick = { title: '', connectTimeoutMs: 2_000, answerTimeoutMs: 1_000 }
const settings = { perSecond: 1_000, width: 20, againMs: { first: 20, longest: 50 }, unreachedMs: 300 }
const channelOf = (provider: PushProvider, log: Log) => createPushChannel([provider], settings, wallClock, log)
const verbs = ['refuse', 'throttle', 'hang', 'dropAfterSubmit', 'garbage', 'hangUp'] as const

channelConformance(
  'push through FCM, to a server that holds bodies against its description',
  {
    name: 'push',
    addressOf: (n) => `fcm:token-${n}-of-a-device`,
    sender,
    async start() {
      const fcm = await runFcmServer()
      onTestFinished(() => fcm.stop())
      const account = readFcmAccount(readFileSync(fcm.credentialsFile, 'utf8'))
      const own = { ...quick, connections: 20, url: fcm.url, account }
      return {
        open: (log) => channelOf(createFcmProvider(own, wallClock), log),
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
  verbs,
)

let apns: ApnsServer
const apnsSettings = () => {
  const { url, ca, topic, keyId, teamId } = apns
  return {
    ...quick,
    connectTimeoutMs: 4_000,
    answerTimeoutMs: 3_000,
    url,
    ca,
    topic,
    signer: { key: readApnsKey(apns.key), keyId, teamId },
  }
}
const silent = captureLog().log
const never = new AbortController().signal
const warmUp: Message = {
  attemptId: 'warm-up',
  commandId: 'warm-up',
  subscriberId: 'nobody',
  address: `apns:${deviceToken(0)}`,
  text: 'warm-up',
  sender: null,
  urgency: 'service',
  notAfter: Date.now() + 3_600_000,
}
const folder = mkdtempSync(join(tmpdir(), 'keymoment-apns-'))
beforeAll(async () => {
  apns = await runApnsServer(folder)
  const channel = channelOf(createApnsProvider(apnsSettings(), wallClock, silent), silent)
  // A Java that has just begun takes its time: until it has compiled what it runs.
  let answered = 0
  await waitFor(
    'quick answers',
    async () => {
      const sent = await Promise.all(Array.from({ length: 20 }, () => channel.send(warmUp, never)))
      answered += sent.every(({ kind }) => kind === 'accepted') ? 1 : 0
      return answered >= 5
    },
    { deadlineMs: 240_000 },
  )
  await channel.close()
}, 300_000)
afterAll(async () => {
  await apns.stop()
  rmSync(folder, { recursive: true, force: true })
})

channelConformance(
  "push through APNs, to pushy's strict server",
  {
    name: 'push',
    addressOf: (n) => `apns:${deviceToken(n)}`,
    sender,
    // Longer than an answer may take.
    deliver: { resultTimeoutMs: 4_000 },
    async start() {
      await apns.set('accept')
      const before = apns.notifications().length
      const own = apnsSettings()
      const isTaken = (result: string) => result === 'accepted' || result === 'held'
      return {
        open: (log) => channelOf(createApnsProvider(own, wallClock, log), log),
        taken: () =>
          apns
            .notifications()
            .slice(before)
            .filter(({ result }) => isTaken(result))
            .map(({ headers, body }) => ({
              address: (headers[':path'] ?? '').replace('/3/device/', 'apns:'),
              text: body.aps.alert.body,
            })),
        accept: () => apns.set('accept'),
        refuse: () => apns.set('refuse'),
        throttle: () => apns.set('throttle'),
        hang: () => apns.set('hold'),
        dropAfterSubmit: () => apns.set('drop'),
        garbage: apns.garbage,
        hangUp: apns.hangUp,
      }
    },
  },
  verbs,
)

const vapid = readVapidKey('Q7m1bT0nq3n2wXl5d0mJ8C1r2o4Vf9kT6yZ3aB5cD7E', 'mailto:push@example.com')
const web = { ...quick, connections: 20, vapid, hosts: ['127.0.0.1'], allowPrivate: true }
let service: Awaited<ReturnType<typeof runWebPushService>>

channelConformance(
  'push to browsers, through a push service that decrypts what comes',
  {
    name: 'push',
    addressOf: (n) => service.subscribe(n),
    sender,
    async start() {
      service = await runWebPushService(vapid.publicKey)
      const { answer, stop, garbage, hangUp, taken } = service
      onTestFinished(stop)
      return {
        open: (log) => createPushChannel([createWebPushProvider(web, wallClock)], settings, wallClock, log),
        taken: () => taken().map(({ address, payload }) => ({ address, text: String(payload.text) })),
        accept: () => answer(undefined),
        refuse: () => answer((response) => response.writeHead(400).end()),
        throttle: () => answer((response) => response.writeHead(429).end()),
        hang: () => answer(() => undefined, true),
        dropAfterSubmit: () => answer((_, request) => void request.socket.destroy(), true),
        garbage,
        hangUp,
      }
    },
  },
  verbs,
)
