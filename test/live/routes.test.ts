import { expect, onTestFinished, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { createHttpServer, type Readiness } from '../../services/http/server.ts'
import { livePage } from '../../services/live/service.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { waitFor } from '../support/wait-for.ts'
import { startLiveProcess } from './live-process.ts'

const brokersAbsent: Readiness = () => [{ code: 'KM_LOG_UNAVAILABLE', reason: 'the brokers do not answer' }]

/** The HTTP interface of a process that hasn't opened its log yet. */
async function startingServer(readiness = brokersAbsent, logger = createLogger('silent')) {
  const metrics = createMetrics()
  const http = await createHttpServer({ bodyBytesMax: 1_000, logger, metrics, readiness })
  const platform = () => {
    throw new CodedError('KM_NOT_READY', 'starting', { canRetry: true })
  }
  livePage.routes?.(http, platform, { metrics, readiness, logger })
  onTestFinished(() => http.close())
  return http
}

test.each([
  { url: '/', type: 'text/html' },
  { url: '/live/page.js', type: 'javascript' },
  { url: '/live/texts.js', type: 'javascript' },
  { url: '/live/elements.js', type: 'javascript' },
  { url: '/live/phone.js', type: 'javascript' },
  { url: '/live/phone.css', type: 'text/css' },
  { url: '/live/page.css', type: 'text/css' },
  { url: '/live/icon.svg', type: 'image/svg+xml' },
])('$url is there under a strict policy', async ({ url, type }) => {
  const { statusCode, headers } = await (await startingServer()).inject(url)
  expect(statusCode).toBe(200)
  expect(headers['content-type']).toContain(type)
  expect(headers['x-content-type-options']).toBe('nosniff')
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe|\*|https?:/)
})

test.each(['/live/', '/live/none.js', '/live/../service.ts', '/live/%2e%2e/service.ts', '/live/..%2fservice.ts'])(
  '%s is not there',
  async (url) => {
    const { statusCode, body } = await (await startingServer()).inject(url)
    expect(statusCode).toBeGreaterThanOrEqual(400)
    expect(statusCode).toBeLessThan(500)
    expect(body).not.toContain('import')
  },
)

test('before everything is open, it says what is missing', async () => {
  const { statusCode, body } = await (await startingServer()).inject('/v1/live')
  expect(statusCode).toBe(200)
  expect(JSON.parse(body)).toMatchObject({
    ready: false,
    problems: [{ code: 'KM_LOG_UNAVAILABLE', reason: 'the brokers do not answer' }],
    engine: null,
    eventToCommand: null,
  })
})

test('a second that cannot be summed up is left out and said at debug; the process and its stream go on', async () => {
  const lines: string[] = []
  let faulty = false
  const readiness: Readiness = () => {
    if (faulty) throw new Error('a fault of the figures')
    return brokersAbsent()
  }
  const write = (line: string) => {
    lines.push(line)
    faulty = false
  }
  const http = await startingServer(readiness, createLogger('debug', { write }))
  const { body } = await fetch(`${await http.listen({ host: '127.0.0.1', port: 0 })}/v1/live/stream`)
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toContain('event: summary')
  faulty = true
  await waitFor('the line in the log', () => lines.length > 0)
  expect((await reader?.read())?.value).toContain('event: summary')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'debug', err: { message: 'a fault of the figures' }, msg: 'live page: a second is left out' },
  ])
})

test('a top-up is in the figures and its message on the stream, which ends in order when the process stops', async () => {
  const live = await startLiveProcess()
  const response = await fetch(`${live.url}/v1/live/stream`)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const { body } = response
  if (!body) throw new Error('no body')
  let received = ''
  const reading = (async () => {
    for await (const text of body.pipeThrough(new TextDecoderStream())) received += text
  })()
  await live.topUp('en')
  await waitFor('the delivered message', () => /event: messages\ndata: .*"status":"delivered"/.test(received))
  const events = received.split('\n\n').filter((event) => event.startsWith('event: '))
  expect(events.slice(0, 2).map((event) => event.split('\n')[0])).toEqual(['event: summary', 'event: messages'])

  const summary = (await live.http.inject('/v1/live')).json()
  expect(summary).toMatchObject({ ready: true, engine: { speed: 1, zone: 'Asia/Shanghai' } })
  expect(summary.rules).toContainEqual(expect.objectContaining({ name: 'first-recharge', kind: 'first', total: 1 }))
  expect(summary.commands).toContainEqual({ name: 'sms', total: 1, lastMinute: 1 })
  expect(summary.eventToCommand).toMatchObject({ commands: 1 })

  await live.stop()
  await reading // ends, and not by an error
})
