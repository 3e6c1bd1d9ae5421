import { createLedger } from './ledger.ts'
import type { KnownBudgets } from './open.ts'
import { createPurse } from './purse.ts'

/**
 * Budgets of one process that shares them with none, by the same rules: of simulate, backtest, timelines and tests. What is asked
 * for is answered at once.
 */
export function localBudgets(): KnownBudgets {
  const ledger = createLedger(() => Number.NEGATIVE_INFINITY)
  let records = 0
  const purse = createPurse({
    ledger,
    clock: () => 0,
    newId: () => `local-${++records}`,
    idOf: (name) => name,
    send: (record) => purse.heard(record, ledger.take(record)),
    unreadableAt: () => Number.NEGATIVE_INFINITY,
    lookAgainMs: 1_000,
    patienceMs: Number.POSITIVE_INFINITY,
    idleMs: Number.POSITIVE_INFINITY,
  })
  return { ...purse, ledger, spentOf: (budget, period) => purse.spent(budget, period) ?? 0, problems: () => [] }
}
