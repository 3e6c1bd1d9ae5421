import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import type { SandboxMessage } from '../deliver/adapters/sandbox/sandbox-shelf.ts'
import type { Deployable, ProcessView } from '../platform/deployable.ts'
import type { Platform } from '../platform/platform.ts'
import type { Logger } from '../telemetry/log.ts'
import { type MessageNews, newsAmong, sandboxMessages } from './messages.ts'
import { createLiveStream, type ServerEvent } from './stream.ts'
import { createSummaries, type LiveSummary, type Summaries } from './summary.ts'

const everyMs = 1_000
const clientsMost = 50

const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/**
 * A page that shows what goes on in the process (GET /), the same as JSON (GET /v1/live) and as a stream of events
 * (GET /v1/live/stream), and where channels are sandboxes a phone to answer them (GET /phone). There from the moment the process listens, so that it can say what is still missing.
 */
export const livePage: Deployable = {
  name: 'live',
  routes: (http, platform, process) => {
    void http.register(async (scope) => liveRoutes(scope, platform, process))
  },
  start: async () => ({ stop: async () => undefined }),
}

async function liveRoutes(http: FastifyInstance, platform: () => Platform, process: ProcessView): Promise<void> {
  const summaries = await createSummaries({
    ...process,
    platform: () => openedOr(platform),
    monotonic: () => performance.now(),
  })
  const stream = createLiveStream(clientsMost)
  const ticking = tick(http, process.logger, summaries, (events) => stream.send(events))

  http.addHook('onSend', async (_request, reply) => void reply.headers(headers))
  // Before the server waits for its connections to end, or it would wait for these.
  http.addHook('preClose', async () => {
    ticking.stop()
    stream.close()
  })
  await http.register(fastifyStatic, { root: join(import.meta.dirname, 'page'), prefix: '/live/', index: false })
  http.get('/', { schema: { hide: true } }, async (_request, reply) => reply.sendFile('index.html'))
  http.get('/phone', { schema: { hide: true } }, async (_request, reply) => {
    const phones = await http.inject('/v1/sandbox/phones')
    if (phones.statusCode === 200) return reply.sendFile('phone.html')
    return reply.status(phones.statusCode).type('application/json').send(phones.body)
  })
  http.get('/v1/live', { schema: { summary: 'What goes on in this process, with the last five minutes' } }, async () =>
    summaries.current(),
  )
  http.get(
    '/v1/live/stream',
    { schema: { summary: 'The same as server-sent events, once a second, with the messages of the sandbox' } },
    (_request, reply) => {
      reply.hijack()
      stream.add(reply.raw, headers, () => greeting(summaries.current(), ticking.messages()))
    },
  )
}

function openedOr(platform: () => Platform): Platform | undefined {
  try {
    return platform()
  } catch {
    return undefined
  }
}

/** Everything that a page needs to begin. */
const greeting = (summary: LiveSummary, messages: readonly SandboxMessage[]): readonly ServerEvent[] => [
  { event: 'summary', data: summary },
  { event: 'messages', data: { reset: true, messages } satisfies MessageNews },
]

/**
 * Once a second: samples, and tells what is new. Of the history only the newest second is told. A second that fails is
 * left out: nobody awaits it, so that its error would end the process for the sake of a page.
 */
function tick(
  http: FastifyInstance,
  logger: Logger,
  summaries: Summaries,
  tell: (events: readonly ServerEvent[]) => void,
) {
  let messages: readonly SandboxMessage[] = []
  let busy = false
  const timer = setInterval(async () => {
    if (busy) return
    busy = true
    try {
      await summaries.sample()
      const summary = summaries.current()
      const before = messages
      messages = await sandboxMessages(http).catch(() => before) // the server may be closing just now
      const news = newsAmong(messages, before)
      tell([
        { event: 'summary', data: { ...summary, history: summary.history.slice(-1) } },
        ...(news.messages.length > 0 ? [{ event: 'messages', data: news }] : []),
      ])
    } catch (error) {
      logger.debug({ err: error }, 'live page: a second is left out')
    } finally {
      busy = false
    }
  }, everyMs)
  timer.unref()
  return { messages: () => messages, stop: () => clearInterval(timer) }
}
