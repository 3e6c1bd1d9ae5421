import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isPublic } from '../../services/deliver/adapters/public-address.ts'
import {
  createWebhookChannel,
  type WebhookChannel,
  webhookDefaults,
} from '../../services/deliver/adapters/webhook/webhook.ts'
import { isSigned, sign } from '../../services/deliver/adapters/webhook/webhook-signature.ts'
import type { AcceptedPart, InboundMessage, Log, Message, ProviderReceipt } from '../../services/deliver/channel.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { freePort } from '../support/free-port.ts'
import { captureLog } from './sender-under-test.ts'

const secret = 'a secret of sixteen or more'
const log = pino({ level: 'silent' })
const message = (over: Partial<Message> = {}): Message => ({
  attemptId: 'attempt-1',
  commandId: 'command-1',
  subscriberId: 'somebody',
  sender: null,
  address: '+8613912345678',
  text: '您的流量仅剩 10%',
  urgency: 'marketing',
  notAfter: Date.now() + 60_000,
  ...over,
})

interface Got {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
type Answer = (response: ServerResponse, request: IncomingMessage) => void
const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (response) =>
    void response.writeHead(code, headers).end(body)

/** A gateway that answers each request as the next of its list says, and the last of it for ever. */
let answers: Answer[]
let got: Got[]
let gateway: Server
let url: string
const opened: WebhookChannel[] = []
const told: { accepted: AcceptedPart[]; receipts: ProviderReceipt[]; replies: InboundMessage[] } = {
  accepted: [],
  receipts: [],
  replies: [],
}

beforeEach(async () => {
  answers = [status(202)]
  got = []
  for (const heard of Object.values(told)) heard.length = 0
  gateway = createServer(async (request, response) => {
    got.push({ headers: request.headers, body: await text(request) })
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    answer?.(response, request)
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/messages`
})

afterEach(async () => {
  gateway.closeAllConnections()
  await Promise.all(opened.splice(0).map((channel) => channel.close()))
  await new Promise((resolve) => gateway.close(resolve))
})

function open(
  over: Partial<Parameters<typeof createWebhookChannel>[0]> = {},
  clock = wallClock,
  own: Log = log,
): WebhookChannel {
  const quick = { answerTimeoutMs: 200, connectTimeoutMs: 500, againMs: { first: 5, longest: 10 } }
  const settings = { channel: 'sms', url, secret, perSecond: 1_000, connections: 4, allowPrivate: true } as const
  const channel = createWebhookChannel({ ...webhookDefaults, ...quick, ...settings, ...over }, clock, own)
  channel.start({
    accepted: async (part) => void told.accepted.push(part),
    receipt: async (receipt) => void told.receipts.push(receipt),
    inbound: async (reply) => void told.replies.push(reply),
    unreadable: () => undefined,
    reply: async () => undefined,
  })
  opened.push(channel)
  return channel
}

const never = new AbortController().signal
const soon = () => AbortSignal.timeout(150)

describe('a message', () => {
  test('is a signed CloudEvents event, with its command as the key against doubles', async () => {
    answers = [status(200, {}, '{"message_id":"gw-7"}')]
    expect(await open().send(message(), never)).toEqual({ kind: 'accepted', messageIds: ['gw-7'] })
    const [{ headers, body }] = got as [Got]
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
    expect(headers['idempotency-key']).toBe('command-1')
    expect(isSigned(secret, headers, body, Date.now())).toBe(true)
    expect(JSON.parse(body)).toMatchObject({
      specversion: '1.0',
      id: 'command-1',
      source: '/keymoment/deliver',
      type: 'io.keymoment.outreach.sms.v1',
      data: { command_id: 'command-1', channel: 'sms', address: '+8613912345678', text: '您的流量仅剩 10%' },
    })
    const part = { messageId: 'gw-7', commandId: 'command-1', subscriberId: 'somebody', part: 1, parts: 1 }
    expect(told.accepted).toEqual([part])
  })

  const unknown = (code: string, detail: string | null) => ({ kind: 'unknown', code, detail })
  const refused = (detail: string) => ({ kind: 'refused', code: 'refused', detail })
  const hangs: Answer = () => undefined
  const hangsUp: Answer = (_, { socket }) => void socket.destroy()
  const half: Answer = (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"message_id":')
    response.socket?.destroySoon()
  }
  test.each<[string, Answer, object]>([
    ['an answer that is no JSON', status(200, {}, '<ok/>'), { kind: 'accepted', messageIds: ['command-1'] }],
    ['no answer body', status(204), { kind: 'accepted', messageIds: ['command-1'] }],
    ['an id that is none', status(200, {}, '{"message_id":7}'), { kind: 'accepted', messageIds: ['command-1'] }],
    ['400', status(400), refused('http 400')],
    ['401, its secret is wrong', status(401), { kind: 'not-sent', code: 'channel-down', detail: 'http 401' }],
    ['a redirection, which isn’t followed', status(307, { location: 'http://127.0.0.1:9/' }), refused('http 307')],
    ['408', status(408), unknown('no-answer', 'http 408')],
    ['500', status(500), unknown('no-answer', 'http 500')],
    ['503, as a proxy says it too', status(503), unknown('no-answer', 'http 503')],
    ['silence', hangs, unknown('no-answer', null)],
    ['a connection that is cut', hangsUp, unknown('connection-lost', null)],
    ['half an answer', half, unknown('connection-lost', null)],
  ])('that meets %s', async (_, answer, outcome) => {
    answers = [answer]
    expect(await open().send(message(), never)).toEqual(outcome)
    expect(got).toHaveLength(1)
  })

  test('whose signature is not taken is told to people once, and in the readiness until another is', async () => {
    answers = [status(401), status(401), status(200)]
    const { log: heard, lines } = captureLog()
    const channel = open({}, wallClock, heard)
    for (const _ of [1, 2]) expect(await channel.send(message(), never)).toMatchObject({ code: 'channel-down' })
    expect(lines).toHaveLength(1)
    expect(channel.health().faults).toMatchObject([
      { code: 'KM_WEBHOOK_CREDENTIALS', reason: expect.stringContaining('webhook.secret') },
    ])
    await channel.send(message(), never)
    expect(channel.health().faults).toEqual([])
  })

  test('that is asked to come later does, as the same', async () => {
    answers = [status(429), status(429), status(200)]
    expect(await open().send(message(), never)).toMatchObject({ kind: 'accepted' })
    expect(got.map(({ headers }) => headers['idempotency-key'])).toEqual(['command-1', 'command-1', 'command-1'])
  })

  test('waits as long as the gateway asks, and is given back when its time is over', async () => {
    answers = [status(429, { 'retry-after': '30' })]
    const outcome = await open().send(message(), soon())
    expect(outcome).toMatchObject({ kind: 'not-sent', code: 'throttled' })
    expect(got).toHaveLength(1)
  })

  test('that nobody listens for comes back at once, and is proven not to have left', async () => {
    const channel = open({ url: `http://127.0.0.1:${await freePort()}/` })
    const outcome = await channel.send(message(), never)
    expect(outcome).toEqual({ kind: 'not-sent', code: 'channel-down', detail: 'ECONNREFUSED' })
  })

  test('past its time doesn’t leave', async () => {
    const outcome = await open().send(message({ notAfter: Date.now() }), never)
    expect(outcome).toEqual({ kind: 'not-sent', code: 'expired', detail: null })
    expect(got).toEqual([])
  })

  test('whose time is over once the connection stands doesn’t leave', async () => {
    const notAfter = Date.now() + 60_000
    let looks = 0
    const clock = { ...wallClock, now: () => (looks++ === 0 ? notAfter - 1 : notAfter) }
    const outcome = await open({}, clock).send(message({ notAfter }), never)
    expect(outcome).toEqual({ kind: 'not-sent', code: 'expired', detail: null })
    expect(got).toEqual([])
  })

  test.each([
    ['an address', (to: string) => to],
    ['a name', (to: string) => to.replace('127.0.0.1', 'localhost')],
  ])('goes to no host of this network by %s, unless that is allowed', async (_, of) => {
    const outcome = await open({ url: of(url), allowPrivate: false }).send(message(), never)
    expect(outcome).toEqual({ kind: 'not-sent', code: 'channel-down', detail: 'KM_WEBHOOK_ADDRESS' })
    expect(got).toEqual([])
  })
})

test.each<[string, boolean]>([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['::1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::7f00:1', false],
  ['no address', false],
])('%s is public: %s', (address, is) => expect(isPublic(address)).toBe(is))

describe('what the gateway tells', () => {
  const receipt = JSON.stringify({ type: 'receipt', message_id: 'gw-7', state: 'delivered' })
  const reply = JSON.stringify({ type: 'reply', address: '+8613912345678', text: '退订' })
  const signed = (body: string, at = Date.now(), by = secret) => ({ ...sign(by, 'n-1', body, at) })

  test('reaches who listens', async () => {
    const channel = open()
    expect(await channel.tell(signed(receipt), receipt)).toBe('receipt')
    expect(await channel.tell(signed(reply), reply)).toBe('reply')
    expect(told.receipts).toEqual([{ messageId: 'gw-7', state: 'delivered', error: null }])
    expect(told.replies).toEqual([{ address: '+8613912345678', text: '退订' }])
  })

  test('may be signed by one of several secrets while these change', async () => {
    const headers = signed(receipt)
    const both = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` }
    expect(await open().tell(both, receipt)).toBe('receipt')
  })

  const unsigned = 'KM_WEBHOOK_UNSIGNED'
  const unreadable = 'KM_WEBHOOK_UNREADABLE'
  test.each<[string, Record<string, string>, string, string]>([
    ['without a signature', {}, receipt, unsigned],
    ['with one of another body', signed(reply), receipt, unsigned],
    ['with one of another secret', signed(receipt, Date.now(), 'another secret, as long'), receipt, unsigned],
    ['with one of long ago', signed(receipt, Date.now() - 301_000), receipt, unsigned],
    ['with one of later', signed(receipt, Date.now() + 360_000), receipt, unsigned],
    ['with another version', { ...signed(receipt), 'webhook-signature': 'v2,AAAA' }, receipt, unsigned],
    ['with a time that is none', { ...signed(receipt), 'webhook-timestamp': '1e3' }, receipt, unsigned],
    ['that is no JSON', signed('{'), '{', unreadable],
    ['that is empty', signed(''), '', unreadable],
    ...[
      { type: 'receipt', message_id: '', state: 'delivered' },
      { type: 'receipt', message_id: 'gw-7', state: 'done' },
      { type: 'receipt', message_id: 'gw-7', state: 'undelivered', error: 'a text with +8613912345678' },
      { type: 'reply', address: '13912345678', text: 'hi' },
      { type: 'reply', address: '+8613912345678', text: 'x'.repeat(2_049) },
      { type: 'news' },
    ].map((value): [string, Record<string, string>, string, string] => {
      const body = JSON.stringify(value)
      return [`that says ${body.slice(0, 90)}`, signed(body), body, unreadable]
    }),
  ])('%s is refused', async (_, headers, body, code) => {
    await expect(open().tell(headers, body)).rejects.toMatchObject({ code })
    expect([...told.receipts, ...told.replies]).toEqual([])
  })
})
