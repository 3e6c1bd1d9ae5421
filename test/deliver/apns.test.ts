import { generateKeyPairSync, verify } from 'node:crypto'
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApnsSettings, createApnsProvider } from '../../services/deliver/adapters/push/apns.ts'
import { createApnsTokens } from '../../services/deliver/adapters/push/apns-key.ts'
import type { PushNotification, PushProvider } from '../../services/deliver/adapters/push/push-provider.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { freePort } from '../support/free-port.ts'
import { waitFor } from '../support/wait-for.ts'
import { captureLog } from './sender-under-test.ts'

const never = new AbortController().signal
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const signer = { key: privateKey, keyId: 'KEY1', teamId: 'TEAM1' }
const notification = (over: Partial<PushNotification> = {}): PushNotification => ({
  attemptId: 'attempt-1',
  commandId: 'command-1',
  text: '您的流量仅剩 10%',
  urgency: 'marketing',
  notAfter: Date.now() + 90_500,
  ...over,
})

/** HTTP/2 by a script: what pushy's server doesn't do wrong. The conformance suite has what it does. */
let server: Http2Server
let url: string
let answer: (stream: ServerHttp2Stream, session: ServerHttp2Session) => void
const streams: ServerHttp2Stream[] = []
/** Those that notifications came by. */
const used = new Set<ServerHttp2Session>()
const sessions = new Set<ServerHttp2Session>()
let provider: PushProvider

beforeEach(async () => {
  streams.length = 0
  used.clear()
  answer = says(200, '', { 'apns-id': 'id' })
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream) => {
    stream.on('error', () => undefined)
    streams.push(stream)
    const { session } = stream
    if (!session) return
    used.add(session as ServerHttp2Session)
    answer(stream, session as ServerHttp2Session)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  provider = open()
})
afterEach(async () => {
  await provider.close()
  for (const session of sessions) session.destroy()
  await new Promise((resolve) => server.close(resolve))
})

const open = (over: Partial<ApnsSettings> = {}) =>
  createApnsProvider(
    { url, signer, topic: 'com.example', title: 'T', connectTimeoutMs: 500, answerTimeoutMs: 400, ...over },
    wallClock,
    captureLog().log,
  )

function says(status: number, body: string, headers: Record<string, string> = {}) {
  return (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': status, ...headers })
    stream.end(body)
  }
}
const reason = (status: number, word: string, more: object = {}) =>
  says(status, JSON.stringify({ reason: word, ...more }))
const send = (token = 'a1', over: Partial<PushNotification> = {}) => provider.send(token, notification(over), never)

describe('an answer', () => {
  const unreached = (detail: string) => ({ kind: 'not-sent', code: 'channel-down', detail })
  const down = (detail: string) => ({ ...unreached(detail), isSetupFault: true })
  const refused = (detail: string) => ({ kind: 'refused', code: 'refused', detail })
  const unknown = (code: string, detail: string | null) => ({ kind: 'unknown', code, detail })
  const throttled = (detail: string) => ({ kind: 'not-sent', code: 'throttled', detail })
  const now = expect.closeTo(Date.now(), -6)
  test.each<[string, typeof answer, object]>([
    ['200', says(200, '', { 'apns-id': 'id' }), { kind: 'accepted', messageId: 'id' }],
    ['200 that isn’t Apple’s', says(200, '<html>'), unknown('bad-answer', 'http 200 without an apns-id')],
    ['410', reason(410, 'Unregistered', { timestamp: 1_234 }), { kind: 'gone', since: 1_234, detail: 'Unregistered' }],
    ['410 without a time', reason(410, 'ExpiredToken'), { kind: 'gone', since: now, detail: 'ExpiredToken' }],
    [
      '410 with a time that is none',
      reason(410, 'Unregistered', { timestamp: 'x' }),
      { kind: 'gone', since: now, detail: 'Unregistered' },
    ],
    ['400, the token is none', reason(400, 'BadDeviceToken'), { kind: 'gone', since: now, detail: 'BadDeviceToken' }],
    ['400, the token is of another app', reason(400, 'DeviceTokenNotForTopic'), refused('DeviceTokenNotForTopic')],
    ['400, the app isn’t ours', reason(400, 'TopicDisallowed'), down('TopicDisallowed')],
    ['400 for having been idle', reason(400, 'IdleTimeout'), unreached('IdleTimeout')],
    ['400 in words of another', says(400, '{"reason":"<b>"}'), refused('http 400')],
    ['400 and half an answer', says(400, '{"rea'), refused('http 400')],
    ['403, the key was withdrawn', reason(403, 'InvalidProviderToken'), down('InvalidProviderToken')],
    ['403, the clock is wrong', reason(403, 'ExpiredProviderToken'), down('ExpiredProviderToken')],
    ['413', reason(413, 'PayloadTooLarge'), { kind: 'refused', code: 'text-too-long', detail: 'PayloadTooLarge' }],
    ['429 of a device', reason(429, 'TooManyRequests'), throttled('TooManyRequests')],
    ['429 of tokens', reason(429, 'TooManyProviderTokenUpdates'), throttled('TooManyProviderTokenUpdates')],
    ['500', reason(500, 'InternalServerError'), unknown('no-answer', 'InternalServerError')],
    ['503, it shuts down', reason(503, 'Shutdown'), unknown('no-answer', 'Shutdown')],
    ['silence', () => undefined, unknown('no-answer', null)],
    ['a stream that was refused', (stream) => stream.close(7), unreached('refused by HTTP/2')],
    ['a stream that was broken off', (stream) => stream.close(2), unknown('connection-lost', null)],
    ['a lost connection', (_, session) => session.destroy(), unknown('connection-lost', null)],
    [
      'half an answer',
      (stream) => {
        stream.respond({ ':status': 200, 'apns-id': 'id' })
        stream.write('{', () => stream.session?.destroy())
      },
      unknown('connection-lost', null),
    ],
  ])('of %s', async (_, how, outcome) => {
    answer = how
    expect(await send()).toEqual(outcome)
    expect(streams).toHaveLength(1)
  })

  test('nobody listens', async () => {
    const away = open({ url: `http://127.0.0.1:${await freePort()}` })
    expect(await away.send('a1', notification(), never)).toEqual(unreached('ECONNREFUSED'))
    await away.close()
  })

  test('the other end doesn’t speak HTTP/2', async () => {
    const tcp = createTcpServer(
      (socket) =>
        void socket
          .on('error', () => undefined)
          .resume()
          .end('220 mail.example ESMTP\r\n'),
    )
    const port = await freePort()
    await new Promise<void>((resolve) => tcp.listen(port, '127.0.0.1', resolve))
    const wrong = open({ url: `http://127.0.0.1:${port}` })
    expect(await wrong.send('a1', notification(), never)).toMatchObject({ kind: 'not-sent', code: 'channel-down' })
    await wrong.close()
    await new Promise((resolve) => tcp.close(resolve))
  })
})

