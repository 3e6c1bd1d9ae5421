import { deterministicId } from '../domain/ids.ts'
import type { BudgetRecord } from '../records/types.ts'
import type { Budget } from '../rules/budgets.ts'
import { allowanceOf, openFrom, openPool, type Period, periodOf, poolOf } from './allowance.ts'
import type { Budgets, Draw, Drawn, Standing } from './budgets.ts'
import { type Account, type Ledger, roomIn } from './ledger.ts'

export interface PurseParts {
  readonly ledger: Pick<Ledger, 'account'>
  /** Real milliseconds of a clock that only goes forward. */
  readonly clock: () => number
  /** No two are the same; the first is the name of the process. */
  readonly newId: () => string
  /** The id of a record by this name: of two by one name, from whichever process, the second is none. */
  readonly idOf: (name: string) => string
  /** Puts a record on the log, behind those before it; `heard` is told once it was read from there. */
  readonly send: (record: BudgetRecord) => void
  /** What lay on the log at that time can't be read: nothing is granted of a period that had begun by then. */
  readonly unreadableAt: () => number
  /** See `Budgets`. */
  readonly lookAgainMs: number
  /** An ask that isn't answered within so many real milliseconds is told as not known. */
  readonly patienceMs: number
  /** What isn't used for so long, in real milliseconds, is given back. */
  readonly idleMs: number
}

/** What a process holds of budgets: granted by the ledger, spent in memory. */
export interface Purse extends Budgets {
  readonly process: string
  /** A record was read from the log, and granted this. */
  heard(record: BudgetRecord, granted: number): void
  /** Gives back what nobody has used lately, or nobody may use any more. `now`: of the engine. */
  tidy(now: number): void
  /** Gives back everything. */
  empty(now: number): void
  /** What this process has spent of a budget's period; undefined: what it said last of it is all. */
  spent(budget: string, period: string): number | undefined
}

interface Holding {
  readonly period: Period
  /** As it was last looked at. */
  budget: Budget | undefined
  readonly balances: Map<string, number>
  readonly asked: Map<string, { readonly id: string; readonly since: number }>
  spent: number
  /** What the log knows of that; undefined: perhaps less. */
  told: number | undefined
  usedAt: number
}

/** A tranche is so much of a budget: as many records a period are enough, and as little lies idle in one process. */
const tranches = 40
/** Uses that are remembered, so that one that is judged again isn't drawn again; the oldest go first. */
const usesMost = 100_000

