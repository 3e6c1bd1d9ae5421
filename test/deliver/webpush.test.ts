import { expect, onTestFinished, test } from 'vitest'
import { createPushChannel } from '../../services/deliver/adapters/push/push.ts'
import type { PushNotification } from '../../services/deliver/adapters/push/push-provider.ts'
import { readVapidKey } from '../../services/deliver/adapters/push/vapid-key.ts'
import { createWebPushProvider, type WebPushSettings } from '../../services/deliver/adapters/push/webpush.ts'
import { isCoded } from '../../services/domain/errors.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { type Answer, runWebPushService } from '../counterparts/push/web-push-service.ts'
import { captureLog } from './sender-under-test.ts'

const key = 'Q7m1bT0nq3n2wXl5d0mJ8C1r2o4Vf9kT6yZ3aB5cD7E'
const vapid = readVapidKey(key, 'mailto:push@example.com')
const signal = new AbortController().signal

async function begin(changes: Partial<WebPushSettings> = {}) {
  const service = await runWebPushService(vapid.publicKey)
  const shared = { title: 'Example', connections: 4, connectTimeoutMs: 2_000, answerTimeoutMs: 2_000 }
  const settings = { ...shared, vapid, hosts: ['127.0.0.1'], allowPrivate: true, ...changes }
  const provider = createWebPushProvider(settings, wallClock)
  onTestFinished(async () => {
    await provider.close()
    await service.stop()
  })
  const send = (address = service.subscribe(1), about: Partial<PushNotification> = {}) => {
    const notification = { attemptId: 'a-1', commandId: 'c-1', text: '流量已用80%', urgency: 'marketing' } as const
    const notAfter = wallClock.now() + 600_000
    return provider.send(address.slice('web:'.length), { ...notification, notAfter, ...about }, signal)
  }
  return { service, send }
}

test('a browser reads the text and what goes with it, and nobody on the way does', async () => {
  const { service, send } = await begin()
  const links = { opened: 'https://go.example/l/o', clicked: 'https://go.example/l/c' }
  expect(await send(undefined, { links })).toEqual({ kind: 'accepted', messageId: 'a-1' })
  expect(service.faults()).toEqual([])
  expect(service.taken()).toMatchObject([
    {
      headers: { 'content-encoding': 'aes128gcm', urgency: 'normal' },
      payload: {
        title: 'Example',
        text: '流量已用80%',
        command_id: 'c-1',
        opened_url: links.opened,
        clicked_url: links.clicked,
      },
    },
  ])
})

test('it is kept no longer than it may be shown; of two of a service message that wait one is shown', async () => {
  const { service, send } = await begin()
  await send(undefined, { urgency: 'service', notAfter: wallClock.now() + 90_500 })
  await send(undefined, { urgency: 'service', attemptId: 'a-2' })
  const [first, second] = service.taken().map(({ headers }) => headers)
  expect(Number(first?.ttl)).toBeGreaterThan(30)
  expect(Number(first?.ttl)).toBeLessThanOrEqual(90)
  expect(first).toMatchObject({ urgency: 'high', topic: expect.stringMatching(/^[\w-]{32}$/) })
  expect(second?.topic).toBe(first?.topic)
})

test('who has unsubscribed is not there any more', async () => {
  const { service, send } = await begin()
  const address = service.subscribe(1)
  service.unsubscribe(1)
  expect(await send(address)).toEqual({ kind: 'gone', since: null, detail: 'http 410' })
})

