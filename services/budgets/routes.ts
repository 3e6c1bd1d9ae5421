import type { FastifyInstance } from 'fastify'
import type { Clock } from '../flow/clock.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { KnownBudgets } from './open.ts'
import { type BudgetView, budgetViews } from './views.ts'

/** The budgets of the catalogue in force, as this process knows them. */
export interface BudgetList {
  readonly budgets: readonly BudgetView[]
  /** Why nothing is granted at present of some of them. */
  readonly problems: readonly { readonly code: string; readonly reason: string }[]
}

interface Opened {
  readonly budgets: KnownBudgets
  readonly catalogue: { readonly current: Catalogue }
  readonly clock: Pick<Clock, 'now'>
}

/** What is left of budgets, over HTTP, in a process that decides. */
export function budgetRoutes(http: FastifyInstance, opened: () => Opened): void {
  http.get(
    '/v1/budgets',
    { schema: { summary: 'What was let go, granted and spent of each budget, and what is left' } },
    async (): Promise<BudgetList> => {
      const { budgets, catalogue, clock } = opened()
      return { budgets: budgetViews(catalogue.current.policy, budgets, clock.now()), problems: budgets.problems() }
    },
  )
}
