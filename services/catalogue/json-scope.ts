import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { ownErrors } from '../http/own-errors.ts'
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
    ownErrors(scope, statusByCode, detailsOf)
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

/** Every problem of a wrong catalogue; its message has them all, one a line. */
const detailsOf = (error: unknown): Readonly<Record<string, unknown>> | undefined =>
  error instanceof CatalogueInvalid
    ? { message: error.message.split('\n')[0], problems: error.problems.map(problemView) }
    : undefined

const problemView = ({ code, message, location }: CodedError): object => ({ code, message, ...location })
