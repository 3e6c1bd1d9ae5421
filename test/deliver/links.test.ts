import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ReplyOutput } from '../../services/deliver/intake.ts'
import { linkRoutes } from '../../services/deliver/link-routes.ts'
import { createLinkTokens, linkId } from '../../services/deliver/link-token.ts'
import { createLinks } from '../../services/deliver/links.ts'
import type { ReceiptOutput } from '../../services/deliver/receipt.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { linkMark } from '../../services/domain/message-link.ts'
import { sizeOfSms } from '../../services/domain/sms-text.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { createHttpServer } from '../../services/http/server.ts'
import type { Receipt } from '../../services/records/types.ts'
import { settingsSchema } from '../../services/settings/schema.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { captureLog } from './sender-under-test.ts'

const secret = 'a secret of the tests only'
const target = 'https://shop.example/data-booster?from=sms'
const url = 'https://go.operator.example'
const dayMs = 86_400_000
const start = Date.UTC(2026, 2, 2, 12)
const effect = {
  commandId: 'mnbvcxzlkjhgfdsapoiuytrewq',
  subscriberId: 'sub-1',
  channel: 'sms',
  text: `Book: ${linkMark}. Bye`,
  link: target,
} as const

/** Links, and what subscribers reach of them. */
async function begin() {
  const { log, lines } = captureLog()
  const state = { now: start, appendFails: false }
  const clock = { now: () => state.now }
  const store = createEmbeddedStore({ file: join(temporaryFolder(), 'state.sqlite') })
  const receipts: Receipt[] = []
  const append = async ({ value }: ReceiptOutput | ReplyOutput) => {
    if (state.appendFails) throw new CodedError('KM_LOG_UNAVAILABLE', 'the log is away', { canRetry: true })
    if ('receipt_id' in value) receipts.push(value)
  }
  const counted: string[] = []
  const count = (kind: string, outcome: string) => void counted.push(`${kind} ${outcome}`)
  const parts = { url, lifetimeMs: 30 * dayMs, secret, index: store.index('links'), append, clock, log, count }
  const links = createLinks(parts)
  const logger = createLogger('error', { write: () => undefined })
  const http = await createHttpServer({ bodyBytesMax: 1e6, logger, metrics: createMetrics(), readiness: () => [] })
  linkRoutes(http, () => links)
  onTestFinished(async () => {
    await http.close()
    store.close()
  })
  const call = async (link: string, method: 'GET' | 'HEAD' | 'POST' = 'GET', headers: Record<string, string> = {}) => {
    const answer = await http.inject({ method, url: link.replace(url, ''), headers })
    const { location = null } = answer.headers
    const code: unknown = answer.headers['content-type']?.includes('json') && answer.payload ? answer.json().code : null
    return { status: answer.statusCode, location, code: code ?? null }
  }
  return { links, parts, call, receipts, counted, lines, state }
}

/** With its links out. */
async function sent(changes: Partial<typeof effect> = {}) {
  const begun = await begin()
  const { text, links } = await begun.links.put({ ...effect, ...changes })
  if (!links) throw new Error('it has no links')
  return { ...begun, ...links, text }
}

const led = { status: 302, location: target, code: null }

describe('a link of a message', () => {
  test('stands in the text, and leads to where the offer does', async () => {
    const { text, clicked, call } = await sent()
    expect(text).toBe(`Book: ${clicked}. Bye`)
    expect(clicked).toMatch(/^https:\/\/go\.operator\.example\/l\/[\w-]{32}$/)
    expect(await call(clicked)).toEqual(led)
  })

  test('makes no text longer than it was reckoned', async () => {
    const { parts } = await begin()
    const { maxLength } = settingsSchema.properties.links.properties.url as { maxLength?: number }
    const longest = createLinks({ ...parts, url: 'https://'.padEnd(maxLength ?? 0, 'o') })
    const { text } = await longest.put(effect)
    expect(sizeOfSms(text)).toEqual(sizeOfSms(effect.text))
  })

  test('clicked twice is one click', async () => {
    const { clicked, call, receipts, counted, state } = await sent()
    await call(clicked)
    state.now += 60_000
    expect(await call(clicked)).toEqual(led)
    expect(receipts).toMatchObject([
      { status: 'clicked', command_id: effect.commandId, subscriber_id: 'sub-1', channel: 'sms', received_at: start },
    ])
    expect(counted).toEqual(['clicked told', 'clicked told-before'])
  })

  test('two calls at once are one receipt to whoever reads them', async () => {
    const { clicked, call, receipts } = await sent()
    await Promise.all([call(clicked), call(clicked)])
    expect(new Set(receipts.map(({ receipt_id }) => receipt_id)).size).toBe(1)
  })

  test('that an app calls tells that the message was opened, which is no click', async () => {
    const { opened, call, receipts } = await sent({ channel: 'push' as never })
    expect(await call(opened, 'POST')).toEqual({ status: 204, location: null, code: null })
    expect(receipts).toMatchObject([{ status: 'opened', channel: 'push' }])
  })

  test('with words behind it that the phone took for a part of it is the same link', async () => {
    const { clicked, call } = await sent()
    expect(await call(`${clicked}${encodeURIComponent('立即办理，享受更多流量优惠。')}`)).toEqual(led)
  })

  test.each([
    ['HEAD', 'HEAD', {}, led],
    [
      'a browser that fetches ahead',
      'GET',
      { 'sec-purpose': 'prefetch;prerender' },
      { status: 503, location: null, code: null },
    ],
    ['an older one', 'GET', { 'x-moz': 'prefetch' }, { status: 503, location: null, code: null }],
  ] as const)('looked at by %s is not clicked', async (_, method, headers, answer) => {
    const { clicked, call, receipts } = await sent()
    expect(await call(clicked, method, headers)).toEqual(answer)
    expect(receipts).toEqual([])
  })
})

