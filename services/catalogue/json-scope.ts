import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { problemOf } from '../http/problem.ts'
import { CatalogueInvalid } from './history.ts'

/** A catalogue that fits into a record when it is compressed is at most so large before. */
const bodyBytesMax = 32 * 1_048_576

/**
 * Routes whose bodies are JSON with the files of a catalogue: larger than other bodies, with every problem of a wrong
 * catalogue in the answer. `statusByCode`: what has a status of its own.
 */
export function jsonScope(
  http: FastifyInstance,
  statusByCode: Readonly<Record<string, number>>,
  routes: (scope: FastifyInstance) => void,
): void {
  void http.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: bodyBytesMax },
      (_request, body, done) => {
        try {
          done(null, jsonOf(body as Buffer))
        } catch (error) {
          done(error as Error)
        }
      },
    )
    scope.setErrorHandler((error, _request, reply) => {
      const coded = error instanceof CodedError ? statusByCode[error.code] : undefined
      if (coded === undefined && !(error instanceof CatalogueInvalid)) throw error // the server's handler answers
      const { code, message } = problemOf(error, bodyBytesMax)
      if (!(error instanceof CatalogueInvalid)) return reply.status(coded ?? 400).send({ code, message })
      return reply
        .status(400)
        .send({ code, message: message.split('\n')[0], problems: error.problems.map(problemView) })
    })
    // Fastify's own check isn't used: its messages have no code of ours, and it would change what it checks.
    scope.setValidatorCompiler(() => () => true)
    routes(scope)
  })
}

/** Bytes that aren't UTF-8 would be replaced, and a rule would say something else. */
function jsonOf(body: Buffer): unknown {
  if (!isUtf8(body)) throw new CodedError('KM_HTTP_NOT_UTF8', 'the body is not UTF-8; nothing of it was taken')
  try {
    return JSON.parse(body.toString())
  } catch (cause) {
    throw new CodedError('KM_HTTP_NOT_JSON', `the body is no JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
}

const problemView = ({ code, message, location }: CodedError): object => ({ code, message, ...location })
