import { shardId } from '../domain/ids.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { BudgetRecord } from '../records/types.ts'

/**
 * What was granted of each budget: a fold over the records of km.budgets in the order of the log, in which nothing else has a say. A
 * record that asks says itself what may be granted by its time; so whoever reads the log finds the same grants, and what is
 * granted never exceeds it, however many processes ask at once.
 */
export interface Ledger {
  /** Takes the next record; what it was granted, below 0: what it gave back. One that comes again changes nothing: 0. */
  take(record: BudgetRecord): number
  /** The account of a budget's period; undefined: nobody has asked for any of it. */
  account(budget: string, period: string): Account | undefined
  /** Of a budget, those that are remembered, by period, the last one last. */
  accounts(budget: string): readonly Account[]
}

/** What became of a budget in a period. */
export interface Account {
  readonly period: string
  readonly begin: number
  /** null: it never ends. */
  readonly end: number | null
  /** Without what was given back. */
  readonly granted: number
  readonly grantedOf: ReadonlyMap<string, number>
  /** By process, what it said last that it had spent. */
  readonly spentBy: ReadonlyMap<string, number>
}

interface OpenAccount extends Account {
  granted: number
  readonly grantedOf: Map<string, number>
  readonly spentBy: Map<string, number>
  /** What each record was granted, by its id. */
  readonly records: Map<string, number>
}

/** All records stand in one order. */
export const ledgerShard = shardId(0)

/** So long behind its end an account is remembered. */
const accountsKeptMs = 32 * dayMs

/** `now`: of the engine; what has ended long before it is forgotten. */
export function createLedger(now: () => number): Ledger {
  const budgets = new Map<string, Map<string, OpenAccount>>()

  function accountOf({ budget, period, period_begin: begin, period_end = null }: BudgetRecord): OpenAccount {
    const accounts = budgets.get(budget) ?? new Map<string, OpenAccount>()
    budgets.set(budget, accounts)
    const known = accounts.get(period)
    if (known) return known
    for (const { period: old, end } of accounts.values()) {
      if (end !== null && end + accountsKeptMs < now()) accounts.delete(old)
    }
    const account: OpenAccount = {
      period,
      begin,
      end: period_end,
      granted: 0,
      grantedOf: new Map(),
      spentBy: new Map(),
      records: new Map(),
    }
    accounts.set(period, account)
    return account
  }

  return {
    take(record) {
      const account = accountOf(record)
      const { record_id, action, pool, amount, process, spent } = record
      // An append whose answer was lost is there twice.
      if (account.records.has(record_id)) return 0
      account.spentBy.set(process, spent)
      const isAsked = action === 'ask'
      const moved = isAsked
        ? Math.max(0, Math.min(amount, roomIn(account, record)))
        : -Math.min(amount, account.granted)
      account.records.set(record_id, moved)
      account.granted += moved
      account.grantedOf.set(pool, (account.grantedOf.get(pool) ?? 0) + moved)
      return moved
    },
    account: (budget, period) => budgets.get(budget)?.get(period),
    accounts: (budget) => [...(budgets.get(budget)?.values() ?? [])].sort((a, b) => a.begin - b.begin),
  }
}

/** What an account allows by the time of the one who asks. */
export interface Limit {
  readonly pool: string
  readonly paced: number
  readonly reserved: Readonly<Record<string, number>>
}

/** How much a pool may still be granted: what is let go, without what was granted and what is kept for other pools. Below 0: none. */
export function roomIn(account: Account | undefined, { pool, paced, reserved }: Limit): number {
  let room = paced - (account?.granted ?? 0)
  for (const [other, kept] of Object.entries(reserved)) {
    if (other !== pool) room -= Math.max(0, kept - (account?.grantedOf.get(other) ?? 0))
  }
  return room
}
