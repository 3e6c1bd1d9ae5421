import type { FastifyInstance, FastifyReply } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { type Links, linkPath } from './links.ts'

interface LinkRequest {
  readonly Params: { readonly '*': string }
}

/** Where the links of messages lead first. Of all that we serve this alone is for the public. */
export function linkRoutes(http: FastifyInstance, links: () => Links | undefined): void {
  function opened(): Links {
    const found = links()
    if (found) return found
    throw new CodedError('KM_NOT_READY', 'starting', { canRetry: true })
  }
  // Not one parameter: those are bounded, and phones take what follows a link for a part of it.
  const url = `${linkPath}*`
  const schema = {
    summary: 'Follows a link of a message',
    description:
      'Tells that the message was opened (204), or that its link was clicked (302, to where the offer leads)',
  }

  http.route<LinkRequest>({
    method: ['GET', 'POST'],
    url,
    exposeHeadRoute: false,
    schema,
    async handler({ params, headers }, reply) {
      // What a browser fetches ahead nobody has clicked: it asks again when somebody does.
      if (isAhead(headers)) return reply.status(503).header('cache-control', 'no-store').send()
      return lead(reply, await opened().follow(params['*']))
    },
  })

  http.head<LinkRequest>(
    url,
    { schema: { ...schema, summary: 'Looks where a link of a message leads' } },
    async (request, reply) => lead(reply, await opened().look(request.params['*'])),
  )
}

function lead(reply: FastifyReply, target: string | null): FastifyReply {
  void reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' })
  return target === null ? reply.status(204).send() : reply.redirect(target, 302)
}

const isAhead = (headers: Readonly<Record<string, string | string[] | undefined>>): boolean =>
  ['sec-purpose', 'purpose', 'x-moz'].some((name) => /prefetch|prerender|preview/i.test(String(headers[name] ?? '')))
