import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import { isoDate, timeZone } from '../domain/time-zones.ts'
import { ownErrors } from '../http/own-errors.ts'
import type { Deployable } from '../platform/deployable.ts'
import type { Platform } from '../platform/platform.ts'
import { knownValues } from './known-values.ts'
import { thresholdsOf } from './thresholds.ts'

/** What GET /v1/factors/:id/quantiles answers. */
export interface QuantilesAnswer {
  readonly factor: string
  /** Today, where most subscribers are: YYYY-MM-DD. */
  readonly at: string
  /** Of whom the factor is known. */
  readonly subscribers: number
  readonly cuts: readonly number[]
  /** Of each cut; null: too many share the greatest value. */
  readonly thresholds: readonly (number | null)[]
}

const cutsMost = 20

/** Measures quantiles of a factor over all subscribers: GET /v1/factors/:id/quantiles, in any process. */
export const quantiles: Deployable = {
  name: 'quantiles',
  routes: (http, platform) => {
    void http.register(async (scope) => quantileRoutes(scope, platform))
  },
  start: async () => ({ stop: async () => undefined }),
}

async function quantileRoutes(http: FastifyInstance, platform: () => Platform): Promise<void> {
  let isMeasuring = false
  ownErrors(http, { KM_QUANTILES_FACTOR: 404, KM_QUANTILES_NOBODY: 409 })
  http.get<{ Params: { id: string }; Querystring: { readonly cuts?: unknown } }>(
    '/v1/factors/:id/quantiles',
    {
      schema: {
        summary: 'Thresholds of a factor at which parts of all subscribers begin, by what detect has committed',
        params: { type: 'object', properties: { id: { type: 'string', description: 'a factor that is a number' } } },
        querystring: {
          type: 'object',
          properties: { cuts: { type: 'string', description: 'parts that are below, between 0 and 1: 0.4,0.8' } },
        },
      },
    },
    async ({ params, query }): Promise<QuantilesAnswer> => {
      const opened = platform()
      const cuts = cutsOf(query.cuts)
      if (isMeasuring) throw new CodedError('KM_QUANTILES_BUSY', 'somebody is measuring; try again', { canRetry: true })
      isMeasuring = true
      try {
        return await measure(opened, params.id, cuts)
      } finally {
        isMeasuring = false
      }
    },
  )
}

/** @throws CodedError KM_QUANTILES_FACTOR, KM_QUANTILES_NOBODY */
async function measure(platform: Platform, factor: string, cuts: readonly number[]): Promise<QuantilesAnswer> {
  const now = platform.clock.now()
  const { catalogue, number } = platform.catalogue.at(now)
  const visible = catalogue.ruleset.factors.filter(({ hidden }) => !hidden)
  const known = visible.find(({ id }) => id === factor)
  if (known?.type !== 'int' && known?.type !== 'double') {
    const ids = visible.map(({ id }) => id)
    const why = known ? `'${factor}' is ${known.type}, no number` : `no factor '${factor}'${didYouMean(factor, ids)}`
    throw new CodedError('KM_QUANTILES_FACTOR', `version ${number} of the catalogue, in force now: ${why}`)
  }
  const values = await knownValues(platform, factor, now)
  if (values.length === 0) {
    const message = `'${factor}' is known of nobody: either nothing came that it is over, or no rule and no segment reads it`
    throw new CodedError('KM_QUANTILES_NOBODY', message)
  }
  const at = isoDate(timeZone(catalogue.policy.defaultTimeZone).civilDay(now))
  return { factor, at, subscribers: values.length, cuts, thresholds: thresholdsOf(values, cuts) }
}

/** @throws CodedError KM_QUANTILES_CUTS */
function cutsOf(text: unknown): readonly number[] {
  const cuts =
    typeof text === 'string' ? text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part))) : []
  if (cuts.length > 0 && cuts.length <= cutsMost && cuts.every((cut) => cut > 0 && cut < 1)) return cuts
  throw new CodedError('KM_QUANTILES_CUTS', `cuts are 1 to ${cutsMost} numbers between 0 and 1: ?cuts=0.4,0.8`)
}
