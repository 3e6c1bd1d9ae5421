import { openPool, poolFor } from '../budgets/allowance.ts'
import type { Draw, Standing } from '../budgets/budgets.ts'
import { commandId, outreachId } from '../domain/ids.ts'
import { isDrawnBy } from '../rules/budgets.ts'
import type { Case, Facts, Finding } from './gates.ts'
import type { Option } from './options.ts'
import { assignmentOf } from './task-of.ts'

/** What the message would take, of each budget that it draws on. */
export function drawsOf(subject: Case): readonly Draw[] {
  const { moment, offer, campaign, channel, policy } = subject
  if (!offer || !policy.budgets) return []
  const team = channel === 'task' ? (assignmentOf(subject)?.team.id ?? null) : null
  const said = { offer, campaign: campaign?.id ?? moment.rule, channel, team }
  const segments = Object.values(moment.segments)
  return policy.budgets.flatMap((budget): readonly Draw[] => {
    if (!isDrawnBy(budget, said)) return []
    const amount = budget.of === 'uses' ? 1 : (budget.each ?? offer.cost ?? 0)
    if (amount === 0) return []
    const pool = budget.reserves.length === 0 ? openPool : poolFor(budget, segments)
    return [{ budget, zone: policy.defaultTimeZone, amount, pool }]
  })
}

/** The command that it would become: judged again, it is the same. */
const useOf =
  ({ moment, channel, attempt }: Case): (() => string) =>
  () =>
    commandId(outreachId(moment.moment_id), channel, attempt)

/** What budgets say against the message: of several, what lasts longest. */
export function budgetSpent(subject: Case): { readonly until: number | null; readonly facts: Facts } | undefined {
  const found = drawsOf(subject).map((draw) => ({ draw, standing: standingOf(subject, draw) }))
  const held = found.filter(({ standing }) => standing.kind === 'spent' || standing.kind === 'unknown')
  const [worst = found.find(({ standing }) => standing.kind === 'asked')] = held.sort(
    (a, b) => untilOf(b.standing) - untilOf(a.standing),
  )
  if (!worst || worst.standing.kind === 'free') return undefined
  const { budget } = worst.draw
  const { standing } = worst
  if (standing.kind === 'asked') return { until: null, facts: { id: budget.id, reason: standing.kind } }
  if (standing.kind === 'unknown') {
    return { until: null, facts: { id: budget.id, reason: standing.kind, period: standing.period } }
  }
  const { until, period, amount, paced, granted } = standing
  const reason = granted + worst.draw.amount > amount ? 'spent' : granted >= paced ? 'paced' : 'reserved'
  return { until, facts: { id: budget.id, reason, period, amount, paced, granted } }
}

const standingOf = (subject: Case, draw: Draw): Standing => subject.budgets.look(draw, useOf(subject), subject.now)

/** Without an end is the latest. */
const untilOf = (standing: Standing): number =>
  standing.kind === 'spent' ? (standing.until ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY

/** There is room in the budget, and what is needed of it has to be asked for, or is on its way. */
export const lacksTranche = ({ code, facts }: Finding): boolean => code === 'budget' && facts.reason === 'asked'

/** Nothing speaks against it yet but that. */
const waitsForTranche = ([first]: readonly Finding[]): boolean => first !== undefined && lacksTranche(first)

/**
 * What has to be asked for before the moment is judged: an option that is preferred to what could be said now, or that is all
 * there is, lacks nothing but a tranche. undefined: nothing has.
 */
export function tranchesToAsk(options: readonly Option[]): readonly Draw[] | undefined {
  const next = options.find(({ obstacle, reasons }) => !obstacle && (reasons.length === 0 || waitsForTranche(reasons)))
  if (!next || next.reasons.length === 0) return undefined
  const { subject } = next
  return drawsOf(subject).filter((draw) => standingOf(subject, draw).kind === 'asked')
}
