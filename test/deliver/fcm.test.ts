import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFcmProvider, type FcmSettings } from '../../services/deliver/adapters/push/fcm.ts'
import { readFcmAccount } from '../../services/deliver/adapters/push/fcm-account.ts'
import { createPushChannel } from '../../services/deliver/adapters/push/push.ts'
import type { PushNotification, PushProvider } from '../../services/deliver/adapters/push/push-provider.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { errorOf, type FcmAnswer, type FcmServer, json, runFcmServer } from '../counterparts/push/fcm-server.ts'
import { freePort } from '../support/free-port.ts'
import { waitFor } from '../support/wait-for.ts'
import { captureLog } from './sender-under-test.ts'

const never = new AbortController().signal
const token = 'token-of-a-device'
let made = 0
const notification = (over: Partial<PushNotification> = {}): PushNotification => ({
  attemptId: 'attempt-1',
  commandId: `command-${++made}`,
  text: '您的流量仅剩 10%',
  urgency: 'marketing',
  notAfter: Date.now() + 90_500,
  ...over,
})

let fcm: FcmServer
let provider: PushProvider

beforeEach(async () => {
  fcm = await runFcmServer()
  provider = open()
})
afterEach(async () => {
  await provider.close()
  await fcm.stop()
})

function open(over: Partial<FcmSettings> = {}): PushProvider {
  const account = readFcmAccount(readFileSync(fcm.credentialsFile, 'utf8'))
  const settings = { title: 'Example Telecom', connections: 4, connectTimeoutMs: 500, answerTimeoutMs: 400 }
  return createFcmProvider({ ...settings, url: fcm.url, account, ...over }, wallClock)
}

describe('a notification', () => {
  test('has a title, the time that is left, and the command for the app', async () => {
    const one = notification()
    expect(await provider.send(token, one, never)).toMatchObject({ kind: 'accepted' })
    const data = { command_id: one.commandId }
    const android = {
      priority: 'NORMAL',
      ttl: expect.stringMatching(/^(90|89)s$/),
      notification: { tag: one.commandId },
    }
    expect(fcm.taken()).toEqual([{ token, notification: { title: 'Example Telecom', body: one.text }, data, android }])
  })

  test('of service is in a hurry, and of two that wait for a device one comes', async () => {
    const one = notification({ urgency: 'service' })
    await provider.send(token, one, never)
    expect(fcm.taken()).toMatchObject([{ android: { priority: 'HIGH', collapseKey: one.commandId } }])
  })

  test('that is longer than FCM takes doesn’t leave', async () => {
    const long = { kind: 'refused', code: 'text-too-long', detail: null }
    expect(await provider.send(token, notification({ text: '字'.repeat(1_350) }), never)).toEqual(long)
    expect(await provider.send(token, notification({ text: '字'.repeat(1_300) }), never)).toMatchObject({
      kind: 'accepted',
    })
    expect(fcm.taken()).toHaveLength(1)
  })

  test('doesn’t leave once its time is over, or deliver stops, while an access token is waited for', async () => {
    let answer: (() => void) | undefined
    fcm.grant((response) => {
      answer = () => json(response, 200, { access_token: 'late', expires_in: 3_599 })
    })
    const stopping = new AbortController()
    const late = provider.send(token, notification({ notAfter: Date.now() + 50 }), never)
    const stopped = provider.send(token, notification(), stopping.signal)
    await waitFor('its request', () => answer !== undefined)
    const end = Date.now() + 60
    await waitFor('the end of its time', () => Date.now() > end)
    stopping.abort()
    answer?.()
    expect(await late).toMatchObject({ kind: 'not-sent', code: 'expired' })
    expect(await stopped).toMatchObject({ kind: 'not-sent', code: 'stopping' })
    expect(fcm.asked()).toBe(0)
  })
})

