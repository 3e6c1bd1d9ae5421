import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { problemOf } from '../http/problem.ts'
import type { Deployable, ProcessView } from '../platform/deployable.ts'
import type { Platform } from '../platform/platform.ts'
import { recordsOf } from '../records/to-log.ts'
import { serviceNodes } from '../topology.ts'
import { readBatch } from './batch.ts'

const node = serviceNodes.ingest
const retryAfterSeconds = 1

/** Ingest as a service: takes batches of events over HTTP and answers once they are on the log. */
export function createIngest(): Deployable {
  return {
    name: node.name,
    routes: eventRoutes,
    start: async () => ({ stop: async () => undefined }),
  }
}

function eventRoutes(http: FastifyInstance, platform: () => Platform, { metrics }: ProcessView): void {
  http.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(['application/json', ...ndjsonTypes], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    scope.setErrorHandler((error) => {
      const told = isMediaType(error) ? mediaType() : error
      metrics.refused.inc({ reason: problemOf(told, 0).code })
      throw told // the server's handler answers
    })
    let waitingBytes = 0
    scope.post(
      '/v1/events',
      {
        schema: {
          summary: 'Takes a batch of events as a whole, or refuses it as a whole',
          description: 'JSON array (application/json) or one object a line (application/x-ndjson)',
          consumes: ['application/json', ...ndjsonTypes],
        },
      },
      async (request: FastifyRequest, reply) => {
        const { log, codec, settings } = platform()
        const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
        // A batch that is larger than all that may wait still gets through, alone.
        if (waitingBytes > 0 && waitingBytes + body.length > settings.http.waiting_bytes_max) {
          metrics.refused.inc({ reason: 'KM_INGEST_BUSY' })
          return reply
            .status(429)
            .header('retry-after', retryAfterSeconds)
            .send({ code: 'KM_INGEST_BUSY', message: 'too much is waiting for the log; send the batch again later' })
        }
        const format = ndjsonTypes.some((type) => request.headers['content-type']?.startsWith(type)) ? 'ndjson' : 'json'
        const batch = readBatch(body, format)
        if (batch.problems) {
          metrics.refused.inc({ reason: 'KM_BATCH_REFUSED' })
          return refuse(reply, batch)
        }
        waitingBytes += body.length
        try {
          await log.append(recordsOf(batch.events, codec))
        } finally {
          waitingBytes -= body.length
        }
        const byType: Record<string, number> = {}
        for (const { type } of batch.events) byType[type] = (byType[type] ?? 0) + 1
        for (const [type, count] of Object.entries(byType)) metrics.ingested.inc({ type }, count)
        return reply.status(202).send({ accepted: batch.events.length, by_type: byType })
      },
    )
  })
}

const ndjsonTypes = ['application/x-ndjson', 'application/jsonl', 'application/jsonlines']

const isMediaType = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 415

const mediaType = (): CodedError =>
  new CodedError('KM_HTTP_MEDIA_TYPE', `content-type must be ${['application/json', ...ndjsonTypes].join(' or ')}`)

const refuse = (reply: FastifyReply, { problems, refused }: { problems: readonly unknown[]; refused: number }) =>
  reply.status(400).send({
    code: 'KM_BATCH_REFUSED',
    message: `${refused} events of the batch are wrong; nothing of it was taken`,
    problems,
  })
