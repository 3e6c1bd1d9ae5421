import { isoDate } from '../domain/time-zones.ts'
import { conditionTree } from '../rules/condition-tree.ts'
import type { Expression } from '../rules/expression.ts'
import type { RuleAnswer, RuleDetails } from './answer.ts'
import type { RuleCase } from './rule-case.ts'
import { lastFired, verdictOf } from './rule-verdict.ts'

const iso = (at: number): string => new Date(at).toISOString()

/** `detailed`: with the trees of its conditions and the progress of its pattern. */
export function ruleAnswer(subject: RuleCase, detailed: boolean): RuleAnswer {
  const { rule, insight } = subject
  const { id, title, moment, version, mode, settle } = rule
  const fired = lastFired(subject)
  const timer = insight.timers[id]
  return {
    rule: id,
    title,
    moment,
    version,
    mode,
    settle,
    ...verdictOf(subject),
    fired_at: fired === undefined || fired === insight.remembered[id] ? null : iso(fired),
    next_due: timer ? { day: isoDate(timer.day), at: iso(timer.at), judged_at: iso(timer.due) } : null,
    ...(detailed && insight.ended === undefined && { details: detailsOf(subject) }),
  }
}

function detailsOf({ rule, insight, environment, event }: RuleCase): RuleDetails {
  const { trigger, only } = rule
  const tree = (expression: Expression) => conditionTree(expression, environment)
  const edge = 'edge' in trigger ? trigger.edge : undefined
  const history = trigger.kind === 'condition' || trigger.kind === 'pattern' ? trigger.history : undefined
  const progress = insight.patterns[rule.id]
  return {
    ...((trigger.kind === 'condition' || trigger.kind === 'schedule') && { when: tree(trigger.when) }),
    ...(edge?.rearm && { rearm: tree(edge.rearm) }),
    ...(edge && { edge: insight.edges[rule.id] ?? 'unknown' }),
    ...(only && { only: tree(only) }),
    ...(history?.kind === 'known' && { known_history: tree(history.when) }),
    ...(event && { event: { type: event.type, event_id: event.record.event_id, time: iso(event.record.event_time) } }),
    ...(progress && {
      steps: progress.steps.map(({ name, times, met }) => ({ name, times, met: met.map(iso) })),
      ...(progress.cancelled && { cancelled: { by: progress.cancelled.by, at: iso(progress.cancelled.at) } }),
      waiting: progress.waiting.map(({ event_id, first, last, deadline, due }) => {
        return { event_id, first: iso(first), last: iso(last), deadline: iso(deadline), judged_at: iso(due) }
      }),
    }),
  }
}