const status =
  (code: number, headers = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end()

test.each([
  [404, {}, { kind: 'gone', since: null, detail: 'http 404' }],
  [413, {}, { kind: 'refused', code: 'text-too-long', detail: 'http 413' }],
  [403, {}, { kind: 'not-sent', code: 'channel-down', detail: 'http 403', isSetupFault: true }],
  [302, { location: 'http://127.0.0.1:1/' }, { kind: 'refused', code: 'refused', detail: 'http 302' }],
  [401, {}, { kind: 'not-sent', code: 'channel-down', detail: 'http 401', isSetupFault: true }],
  [429, { 'retry-after': '7' }, { kind: 'not-sent', code: 'throttled', detail: 'http 429', silentMs: 7_000 }],
  [503, {}, { kind: 'unknown', code: 'no-answer', detail: 'http 503' }],
])('an answer of %i', async (code, headers, outcome) => {
  const { service, send } = await begin()
  service.answer(status(code, headers))
  expect(await send()).toEqual(outcome)
})

test.each([
  // As Mozilla's service says it, and as Google's does.
  [401, '{"code":401,"errno":109,"error":"Unauthorized","message":"VAPID public key mismatch"}'],
  [
    403,
    'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.',
  ],
])('a subscription that was made for another key (%i) is refused, and holds nobody else up', async (code, body) => {
  const { service, send } = await begin()
  service.answer((response) => response.writeHead(code).end(body))
  expect(await send()).toEqual({
    kind: 'refused',
    code: 'refused',
    detail: `http ${code}: the subscription was made for another key than push.web.key`,
  })
})

test('a registration that is none of ours is a fault of the setup', async () => {
  const { service, send } = await begin()
  service.answer((response) => response.writeHead(400).end('UnauthorizedRegistration'))
  expect(await send()).toMatchObject({ kind: 'not-sent', code: 'channel-down', isSetupFault: true })
})

test('that a key is not taken is told to people once, and not with each message', async () => {
  const service = await runWebPushService(vapid.publicKey)
  onTestFinished(service.stop)
  service.answer(status(401))
  const shared = { title: '', connections: 4, connectTimeoutMs: 2_000, answerTimeoutMs: 2_000 }
  const provider = createWebPushProvider({ ...shared, vapid, hosts: ['127.0.0.1'], allowPrivate: true }, wallClock)
  const { log, lines } = captureLog()
  const settings = { perSecond: 100, width: 4, againMs: { first: 10, longest: 20 }, unreachedMs: 100 }
  const channel = createPushChannel([provider], settings, wallClock, log)
  onTestFinished(() => channel.close())
  const message = {
    attemptId: 'a',
    commandId: 'c',
    subscriberId: 's',
    text: 't',
    sender: null,
    urgency: 'service',
  } as const
  const send = (n: number) =>
    channel.send({ ...message, address: service.subscribe(n), notAfter: wallClock.now() + 60_000 }, signal)
  for (const n of [1, 2]) expect(await send(n)).toMatchObject({ kind: 'not-sent', code: 'channel-down' })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 40, provider: 'web', code: 'KM_PUSH_CREDENTIALS', reason: 'http 401' },
  ])
  expect(channel.health().faults).toMatchObject([
    { code: 'KM_PUSH_CREDENTIALS', reason: expect.stringMatching(/^web: .*http 401/) },
  ])
  service.answer(undefined)
  expect(await send(3)).toMatchObject({ kind: 'accepted' })
  expect(channel.health().faults).toEqual([])
  expect(lines.join()).not.toContain(service.subscribe(1).slice(4, 40))
})

/** Writes to the connection itself, where HTTP is awaited. */
const raw =
  (text: string): Answer =>
  (response) =>
    response.socket?.end(text)

test.each([
  ['is no HTTP', '\u0000\u0001 hello\r\n\r\n'],
  ['ends in its head', 'HTTP/1.1 201 Crea'],
  ['ends in its body', 'HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\nhalf'],
  ['has no status', 'HTTP/1.1 okay Created\r\n\r\n'],
])('after an answer that %s nobody knows whether it was taken', async (_, text) => {
  const { service, send } = await begin()
  service.answer(raw(text))
  expect(await send()).toMatchObject({ kind: 'unknown', code: 'connection-lost' })
  service.answer(undefined)
  expect(await send()).toMatchObject({ kind: 'accepted' })
})

const addressOf = (subscription: unknown) => `web:${Buffer.from(JSON.stringify(subscription)).toString('base64url')}`
const keys = { p256dh: Buffer.alloc(65, 4).toString('base64url'), auth: Buffer.alloc(16).toString('base64url') }

test.each([
  ['is nothing', 'web:hello', 'gone', 'no subscription'],
  ['has no keys', addressOf({ endpoint: 'https://127.0.0.1/' }), 'gone', 'no subscription'],
  ['has keys that are none', addressOf({ endpoint: 'https://127.0.0.1/', keys }), 'gone', 'no keys'],
  [
    'names somebody else',
    addressOf({ endpoint: 'https://10.0.0.1/admin', keys }),
    'refused',
    'no push service of push.web.hosts',
  ],
])('a subscription that %s is not called', async (_, address, kind, detail) => {
  const { service, send } = await begin()
  expect(await send(address)).toMatchObject({ kind, detail })
  expect(service.taken()).toEqual([])
})

test.each([
  ['without TLS', { allowPrivate: false }, 'http:', 'no push service of push.web.hosts'],
  ['on an address that is not public', { allowPrivate: false }, 'https:', 'its host has no public address'],
])('a push service %s is not called', async (_, changes, protocol, detail) => {
  const { service, send } = await begin(changes)
  const { keys: own } = JSON.parse(Buffer.from(service.subscribe(1).slice(4), 'base64url').toString())
  const address = addressOf({ endpoint: `${protocol}//127.0.0.1:9/push`, keys: own })
  expect(await send(address)).toEqual({ kind: 'refused', code: 'refused', detail })
})

test('a text that is too long does not leave', async () => {
  const { service, send } = await begin()
  expect(await send(undefined, { text: '余'.repeat(1_400) })).toMatchObject({ kind: 'refused', code: 'text-too-long' })
  expect(service.taken()).toEqual([])
})

test.each([
  ['no key', 'short', 'mailto:a@b.example', 'push.web.key or the file of push.web.key_file is no private key of VAPID'],
  [
    'a key of another curve',
    Buffer.alloc(32).toString('base64url'),
    'mailto:a@b.example',
    'push.web.key or the file of push.web.key_file is no private',
  ],
  ['no subject', key, 'me', 'push.web.subject says whom'],
])('%s is refused at the start', (_, given, subject, message) => {
  const fault = (() => {
    try {
      return readVapidKey(given, subject)
    } catch (error) {
      return error
    }
  })()
  expect(isCoded(fault, 'KM_SETTINGS_INVALID')).toBe(true)
  expect(String(fault)).toContain(message)
})