describe('a link that is none', () => {
  const tokens = createLinkTokens(secret)
  const tokenOf = (expiresAt: number, id = linkId(effect.commandId)) => tokens.sign({ kind: 'clicked', id, expiresAt })
  const forge = (token: string, at: number) =>
    `${token.slice(0, at)}${token.charAt(at) === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`

  test.each([
    ['of nothing', '/l/hello', 404, 'KM_LINK_FORGED', 'none'],
    ['with another command', `/l/${forge(tokenOf(start + dayMs), 5)}`, 404, 'KM_LINK_FORGED', 'none'],
    ['with another expiry', `/l/${forge(tokenOf(start + dayMs), 17)}`, 404, 'KM_LINK_FORGED', 'none'],
    ['with another signature', `/l/${forge(tokenOf(start + dayMs), 30)}`, 404, 'KM_LINK_FORGED', 'none'],
    [
      'of another engine',
      `/l/${createLinkTokens('another secret').sign({ kind: 'clicked', id: linkId('c'), expiresAt: start + dayMs })}`,
      404,
      'KM_LINK_FORGED',
      'none',
    ],
    ['that has expired', `/l/${tokenOf(start)}`, 410, 'KM_LINK_EXPIRED', 'clicked'],
    [
      'of a command that is forgotten',
      `/l/${tokenOf(start + dayMs, linkId('forgotten'))}`,
      404,
      'KM_LINK_UNKNOWN',
      'clicked',
    ],
    ['that is too long for any', `/l/${'x'.repeat(2000)}`, 404, 'KM_LINK_FORGED', 'none'],
    ['that is empty', '/l/', 404, 'KM_LINK_FORGED', 'none'],
    ['that cannot be decoded', '/l/%E0%A4%A', 400, 'KM_HTTP_ERR_BAD_URL', null],
  ])('%s is coded, counted, and leads nowhere', async (_, path, status, code, kind) => {
    const { call, receipts, counted } = await sent()
    expect(await call(path)).toEqual({ status, location: null, code })
    expect(receipts).toEqual([])
    expect(counted).toEqual(kind === null ? [] : [`${kind} ${code}`])
  })

  test('is none an hour after its life is over', async () => {
    const { clicked, call, state } = await sent()
    state.now = start + 30 * dayMs - 1
    expect(await call(clicked)).toEqual(led)
    state.now = start + 30 * dayMs + 3_600_000
    expect(await call(clicked)).toMatchObject({ status: 410, code: 'KM_LINK_EXPIRED' })
  })

  test('is not made by whoever knows how but not the secret', () => {
    const token = tokenOf(start + dayMs)
    const said = Buffer.from(token, 'base64url').subarray(0, 14)
    const guess = Buffer.concat([said, createHmac('sha256', '').update(said).digest().subarray(0, 10)])
    expect(tokens.read(token)).toEqual({ kind: 'clicked', id: linkId(effect.commandId), expiresAt: start + dayMs })
    expect(tokens.read(guess.toString('base64url'))).toBeNull()
  })
})

describe('while the log is away', () => {
  test('a click leads on, and that it could not be told is logged and counted; the next one is told', async () => {
    const { clicked, call, state, counted, lines, receipts } = await sent()
    state.appendFails = true
    expect(await call(clicked)).toEqual(led)
    expect(counted).toEqual(['clicked KM_LOG_UNAVAILABLE'])
    expect(lines.join()).toContain('KM_LOG_UNAVAILABLE')
    state.appendFails = false
    await call(clicked)
    expect(receipts).toMatchObject([{ status: 'clicked' }])
  })

  test('the app is asked to tell that a message was opened again', async () => {
    const { opened, call, state } = await sent()
    state.appendFails = true
    expect(await call(opened)).toMatchObject({ status: 503, code: 'KM_LOG_UNAVAILABLE' })
  })
})

test('without an address of our own the offer’s link stands in the text', async () => {
  const { parts } = await begin()
  const links = createLinks({ ...parts, url: '' })
  expect(await links.put(effect)).toEqual({ text: `Book: ${target}. Bye` })
})

test('a message without a link stays as it is', async () => {
  const { links } = await begin()
  expect(await links.put({ ...effect, text: 'Hi', link: null } as never)).toEqual({ text: 'Hi' })
})
