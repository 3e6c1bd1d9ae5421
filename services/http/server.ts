import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { problemOf } from './problem.ts'

/** Why this process should get no work now; empty: it is ready. */
export type Readiness = () => readonly { readonly code: string; readonly reason: string }[]

export interface HttpOptions {
  readonly bodyBytesMax: number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly readiness: Readiness
}

const retryAfterSeconds = 1

/**
 * The HTTP interface of a process: /healthz (the process lives), /readyz (it can do its work; 503 with coded reasons),
 * /metrics (Prometheus), /docs (OpenAPI). Services add their routes before it listens.
 */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { bodyBytesMax, logger, metrics, readiness } = options
  const server = fastify({
    bodyLimit: bodyBytesMax,
    forceCloseConnections: true,
    // Of what it doesn't find a route for, as an address that can't be decoded.
    frameworkErrors(error, _request, reply: FastifyReply) {
      const { status, code, message } = problemOf(error, bodyBytesMax)
      void reply.status(status).send({ code, message })
    },
  })
  await server.register(swagger, {
    openapi: { info: { title: 'Keymoment', version: '1', description: 'Streaming key-moment engine' } },
  })
  server.setErrorHandler((error, _request, reply) => {
    const { status, code, message } = problemOf(error, bodyBytesMax)
    if (status === 503) reply.header('retry-after', retryAfterSeconds)
    else if (status >= 500) logger.error({ err: error }, 'request failed')
    return reply.status(status).send({ code, message })
  })
  server.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ code: 'KM_HTTP_NOT_FOUND', message: `nothing at ${request.method} ${request.url}` }),
  )
  server.get('/healthz', { schema: { summary: 'The process lives' } }, async () => ({ status: 'ok' }))
  server.get('/readyz', { schema: { summary: 'The process can do its work' } }, async (_request, reply) => {
    const problems = readiness()
    return reply.status(problems.length === 0 ? 200 : 503).send({ ready: problems.length === 0, problems })
  })
  server.get('/metrics', { schema: { summary: 'Metrics for Prometheus' } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
  server.get('/docs', { schema: { summary: 'OpenAPI description' } }, async () => server.swagger())
  return server
}
