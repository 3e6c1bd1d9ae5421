import type { Budgets, Drawn } from '../budgets/budgets.ts'
import type { Touch } from './state.ts'
import type { Asking, Verdict } from './verdict.ts'

/** Each answer brings an option nearer to its end; more options, and budgets of each, there hardly are. */
const roundsMost = 100

/** Judges, and asks for the tranches that it takes to; `asking`: the answer is yet to come. */
export function judgedWithTranches(judge: () => Verdict | Asking, budgets: Budgets, now: number): Verdict | Asking {
  for (let round = 0; ; round++) {
    const verdict = judge()
    if (verdict.outcome !== 'asking' || round === roundsMost) return verdict
    const isAnswered = verdict.draws.map((draw) => budgets.ask(draw, now))
    if (isAnswered.includes(false)) return verdict
  }
}

/** When a moment that waits for a tranche is looked at again: soon at first, then ever more seldom, as each look is a write. */
export function askAgainAt(heldSince: number, now: number, { lookAgainMs }: Budgets): number {
  const waited = now - heldSince
  return now + Math.min(Math.max(lookAgainMs, waited / 2), longestLooks * lookAgainMs)
}

const longestLooks = 10

/** A command's draws go back, once the state that says so is durable. */
export interface GiveBack {
  readonly use: string
  readonly drawn: readonly Drawn[]
}

/** Of the touches that a receipt has released: what they had drawn. */
export function givenBack(before: readonly Touch[], after: readonly Touch[]): readonly GiveBack[] {
  if (before === after) return []
  return after.flatMap(({ command_id, state, drawn }, i) =>
    state === 'released' && drawn.length > 0 && before[i]?.state === 'reserved' ? [{ use: command_id, drawn }] : [],
  )
}
