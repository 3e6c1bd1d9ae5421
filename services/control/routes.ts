import type { FastifyInstance } from 'fastify'
import { ownErrors } from '../http/own-errors.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { cancel, checkCampaign, pauseScope, resume } from './act.ts'
import { type Control, controlTiming } from './open.ts'
import {
  cancelBody,
  historyQuery,
  pauseBody,
  readCancelBody,
  readHistoryQuery,
  readPauseBody,
  readResumeBody,
  resumeBody,
} from './requests.ts'
import { type ActView, actView, iso, type PauseView, pauseView } from './views.ts'

/** What has a status of its own. */
const statusByCode: Readonly<Record<string, number>> = { KM_PAUSE_NONE: 404 }

/** What is in force, as this process knows it. */
export interface PauseList {
  /** False: it is not known at present, and marketing and care wait. */
  readonly known: boolean
  readonly pauses: readonly PauseView[]
}

export interface PausedAnswer {
  readonly pause: PauseView
  /** It was paused already. */
  readonly unchanged: boolean
  /** From the answer on it holds in this process; after so many seconds in every other. */
  readonly everywhere_within_s: number
}

export interface ResumedAnswer {
  readonly resumed: readonly PauseView[]
  /** Pauses that are still in force. */
  readonly remaining: readonly PauseView[]
}

export interface CancelledAnswer {
  readonly id: string
  /** Of commands that were issued until then those are cancelled that are not claimed. */
  readonly at: string
  readonly everywhere_within_s: number
}

export interface ActList {
  /** The last one first. */
  readonly acts: readonly ActView[]
  /** Where the next page begins; null: this was the last. */
  readonly before: string | null
}

interface Opened {
  readonly control: Control
  readonly catalogue: { readonly current: Catalogue }
}

const everywhere_within_s = controlTiming.validMs / 1_000

/** Pause, resume and cancel over HTTP, in any process. */
export function controlRoutes(http: FastifyInstance, opened: () => Opened): void {
  void http.register(async (scope) => {
    ownErrors(scope, statusByCode)
    scope.get(
      '/v1/pauses',
      { schema: { summary: 'What is paused, by whom and why' } },
      async (): Promise<PauseList> => {
        const { control } = opened()
        return { known: !control.isUnknown('marketing'), pauses: control.ledger.pauses.map(pauseView) }
      },
    )
    scope.get<{ Querystring: Readonly<Record<string, unknown>> }>(
      '/v1/pauses/history',
      {
        schema: {
          summary: 'Everything that was paused, resumed and cancelled, the last one first',
          querystring: historyQuery,
        },
      },
      async ({ query }): Promise<ActList> => {
        const { limit, before } = readHistoryQuery(query)
        const { history } = opened().control.ledger
        const begin = before === undefined ? 0 : history.findIndex(({ control_id }) => control_id === before) + 1
        const page = history.slice(begin, begin + limit)
        const isLast = begin + limit >= history.length
        return { acts: page.map(actView), before: isLast ? null : (page.at(-1)?.control_id ?? null) }
      },
    )
    scope.post(
      '/v1/pauses',
      {
        schema: {
          summary: 'Pauses everything, or a channel, a purpose, a campaign, down to the send',
          body: pauseBody,
        },
      },
      async ({ body }): Promise<PausedAnswer> => {
        const { control, catalogue } = opened()
        const { scope: wanted, ...actor } = readPauseBody(body)
        checkCampaign(wanted.campaign, campaignsOf(catalogue.current))
        const { pause, unchanged } = await pauseScope(control, wanted, actor)
        return { pause: pauseView(pause), unchanged, everywhere_within_s }
      },
    )
    scope.post(
      '/v1/pauses/resume',
      { schema: { summary: 'Ends the pause of exactly this, or the one of an id', body: resumeBody } },
      async ({ body }): Promise<ResumedAnswer> => {
        const { what, ...actor } = readResumeBody(body)
        const { resumed, remaining } = await resume(opened().control, what, actor)
        return { resumed: resumed.map(pauseView), remaining: remaining.map(pauseView) }
      },
    )
    scope.post(
      '/v1/cancels',
      {
        schema: {
          summary: 'Cancels a command, or those of a campaign, as far as they are not claimed',
          body: cancelBody,
        },
      },
      async ({ body }): Promise<CancelledAnswer> => {
        const { control, catalogue } = opened()
        const { what, ...actor } = readCancelBody(body)
        if ('campaign' in what) checkCampaign(what.campaign, campaignsOf(catalogue.current))
        const { id, at } = await cancel(control, what, actor)
        return { id, at: iso(at), everywhere_within_s }
      },
    )
  })
}

/** By which names a pause may call what the catalogue says. */
const campaignsOf = ({ ruleset }: Catalogue): readonly string[] => ruleset.rules.map(({ id }) => id)
