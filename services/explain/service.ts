import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { ownErrors } from '../http/own-errors.ts'
import type { Deployable } from '../platform/deployable.ts'
import type { Platform } from '../platform/platform.ts'
import { instantOf } from '../records/iso-time.ts'
import { type ExplainRequest, explainSubscriber } from './explain-subscriber.ts'
import { logUntil } from './log-until.ts'
import { type Language, languages } from './sentences.ts'

/** What has a status of its own. 499: nobody reads it. */
const statusByCode: Readonly<Record<string, number>> = {
  KM_SUBSCRIBER_UNKNOWN: 404,
  KM_RULE_UNKNOWN: 404,
  KM_CLIENT_LEFT: 499,
}
/** Who reads the log does so at full speed. */
const readingMost = 2

const query = {
  type: 'object',
  properties: {
    at: { type: 'string', description: 'ISO-8601 time with a zone, not in the future; default and `now`: now' },
    rule: { type: 'string', description: 'id of a rule: its conditions with values, its factors with their windows' },
    all: { type: 'boolean', description: 'all factors and all conditions' },
    from: {
      type: 'string',
      enum: ['state', 'log'],
      description:
        'state: what the services have committed (default for now); log: by reading the events again (default for a past time)',
    },
    language: {
      type: 'string',
      enum: languages,
      description: 'of the sentences; default: by Accept-Language, else en',
    },
  },
} as const

/** Why a subscriber got a message, or didn't: GET /v1/subscribers/:id/explain, in any process. */
export const explain: Deployable = {
  name: 'explain',
  routes: (http, platform) => {
    void http.register(async (scope) => explainRoutes(scope, platform))
  },
  start: async () => ({ stop: async () => undefined }),
}

async function explainRoutes(http: FastifyInstance, platform: () => Platform): Promise<void> {
  let reading = 0
  ownErrors(http, statusByCode)
  http.get<{ Params: { id: string }; Querystring: Readonly<Record<string, unknown>> }>(
    '/v1/subscribers/:id/explain',
    {
      schema: {
        summary: 'Factors, rules, moments and decisions of a subscriber as of a time: why something fired, or did not',
        params: { type: 'object', properties: { id: { type: 'string', description: 'subscriber_id, a pseudonym' } } },
        querystring: query,
      },
    },
    async ({ params, query: given, headers }, reply) => {
      const opened = platform()
      if (reading >= readingMost) {
        throw new CodedError('KM_EXPLAIN_BUSY', `${readingMost} others are asking; try again`, { canRetry: true })
      }
      reading++
      const left = new AbortController()
      reply.raw.once('close', () => left.abort(new CodedError('KM_CLIENT_LEFT', 'who asked has gone')))
      try {
        const request = requestOf(params.id, given, headers['accept-language'])
        reply.header('content-language', request.language ?? 'en').header('vary', 'accept-language')
        return await explainSubscriber({ ...opened, log: logUntil(opened.log, left.signal) }, request)
      } finally {
        reading--
      }
    },
  )
}

/** @throws CodedError KM_EXPLAIN_QUERY, KM_EXPLAIN_TIME */
function requestOf(
  subscriber: string,
  given: Readonly<Record<string, unknown>>,
  accepted: string | undefined,
): ExplainRequest {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(query.properties, name) || typeof value !== 'string') {
      const known = Object.keys(query.properties).join(', ')
      throw new CodedError('KM_EXPLAIN_QUERY', `'${name}' cannot be asked for, or only once; known: ${known}`)
    }
    texts.set(name, value)
  }
  const all = texts.get('all')
  const from = texts.get('from')
  if (all !== undefined && !['true', 'false', ''].includes(all)) {
    throw new CodedError('KM_EXPLAIN_QUERY', `all is 'true' or 'false', not '${all}'`)
  }
  if (from !== undefined && from !== 'state' && from !== 'log') {
    throw new CodedError('KM_EXPLAIN_QUERY', `from is 'state' or 'log', not '${from}'`)
  }
  const asked = texts.get('language')
  const language = asked === undefined ? preferred(accepted) : languages.find((known) => known === asked)
  if (language === undefined) {
    throw new CodedError('KM_EXPLAIN_QUERY', `language is one of ${languages.join(', ')}, not '${asked}'`)
  }
  return {
    subscriber,
    language,
    at: timeOf(texts.get('at')),
    rule: texts.get('rule'),
    all: all !== undefined && all !== 'false',
    from,
  }
}

/** The one of ours that is wanted most; English where none is. */
function preferred(accepted = ''): Language {
  const wanted = accepted.split(',').map((part) => {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';')
    const quality = parameters.map((one) => /^\s*q=([\d.]+)$/.exec(one)?.[1]).find((found) => found !== undefined)
    return { language: range.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) }
  })
  const known = wanted.filter(({ language, quality }) => quality > 0 && languages.some((one) => one === language))
  const [best] = known.toSorted((a, b) => b.quality - a.quality)
  return languages.find((one) => one === best?.language) ?? 'en'
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'now') return undefined
  const time = instantOf(text)
  if (time !== undefined) return time
  throw new CodedError('KM_EXPLAIN_TIME', `'${text}' is no ISO-8601 time with a zone, such as 2026-03-02T10:00:00Z`)
}
