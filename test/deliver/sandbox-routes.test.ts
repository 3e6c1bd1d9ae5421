import { expect, onTestFinished, test } from 'vitest'
import { sandboxRoutes } from '../../services/deliver/adapters/sandbox/sandbox-routes.ts'
import { createSandboxShelf, type SandboxHands } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { createHttpServer } from '../../services/http/server.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'

const taken = async () => undefined

/** A process with sandboxes that keep two messages; `put` gives one to s-1. */
async function startRoutes(shelf = createSandboxShelf(2)) {
  const logger = createLogger('silent')
  const http = await createHttpServer({ bodyBytesMax: 1e6, logger, metrics: createMetrics(), readiness: () => [] })
  sandboxRoutes(
    http,
    () => shelf,
    () => wallClock,
  )
  onTestFinished(() => http.close())
  return {
    shelf,
    put(hands: SandboxHands = { reply: taken }, subscriberId = 's-1') {
      const number = shelf.next()
      const about = { commandId: `c-${number}`, subscriberId, address: '+8613912345678', text: 'hello' }
      const size = { encoding: 'gsm7', segments: 1 } as const
      shelf.put({ number, channel: 'sms', ...about, ...size, sentAt: 1_000 * number, status: null }, hands)
    },
    async ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown) {
      const json = { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const answer = await http.inject({ method, url: `/v1/sandbox/${path}`, ...(body !== undefined && json) })
      return { http: answer.statusCode, ...answer.json() }
    },
  }
}

async function withSandbox() {
  const routes = await startRoutes()
  routes.shelf.channels.add('sms')
  return routes
}

test('a test sits down at a phone, finds its messages, and answers', async () => {
  const { ask, put } = await withSandbox()
  expect(await ask('PUT', 'phones/s-1', { attend_s: 60, off: ['push'] })).toMatchObject({
    http: 200,
    attend_s: 60,
    off: ['push'],
    messages: [],
  })
  put()
  expect(await ask('GET', 'phones')).toEqual({
    http: 200,
    channels: ['sms'],
    phones: [{ subscriberId: 's-1', messages: 1, channel: 'sms', sentAt: 1_000 }],
  })
  expect(await ask('POST', 'messages/1/acts', { act: 'reply', text: '1' })).toMatchObject({
    http: 200,
    answers: [{ text: '1' }],
  })
  expect(await ask('GET', 'phones/s-1')).toMatchObject({
    attend_s: 60,
    messages: [{ number: 1, address: '•••••••••••78', can: ['reply'] }],
  })
  put(undefined, 's-2')
  expect((await ask('GET', 'messages?subscriber=s-2&limit=5')).messages).toMatchObject([{ number: 2 }])
})

test.each<[string, 'GET' | 'PUT' | 'POST', string, unknown, number, string]>([
  ['a phone that nothing was sent to', 'GET', 'phones/nobody', undefined, 404, 'KM_SANDBOX_PHONE_UNKNOWN'],
  ['a message that there never was', 'POST', 'messages/99/acts', { act: 'open' }, 404, 'KM_SANDBOX_MESSAGE_UNKNOWN'],
  ['a reply to a message gone', 'POST', 'messages/1/acts', { act: 'reply', text: 'x' }, 410, 'KM_SANDBOX_MESSAGE_GONE'],
  ['what can’t be done', 'POST', 'messages/3/acts', { act: 'answer' }, 409, 'KM_SANDBOX_CANNOT'],
  ['no number', 'POST', 'messages/one/acts', { act: 'open' }, 400, 'KM_HTTP_QUERY'],
  ['number 0', 'POST', 'messages/0/acts', { act: 'open' }, 400, 'KM_HTTP_QUERY'],
  ['no act', 'POST', 'messages/3/acts', { act: 'shout' }, 400, 'KM_HTTP_BODY'],
  ['2,000 characters', 'POST', 'messages/3/acts', { act: 'reply', text: 'x'.repeat(2_000) }, 400, 'KM_HTTP_BODY'],
  ['an empty text', 'POST', 'messages/3/acts', { act: 'reply', text: '' }, 400, 'KM_HTTP_BODY'],
  ['a reply without text', 'POST', 'messages/3/acts', { act: 'reply' }, 400, 'KM_HTTP_BODY'],
  ['a key that is none', 'POST', 'messages/3/acts', { act: 'key', key: 'x' }, 400, 'KM_HTTP_BODY'],
  ['two keys at once', 'POST', 'messages/3/acts', { act: 'key', key: '12' }, 400, 'KM_HTTP_BODY'],
  ['a text to a key', 'POST', 'messages/3/acts', { act: 'key', key: '1', text: 'x' }, 400, 'KM_HTTP_BODY'],
  ['no body', 'POST', 'messages/3/acts', undefined, 400, 'KM_HTTP_BODY'],
  ['a channel that a phone has not', 'PUT', 'phones/s-1', { off: ['fax'] }, 400, 'KM_HTTP_BODY'],
  ['a day at the phone', 'PUT', 'phones/s-1', { attend_s: 86_400 }, 400, 'KM_HTTP_BODY'],
  ['a limit of none', 'GET', 'messages?limit=0', undefined, 400, 'KM_HTTP_QUERY'],
  ['another question', 'GET', 'messages?since=1', undefined, 400, 'KM_HTTP_QUERY'],
])('%s is refused', async (_, method, path, body, http, code) => {
  const { ask, put } = await withSandbox()
  for (let i = 0; i < 3; i++) put()
  const answer = await ask(method, path, body)
  expect(answer).toMatchObject({ http, code, message: expect.stringMatching(/.{10}/) })
})

test('what can’t be told now may be told again', async () => {
  const { ask, put } = await withSandbox()
  const away = new CodedError('KM_STORE_UNAVAILABLE', 'Redis does not answer', { canRetry: true })
  put({ reply: () => Promise.reject(away) })
  expect(await ask('POST', 'messages/1/acts', { act: 'reply', text: '1' })).toMatchObject({
    http: 503,
    code: 'KM_STORE_UNAVAILABLE',
  })
  expect(await ask('GET', 'phones/s-1')).toMatchObject({ messages: [{ answers: [] }] })
})

test.each([
  ['GET', 'phones', undefined],
  ['GET', 'phones/s-1', undefined],
  ['PUT', 'phones/s-1', { attend_s: 1 }],
  ['POST', 'messages/1/acts', { act: 'open' }],
] as const)('%s %s: nothing is there where all channels are real', async (method, path, body) => {
  const { ask } = await startRoutes()
  expect(await ask(method, path, body)).toMatchObject({ http: 404, code: 'KM_SANDBOX_OFF' })
  expect(await ask('GET', 'messages')).toEqual({ http: 200, messages: [] })
})
