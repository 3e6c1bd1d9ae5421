import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { problemOf } from './problem.ts'

/**
 * Has a scope's routes check what they are given by themselves (the messages of Fastify's own check have no code of ours, and
 * it would change what it checks), and answer coded errors with statuses of their own; what has none, the server answers.
 *
 * @param statusByCode what has a status of its own
 * @param detailsOf what an answer has beside code and message; an error that has such is answered here, by 400 if it has no
 *   status of its own
 */
export function ownErrors(
  scope: FastifyInstance,
  statusByCode: Readonly<Record<string, number>>,
  detailsOf: (error: unknown) => Readonly<Record<string, unknown>> | undefined = () => undefined,
): void {
  scope.setValidatorCompiler(() => () => true)
  scope.setErrorHandler((error, _request, reply) => {
    const details = detailsOf(error)
    const status = error instanceof CodedError ? statusByCode[error.code] : undefined
    if (status === undefined && details === undefined) throw error // the server's handler answers
    const { code, message } = problemOf(error, 0)
    return reply.status(status ?? 400).send({ code, message, ...details })
  })
}
