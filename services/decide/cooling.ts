import { dayMs } from '../domain/time-zones.ts'
import type { Cooling, Policy } from '../rules/catalogue.ts'
import type { Answer } from './state.ts'

/** How long an answer is kept: a year at least, so that a policy which is made stricter finds what was said before it. */
export const answersKeptMs = ({ cooling }: Policy): number =>
  Math.max(366 * dayMs, ...cooling.map(({ after, within, length }) => (after === 1 ? length : within + length)))

/** What may be refused. */
export interface Offered {
  readonly rule: string
  readonly offer: string | null
  readonly category: string | null
}

export interface Cooled {
  readonly cooling: Cooling
  /** So many in its window, up to the last one. */
  readonly refusals: number
  /** `at` of the refusal from which it counts. */
  readonly last: number
  readonly until: number
}

/** Of the coolings that keep quiet about what is offered at `now`, the one that lasts longest. Exactly its length is enough. */
export function cooled(policy: Policy, answers: readonly Answer[], offered: Offered, now: number): Cooled | undefined {
  const refusals = standing(answers)
  if (refusals.length === 0) return undefined
  let worst: Cooled | undefined
  for (const cooling of policy.cooling) {
    const found = begun(
      cooling,
      refusals.flatMap((answer) => (concerns(cooling, answer, offered) ? [answer.at] : [])),
    )
    if (found && now < found.until && found.until > (worst?.until ?? Number.NEGATIVE_INFINITY)) worst = found
  }
  return worst
}

/** Refusals since the last acceptance, by time. At the same instant the refusal stands. */
function standing(answers: readonly Answer[]): readonly Answer[] {
  const accepted = Math.max(...answers.map(({ at, refused }) => (refused ? Number.NEGATIVE_INFINITY : at)))
  return answers.filter(({ at, refused }) => refused && at >= accepted).sort((a, b) => a.at - b.at)
}

/** A refusal of which it isn't known what was refused, or of which category, concerns everything. */
function concerns({ of }: Cooling, refused: Answer, offered: Offered): boolean {
  if (of === 'all' || refused.rule === null) return true
  const isUnknown = of === 'category' && (refused.category === null || offered.category === null)
  return isUnknown || refused[of] === offered[of]
}

/** The cooling by the last of the refusals with which there were enough. `times` in order. */
function begun(cooling: Cooling, times: readonly number[]): Cooled | undefined {
  for (let i = times.length - 1; i >= cooling.after - 1; i--) {
    const last = times[i] as number
    const refusals = times.slice(0, i + 1).filter((at) => at > last - cooling.within).length
    if (refusals >= cooling.after) return { cooling, refusals, last, until: last + cooling.length }
  }
  return undefined
}
