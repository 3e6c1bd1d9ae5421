import type { FastifyInstance } from 'fastify'
import type { Clock } from '../flow/clock.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { learningTiming, type OpenLearning } from './open.ts'
import { type UpliftView, upliftViews } from './uplift.ts'
import { type ExperimentView, experimentView, type OddsView, oddsViews } from './views.ts'

export interface ExperimentList {
  /** Up to when outcomes are counted: ISO-8601; null: none are. */
  readonly tallied_at: string | null
  /** What happens is counted here within so many seconds. */
  readonly counted_within_s: number
  /** Campaigns of the catalogue in force that try something. */
  readonly experiments: readonly ExperimentView[]
  /** What marketing brings: those who are addressed held against those who are held out. */
  readonly uplift: readonly UpliftView[]
}

export interface OddsList extends Pick<ExperimentList, 'tallied_at' | 'counted_within_s'> {
  readonly odds: readonly OddsView[]
}

interface Opened {
  readonly learning: OpenLearning
  readonly catalogue: { readonly current: Catalogue }
  readonly clock: Clock
}

/** What experiments and offers have come to, in any process. */
export function learningRoutes(http: FastifyInstance, opened: () => Opened): void {
  http.get(
    '/v1/experiments',
    { schema: { summary: 'What campaigns try: exposures, outcomes, rates with intervals, and what was stopped' } },
    async (): Promise<ExperimentList> => {
      const { learning, catalogue } = opened()
      const tried = catalogue.current.campaigns.filter(({ variants }) => variants.length > 0)
      return {
        ...known(learning),
        experiments: tried.map((campaign) => experimentView(campaign, learning)),
        uplift: upliftViews(learning.arms(), catalogue.current.campaigns),
      }
    },
  )
  http.get(
    '/v1/experiments/odds',
    { schema: { summary: 'How likely acceptances of offers are held to be, from their priors and what was learned' } },
    async (): Promise<OddsList> => {
      const { learning, catalogue, clock } = opened()
      return { ...known(learning), odds: oddsViews(catalogue.current, learning, clock.now()) }
    },
  )
}

const known = ({ talliedAt }: OpenLearning) => ({
  tallied_at: talliedAt === null ? null : new Date(talliedAt).toISOString(),
  counted_within_s: (2 * learningTiming.everyMs) / 1_000,
})