describe('an answer', () => {
  const gone = (detail: string) => ({ kind: 'gone', since: null, detail })
  const refused = (detail: string) => ({ kind: 'refused', code: 'refused', detail })
  const unreached = (detail: string) => ({ kind: 'not-sent', code: 'channel-down', detail })
  const down = (detail: string) => ({ ...unreached(detail), isSetupFault: true })
  const unknown = (code: string, detail: string | null) => ({ kind: 'unknown', code, detail })
  const says =
    (status: number, name: string, own?: string): FcmAnswer =>
    (response) =>
      json(response, status, errorOf(status, name, own))
  const raw =
    (status: number, body: string, headers: Record<string, string> = {}): FcmAnswer =>
    (response) =>
      void response.writeHead(status, headers).end(body)
  test.each<[string, FcmAnswer, object]>([
    ['404 UNREGISTERED', says(404, 'NOT_FOUND', 'UNREGISTERED'), gone('UNREGISTERED')],
    ['404, another project', says(404, 'NOT_FOUND'), down('NOT_FOUND')],
    ['400 of something else', says(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'), refused('INVALID_ARGUMENT')],
    ['403, the token is of another project', says(403, 'X', 'SENDER_ID_MISMATCH'), refused('SENDER_ID_MISMATCH')],
    ['403, the account may not send', says(403, 'PERMISSION_DENIED'), down('PERMISSION_DENIED')],
    ['401, Apple’s key at Google is wrong', says(401, 'X', 'THIRD_PARTY_AUTH_ERROR'), down('THIRD_PARTY_AUTH_ERROR')],
    ['a redirection', raw(302, '', { location: 'http://127.0.0.1:9/' }), down('http 302')],
    ['500', says(500, 'INTERNAL', 'INTERNAL'), unknown('no-answer', 'INTERNAL')],
    ['503', says(503, 'UNAVAILABLE', 'UNAVAILABLE'), unknown('no-answer', 'UNAVAILABLE')],
    ['502 of a proxy', raw(502, '<html>'), unknown('no-answer', 'http 502')],
    ['408', raw(408, ''), unknown('no-answer', 'http 408')],
    ['200 that isn’t FCM’s', raw(200, '<html>welcome'), unknown('bad-answer', 'http 200 without a message id')],
    ['200 with an id of another kind', raw(200, '{"name":7}'), unknown('bad-answer', 'http 200 without a message id')],
    ['an error that is none', raw(400, '{"error":[null,"x"]}'), refused('http 400')],
    ['silence', () => undefined, unknown('no-answer', null)],
    ['a cut connection', (_, request) => void request.socket.destroy(), unknown('connection-lost', null)],
    [
      '429, for a while',
      (response) => json(response, 429, errorOf(429, 'X', 'QUOTA_EXCEEDED'), { 'retry-after': '7' }),
      { kind: 'not-sent', code: 'throttled', detail: 'QUOTA_EXCEEDED', silentMs: 7_000 },
    ],
    ['429', says(429, 'X', 'QUOTA_EXCEEDED'), { kind: 'not-sent', code: 'throttled', detail: 'QUOTA_EXCEEDED' }],
  ])('of %s', async (_, how, outcome) => {
    fcm.answer(how)
    expect(await provider.send(token, notification(), never)).toEqual(outcome)
  })

  test('that the token is none, as the real server says it', async () => {
    expect(await provider.send('!', notification(), never)).toEqual(gone('INVALID_ARGUMENT'))
    fcm.unregister(token)
    expect(await provider.send(token, notification(), never)).toEqual(gone('UNREGISTERED'))
  })

  test('nobody listens', async () => {
    const port = await freePort()
    const away = open({ url: `http://127.0.0.1:${port}` })
    expect(await away.send(token, notification(), never)).toEqual(unreached('ECONNREFUSED'))
    await away.close()
  })
})

describe('an access token', () => {
  test('is asked for once, by whoever is first, and used for all', async () => {
    await Promise.all(Array.from({ length: 8 }, () => provider.send(token, notification(), never)))
    await provider.send(token, notification(), never)
    expect(fcm.grants()).toEqual(['ok'])
    expect(fcm.taken()).toHaveLength(9)
  })

  test('that holds no more is renewed, and the notification leaves once', async () => {
    await provider.send(token, notification(), never)
    fcm.expireTokens()
    expect(await provider.send(token, notification(), never)).toMatchObject({ kind: 'accepted' })
    expect(fcm.grants()).toEqual(['ok', 'ok'])
    expect(fcm.taken()).toHaveLength(2)
  })

  test('is renewed a minute before its end', async () => {
    const given: string[] = []
    fcm.grant((response) => {
      given.push('short')
      json(response, 200, { access_token: 'short', expires_in: 60 })
    })
    await provider.send(token, notification(), never)
    const before = given.length
    await provider.send(token, notification(), never)
    expect(given.length).toBeGreaterThan(before)
  })

  const noToken = (why: string) => ({
    kind: 'not-sent',
    code: 'channel-down',
    detail: `no access token: ${why}`,
    isSetupFault: true,
  })
  test.each<[string, FcmAnswer, string]>([
    [
      'refused: the key was withdrawn',
      (response) => json(response, 400, { error: 'invalid_grant' }),
      'http 400 invalid_grant',
    ],
    ['refused in words of another', (response) => json(response, 401, { error: '<b>no</b>' }), 'http 401'],
    ['garbage', (response) => void response.end('\u0000\u0001'), 'http 200'],
    ['none in the answer', (response) => json(response, 200, { expires_in: 5 }), 'http 200'],
    ['not told', () => undefined, 'no-answer'],
    ['cut off', (_, request) => void request.socket.destroy(), 'connection-lost'],
  ])('that is %s: nothing leaves, and it isn’t asked for with each', async (_, how, why) => {
    fcm.grant(how)
    expect(await provider.send(token, notification(), never)).toEqual(noToken(why))
    expect(await provider.send(token, notification(), never)).toEqual(noToken(why))
    expect(fcm.grants()).toHaveLength(1)
    expect(fcm.asked()).toBe(0)
  })
})

test('a key that was withdrawn is told to people until a token is given out again', async () => {
  const { log, lines } = captureLog()
  const settings = { perSecond: 1_000, width: 4, againMs: { first: 5, longest: 10 }, unreachedMs: 50 }
  const channel = createPushChannel([provider], settings, wallClock, log)
  const sent = () =>
    channel.send({ ...notification(), subscriberId: 'somebody', sender: null, address: `fcm:${token}` }, never)
  fcm.grant((response) => json(response, 400, { error: 'invalid_grant' }))
  for (const _ of [1, 2]) expect(await sent()).toMatchObject({ kind: 'not-sent', code: 'channel-down' })
  const reason = 'no access token: http 400 invalid_grant'
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 40, provider: 'fcm', code: 'KM_PUSH_CREDENTIALS', reason },
  ])
  expect(channel.health().faults).toMatchObject([
    { code: 'KM_PUSH_CREDENTIALS', reason: expect.stringContaining(reason) },
  ])
})