describe('a connection that APNs ends by GOAWAY', () => {
  test.each([
    ['in peace', 0],
    ['for a fault', 2],
  ])('%s: what is behind its last stream did not leave; before it, it may have', async (_, code) => {
    const held: ServerHttp2Stream[] = []
    answer = (stream) => void held.push(stream)
    const first = send('a1')
    await waitFor('the first', () => held.length === 1)
    const second = send('a2')
    await waitFor('the second', () => held.length === 2)
    const [one, two] = held.map(({ id }) => id ?? 0)
    expect(two).toBeGreaterThan(one ?? 0)
    held[0]?.session?.goaway(code, one)
    expect(await second).toEqual({ kind: 'not-sent', code: 'channel-down', detail: 'refused by HTTP/2' })
    if (code === 0 && held[0]) says(200, '', { 'apns-id': 'first' })(held[0])
    expect(await first).toMatchObject(code === 0 ? { kind: 'accepted' } : { kind: 'unknown', code: 'connection-lost' })
    answer = says(200, '', { 'apns-id': 'next' })
    expect(await send('a3')).toEqual({ kind: 'accepted', messageId: 'next' })
  })
})

test('one that is silent is left: the next notification has a connection of its own', async () => {
  answer = () => undefined
  await send()
  answer = says(200, '', { 'apns-id': 'id' })
  expect(await send()).toMatchObject({ kind: 'accepted' })
  expect(used.size).toBe(2)
})

test('what is past its time, too long, or comes while deliver stops, doesn’t leave', async () => {
  expect(await send('a1', { notAfter: Date.now() })).toMatchObject({ kind: 'not-sent', code: 'expired' })
  expect(await send('a1', { text: '字'.repeat(1_360) })).toEqual({
    kind: 'refused',
    code: 'text-too-long',
    detail: null,
  })
  expect(await provider.send('a1', notification(), AbortSignal.abort())).toMatchObject({ code: 'stopping' })
  expect(streams).toEqual([])
})

test('a provider token is signed by the key, used for forty minutes, and made anew where the clock was set back', async () => {
  let now = Date.UTC(2026, 2, 2)
  const token = createApnsTokens(signer, () => now)
  const first = await token()
  const [head = '', claims = '', signature = ''] = first.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect([read(head), read(claims)]).toEqual([
    { alg: 'ES256', kid: 'KEY1' },
    { iss: 'TEAM1', iat: now / 1_000 },
  ])
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  expect(verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  now += 39 * 60_000
  expect(await token()).toBe(first)
  now += 60_000
  const second = await token()
  expect(second).not.toBe(first)
  now -= 2 * 3_600_000
  expect(await token()).not.toBe(second)
})