export function createPurse(parts: PurseParts): Purse {
  const { ledger, clock, newId, send, unreadableAt, lookAgainMs, patienceMs, idleMs, idOf } = parts
  const process = newId()
  /** By budget and period. */
  const holdings = new Map<string, Holding>()
  const uses = new Map<string, readonly Drawn[]>()
  /** Records that say of a use that it was none. */
  const unused = new Map<string, true>()

  const isDrawn = (use: string, budget: string) => uses.get(use)?.some((drawn) => drawn.budget === budget) === true
  const nameOf = (budget: string, period: string) => `${budget} ${period}`

  function holdingOf(budget: Budget, zone: string, now: number): Holding {
    const period = periodOf(budget, zone, now)
    const holding = holdings.get(nameOf(budget.id, period.id)) ?? begin(budget.id, period)
    holding.budget = budget
    return holding
  }

  function begin(budget: string, period: Period): Holding {
    const holding: Holding = {
      period,
      budget: undefined,
      balances: new Map(),
      asked: new Map(),
      spent: 0,
      told: 0,
      usedAt: clock(),
    }
    holdings.set(nameOf(budget, period.id), holding)
    return holding
  }

  /** What the draw may be taken from, in this order: what is kept for it, what isn't kept any more, what is open to all. */
  function poolsFor({ budget, zone, pool }: Draw, { balances }: Holding, now: number): readonly string[] {
    const kept = budget.reserves.filter((reserve) => now < openFrom(reserve, zone, now)).map(poolOf)
    const opened = [...balances.keys()].filter((one) => one !== openPool && one !== pool && !kept.includes(one))
    return pool === openPool ? [...opened, openPool] : [pool, ...opened, openPool]
  }

  function usable(draw: Draw, holding: Holding, now: number): number {
    return poolsFor(draw, holding, now).reduce((sum, pool) => sum + (holding.balances.get(pool) ?? 0), 0)
  }

  function ask(draw: Draw, holding: Holding, least: number, now: number): void {
    const { budget, zone, pool } = draw
    const { period } = holding
    if (holding.asked.has(pool)) return
    const { paced, reserved } = allowanceOf(budget, zone, now)
    const room = roomIn(ledger.account(budget.id, period.id), { pool, paced, reserved })
    const amount = Math.min(room, Math.max(least, trancheOf(budget)))
    if (amount < 1) return
    const record_id = newId()
    holding.asked.set(pool, { id: record_id, since: clock() })
    put(record_id, budget.id, holding, { action: 'ask', pool, amount, paced, reserved }, now)
  }

  function put(
    record_id: string,
    budget: string,
    holding: Holding,
    said: Pick<BudgetRecord, 'action' | 'pool' | 'amount' | 'paced' | 'reserved'>,
    now: number,
  ): void {
    const { id: period, begin: period_begin, end } = holding.period
    const period_end = end === Number.POSITIVE_INFINITY ? null : end
    const { spent } = holding
    holding.told = spent
    const requested_at = Math.max(0, now)
    const of = { budget, period, period_begin: Math.max(0, period_begin), period_end }
    send({ record_id, subscriber_id: record_id, requested_at, ...of, ...said, process, spent })
  }

  /** Says by the way what was spent, also where there is nothing to give back. */
  function giveUp(budget: string, holding: Holding, now: number): void {
    const left = [...holding.balances].filter(([, amount]) => amount > 0)
    holding.balances.clear()
    if (left.length === 0 && holding.told !== holding.spent) left.push([openPool, 0])
    for (const [pool, amount] of left) {
      put(newId(), budget, holding, { action: 'return', pool, amount, paced: 0, reserved: {} }, now)
    }
  }

  function tidy(now: number, isEnd: boolean): void {
    for (const [name, holding] of holdings) {
      const { period, budget, asked, usedAt } = holding
      const id = name.slice(0, name.indexOf(' '))
      const isIdle = clock() - usedAt >= idleMs
      const isPast = now >= period.end
      if (isPast) holdings.delete(name)
      if (isEnd || isPast || isIdle || isLowered(ledger.account(id, period.id), budget)) giveUp(id, holding, now)
      if (isIdle && asked.size === 0 && holding.spent === 0) holdings.delete(name)
    }
  }

  return {
    process,
    lookAgainMs,
    look(draw, use, now): Standing {
      const { budget, zone, pool, amount } = draw
      const holding = holdingOf(budget, zone, now)
      const { period, asked } = holding
      const account = ledger.account(budget.id, period.id)
      const isLow = isLowered(account, budget)
      const held = isLow ? 0 : usable(draw, holding, now)
      if (held >= amount || isDrawn(use(), budget.id)) return { kind: 'free' }
      if (period.begin <= unreadableAt()) return { kind: 'unknown', period: period.id }
      const waiting = asked.get(pool)
      if (waiting) {
        return clock() - waiting.since < patienceMs ? { kind: 'asked' } : { kind: 'unknown', period: period.id }
      }
      const allowance = allowanceOf(budget, zone, now)
      const { paced } = allowance
      const granted = account?.granted ?? 0
      if (!isLow && roomIn(account, { pool, ...allowance }) >= amount - held) return { kind: 'asked' }
      const isAllGranted = budget.amount - granted < amount - held
      const end = (isAllGranted ? null : allowance.nextAt) ?? period.end
      const until = end === Number.POSITIVE_INFINITY ? null : end
      return { kind: 'spent', period: period.id, amount: budget.amount, paced, granted, until }
    },
    ask(draw, now) {
      const holding = holdingOf(draw.budget, draw.zone, now)
      ask(draw, holding, draw.amount - usable(draw, holding, now), now)
      return !holding.asked.has(draw.pool)
    },
    spend(use, draws, now) {
      const known = uses.get(use) ?? []
      const taken = [...known]
      for (const draw of draws) {
        const { budget, zone, pool } = draw
        if (known.some((drawn) => drawn.budget === budget.id)) continue
        const holding = holdingOf(budget, zone, now)
        let rest = draw.amount
        for (const from of poolsFor(draw, holding, now)) {
          const balance = holding.balances.get(from) ?? 0
          const amount = Math.min(rest, balance)
          if (amount === 0) continue
          holding.balances.set(from, balance - amount)
          taken.push({ budget: budget.id, period: holding.period.id, pool: from, amount })
          rest -= amount
        }
        holding.spent += draw.amount - rest
        holding.usedAt = clock()
        // Ahead of need, so that nobody waits while there is enough; of what comes in ones and twos nothing is hoarded.
        const tranche = trancheOf(budget)
        if (tranche > 1 && usable(draw, holding, now) < tranche / 2)
          ask({ budget, zone, pool, amount: 0 }, holding, 0, now)
      }
      if (draws.length > 0) remember(uses, use, taken)
      return taken
    },
    // Not for this process to use again: a state that went back gives it back once more, and nobody but the log knows that it has.
    giveBack(use, drawn, now) {
      uses.delete(use)
      for (const { budget, period, pool, amount } of drawn) {
        const holding = holdings.get(nameOf(budget, period)) ?? known(budget, period)
        if (!holding) continue
        holding.usedAt = clock()
        const id = idOf(deterministicId('unused', use, budget, period, pool))
        remember(unused, id, true)
        put(id, budget, holding, { action: 'return', pool, amount, paced: 0, reserved: {} }, now)
        // Where another process said it first, nothing of the record is heard.
        holding.told = undefined
      }
    },
    heard({ process: by, action, budget, period, pool, record_id }, granted) {
      if (by !== process) return
      if (action !== 'ask') {
        const holding = unused.delete(record_id) && (holdings.get(nameOf(budget, period)) ?? known(budget, period))
        if (holding) holding.spent += granted
        return
      }
      const holding = holdings.get(nameOf(budget, period))
      if (!holding) return
      if (holding.asked.get(pool)?.id === record_id) holding.asked.delete(pool)
      holding.balances.set(pool, (holding.balances.get(pool) ?? 0) + granted)
      holding.usedAt = clock()
    },
    tidy: (now) => tidy(now, false),
    empty: (now) => tidy(now, true),
    spent: (budget, period) => holdings.get(nameOf(budget, period))?.spent,
  }

  /** Another process has spent it; a period that nobody remembers has long ended. */
  function known(budget: string, period: string): Holding | undefined {
    const account = ledger.account(budget, period)
    return account && begin(budget, { id: period, begin: account.begin, end: account.end ?? Number.POSITIVE_INFINITY })
  }
}

/** The oldest go first. */
function remember<T>(all: Map<string, T>, id: string, value: T): void {
  all.set(id, value)
  const [oldest] = all.keys()
  if (all.size > usesMost && oldest !== undefined) all.delete(oldest)
}

const trancheOf = ({ amount }: Budget): number => Math.ceil(amount / tranches)

/** The budget was made smaller than what had been granted: nothing more may be used until enough of that was given back. */
const isLowered = (account: Account | undefined, budget: Budget | undefined): boolean =>
  account !== undefined && budget !== undefined && account.granted > budget.amount
