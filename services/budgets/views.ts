import type { Budget } from '../rules/budgets.ts'
import type { Policy } from '../rules/catalogue.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { allowanceOf, openFrom, periodOf, poolOf } from './allowance.ts'
import type { KnownBudgets } from './open.ts'

/** A budget in its present period, as it is shown. Amounts in minor units of money, or in uses. */
export interface BudgetView {
  readonly id: string
  readonly of: 'money' | 'uses'
  /** Of money, where the policy says it: ISO 4217. */
  readonly currency: string | null
  readonly period: string
  /** ISO-8601; to: null where it never ends. */
  readonly from: string
  readonly to: string | null
  readonly amount: number
  /** What may have been granted by now. */
  readonly paced: number
  /** What was granted to processes, without what they gave back. */
  readonly granted: number
  /** What they spent of it: this process as of now, others as they said last. */
  readonly spent: number
  /** What may still be granted in the period. */
  readonly left: number
  /** When more is let go within the period, at the earliest. ISO-8601; null: not any more. */
  readonly more_at: string | null
  readonly reserves: readonly ReserveView[]
  /** Periods before this one, the last one first. */
  readonly earlier: readonly { readonly period: string; readonly granted: number; readonly spent: number }[]
}

export interface ReserveView {
  readonly segments: readonly string[]
  readonly share: number
  /** ISO-8601; null: until the period ends. */
  readonly until: string | null
  /** It is kept at present; else open to all. */
  readonly kept: boolean
  readonly granted: number
}

const earlierMost = 14

/** The budgets of a policy as of an instant. */
export const budgetViews = (policy: Policy, known: KnownBudgets, now: number): readonly BudgetView[] =>
  (policy.budgets ?? []).map((budget) => viewOf(budget, policy, known, now))

function viewOf(
  budget: Budget,
  { defaultTimeZone: zone, currency }: Policy,
  known: KnownBudgets,
  now: number,
): BudgetView {
  const { id, of, amount } = budget
  const { ledger, spentOf } = known
  const period = periodOf(budget, zone, now)
  const { paced, nextAt } = allowanceOf(budget, zone, now)
  const account = ledger.account(id, period.id)
  const granted = account?.granted ?? 0
  return {
    id,
    of,
    currency: of === 'money' ? (currency ?? null) : null,
    period: period.id,
    from: iso(period.begin),
    to: isoOrNull(period.end),
    amount,
    paced,
    granted,
    spent: spentOf(id, period.id),
    left: Math.max(0, amount - granted),
    more_at: nextAt === null ? null : iso(nextAt),
    reserves: budget.reserves.map((reserve) => {
      const end = openFrom(reserve, zone, now)
      const { segments, share } = reserve
      return {
        segments,
        share,
        until: isoOrNull(end),
        kept: now < end,
        granted: account?.grantedOf.get(poolOf(reserve)) ?? 0,
      }
    }),
    earlier: ledger
      .accounts(id)
      .filter(({ begin }) => begin < period.begin)
      .slice(-earlierMost)
      .reverse()
      .map((old) => ({ period: old.period, granted: old.granted, spent: spentOf(id, old.period) })),
  }
}

const iso = (at: number): string => new Date(at).toISOString()
const isoOrNull = (at: number): string | null => (at === Number.POSITIVE_INFINITY ? null : iso(at))

/** Tells the metrics of the process. */
export function measureBudgets(policy: Policy, known: KnownBudgets, now: number, metrics: Metrics): void {
  const { budgetAmount, budgetPaced, budgetGranted, budgetSpent } = metrics
  // One that was taken out of the catalogue is no more.
  for (const gauge of [budgetAmount, budgetPaced, budgetGranted, budgetSpent]) gauge.reset()
  for (const { id, amount, paced, granted, spent } of budgetViews(policy, known, now)) {
    const label = { budget: id }
    budgetAmount.set(label, amount)
    budgetPaced.set(label, paced)
    budgetGranted.set(label, granted)
    budgetSpent.set(label, spent)
  }
}
