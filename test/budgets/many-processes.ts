import { allowanceOf, periodOf, poolFor } from '../../services/budgets/allowance.ts'
import type { Draw, Drawn } from '../../services/budgets/budgets.ts'
import { createLedger, type Ledger } from '../../services/budgets/ledger.ts'
import { createPurse, type Purse } from '../../services/budgets/purse.ts'
import type { BudgetRecord } from '../../services/records/types.ts'
import type { Budget } from '../../services/rules/budgets.ts'

/** What happens to one of some processes that share a budget by a log, which hands its records on when it likes. */
export type Act =
  | { readonly kind: 'use'; readonly process: number; readonly segment: string; readonly again: boolean }
  | { readonly kind: 'write' | 'read' | 'crash' | 'stop' | 'idle'; readonly process: number }
  | { readonly kind: 'fail'; readonly process: number; readonly of: number }
  | { readonly kind: 'time'; readonly minutes: number }

interface Process {
  readonly ledger: Ledger
  readonly purse: Purse
  /** On the way to the log. */
  readonly sent: BudgetRecord[]
  read: number
}

/** A message that left, or may have. */
export interface Use {
  readonly id: string
  readonly at: number
  readonly segment: string
  readonly drawn: readonly Drawn[]
}

export interface Played {
  readonly uses: readonly Use[]
  readonly log: readonly BudgetRecord[]
  /** What each that lives has read, when all have read all. */
  readonly ledgers: readonly Ledger[]
  readonly processes: readonly Purse[]
  readonly refused: number
}

const zone = 'UTC'

export function playProcesses(acts: readonly Act[], budget: Budget, count: number, start: number): Played {
  const log: BudgetRecord[] = []
  let now = start
  let real = 0
  let ids = 0
  let refused = 0
  let uses: Use[] = []

  function begin(): Process {
    const ledger = createLedger(() => now)
    const sent: BudgetRecord[] = []
    const purse = createPurse({
      ledger,
      clock: () => real,
      newId: () => `r${++ids}`,
      idOf: (name) => name,
      send: (record) => sent.push(record),
      unreadableAt: () => Number.NEGATIVE_INFINITY,
      lookAgainMs: 200,
      patienceMs: 1_000,
      idleMs: 500,
    })
    const process = { ledger, purse, sent, read: 0 }
    read(process)
    return process
  }
  function write(process: Process) {
    log.push(...process.sent.splice(0))
  }
  function read(process: Process, most = Number.POSITIVE_INFINITY) {
    for (let i = 0; i < most && process.read < log.length; i++) {
      const record = log[process.read++] as BudgetRecord
      process.purse.heard(record, process.ledger.take(record))
    }
  }
  const processes = Array.from({ length: count }, begin)

  for (const act of acts) {
    real += 100
    if (act.kind === 'time') {
      now += act.minutes * 60_000
      continue
    }
    const index = act.process % count
    const process = processes[index] as Process
    switch (act.kind) {
      case 'use': {
        const id = act.again && uses.length > 0 ? (uses.at(-1) as Use).id : `u${++ids}`
        const draw: Draw = { budget, zone, amount: 1, pool: poolFor(budget, [act.segment]) }
        const { kind } = process.purse.look(draw, () => id, now)
        if (kind === 'asked') process.purse.ask(draw, now)
        else if (kind !== 'free') refused++
        else {
          const drawn = process.purse.spend(id, [draw], now)
          if (!uses.some((use) => use.id === id)) uses.push({ id, at: now, segment: act.segment, drawn })
        }
        break
      }
      case 'write':
        write(process)
        break
      case 'read':
        read(process, 1 + (real % 3))
        break
      case 'idle':
        real += 600
        process.purse.tidy(now)
        break
      case 'fail': {
        // It is known of the use that it didn't leave, in whichever process: long behind what was granted for it.
        read(process)
        const use = uses[act.of % Math.max(1, uses.length)]
        if (!use) break
        process.purse.giveBack(use.id, use.drawn, now)
        // Once more, behind a rollback: there, or in another process.
        if (act.of % 3 === 0) (processes[act.of % count] as Process).purse.giveBack(use.id, use.drawn, now)
        uses = uses.filter(({ id }) => id !== use.id)
        break
      }
      case 'crash':
        // What was on its way may or may not have come.
        if (real % 200 === 0) write(process)
        processes[index] = begin()
        break
      case 'stop':
        process.purse.empty(now)
        write(process)
        processes[index] = begin()
    }
  }
  // What was appended twice, as an answer was lost, counts once.
  log.push(...log.slice(-3))
  for (const process of processes) write(process)
  for (const process of processes) read(process)
  return {
    uses,
    log,
    ledgers: processes.map(({ ledger }) => ledger),
    processes: processes.map(({ purse }) => purse),
    refused,
  }
}

/** What may be granted in the period of an instant by then. */
export const pacedAt = (budget: Budget, at: number): number => allowanceOf(budget, zone, at).paced
export const periodAt = (budget: Budget, at: number): string => periodOf(budget, zone, at).id