test('a service that takes nothing keeps half of the places at most from the others', async () => {
  const other: PushProvider = {
    name: 'apns',
    send: async () => ({ kind: 'accepted', messageId: 'm' }),
    reason: () => 'ok',
    close: async () => undefined,
  }
  fcm.answer((response) => json(response, 429, errorOf(429, 'X', 'QUOTA_EXCEEDED')))
  const settings = { perSecond: 1_000, width: 4, againMs: { first: 5, longest: 10 }, unreachedMs: 300 }
  const channel = createPushChannel([provider, other], settings, wallClock, captureLog().log)
  const message = (address: string) => ({ ...notification(), subscriberId: 'somebody', sender: null, address })
  const stopping = new AbortController()
  const sent = Array.from({ length: 5 }, () => channel.send(message(`fcm:${token}`), stopping.signal))
  const back: unknown[] = []
  for (const one of sent) void one.then((outcome) => back.push(outcome))
  await waitFor('those that find no room', () => back.length >= 3)
  expect(back).toEqual(
    Array.from({ length: 3 }, () => ({ kind: 'not-sent', code: 'throttled', detail: 'QUOTA_EXCEEDED' })),
  )
  expect(await channel.send(message('apns:a'), never)).toMatchObject({ kind: 'accepted' })
  fcm.answer(undefined)
  expect((await Promise.all(sent)).map(({ kind }) => kind).toSorted()).toEqual([
    ...['accepted', 'accepted'],
    ...['not-sent', 'not-sent', 'not-sent'],
  ])
  await channel.close()
})

test('what a service that can’t be reached doesn’t take comes back, so that the circuit hears of it', async () => {
  let tries = 0
  const unreached: PushProvider = {
    name: 'fcm',
    async send() {
      tries++
      return { kind: 'not-sent', code: 'channel-down', detail: 'no connection' }
    },
    reason: () => 'no connection',
    close: async () => undefined,
  }
  const settings = { perSecond: 1_000, width: 4, againMs: { first: 5, longest: 10 }, unreachedMs: 50 }
  const channel = createPushChannel([unreached], settings, wallClock, captureLog().log)
  const message = { ...notification(), subscriberId: 'somebody', sender: null, address: `fcm:${token}` }
  expect(await channel.send(message, never)).toEqual({
    kind: 'not-sent',
    code: 'channel-down',
    detail: 'no connection',
  })
  expect(tries).toBeGreaterThan(1)
  await channel.close()
})
