import type { Budget } from '../rules/budgets.ts'

/** What a message takes of a budget. */
export interface Draw {
  readonly budget: Budget
  /** On whose calendar its periods are. */
  readonly zone: string
  /** Minor units of money, or uses. */
  readonly amount: number
  /** The reserve that the subscriber may draw on beside what is open to all; the open pool where there is none. */
  readonly pool: string
}

/** What was taken, and of which pool. */
export interface Drawn {
  readonly budget: string
  readonly period: string
  readonly pool: string
  readonly amount: number
}

/** How a budget stands before a draw. */
export type Standing =
  | { readonly kind: 'free' }
  /** This process holds no tranche that is large enough, and can ask for one, or has: the answer takes a moment. */
  | { readonly kind: 'asked' }
  | ({ readonly kind: 'spent' } & Spent)
  /** The log doesn't answer, or can't be read: what was granted isn't known. */
  | { readonly kind: 'unknown'; readonly period: string }

export interface Spent {
  readonly period: string
  readonly amount: number
  /** What may have been granted by now, and what was. */
  readonly paced: number
  readonly granted: number
  /** When there is more, at the earliest; null: never. */
  readonly until: number | null
}

/**
 * What steps see of budgets. What a process holds was granted to it before (see `Ledger`), so that a step never waits; and it
 * changes by the steps themselves, or between two inputs.
 */
export interface Budgets {
  /** `use`: id of the command for which it is drawn; what was drawn for it already is there for it. */
  look(draw: Draw, use: () => string, now: number): Standing
  /** Asks for a tranche, unless one is on its way. True: none is, as it was answered at once, or there is none to ask for. */
  ask(draw: Draw, now: number): boolean
  /** Takes what was free at the last look; for a use that comes again, what was taken at first. */
  spend(use: string, draws: readonly Draw[], now: number): readonly Drawn[]
  /** It wasn't used, provably. Of one use it counts once, however often and in how many processes it is said. */
  giveBack(use: string, drawn: readonly Drawn[], now: number): void
  /** What waits for a tranche looks again after so many milliseconds of the engine's time, at first. */
  readonly lookAgainMs: number
}
