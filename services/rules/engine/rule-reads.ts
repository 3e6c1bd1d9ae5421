import type { Expression } from '../expression.ts'
import type { EventMatch, Rule } from '../ruleset.ts'

/** The conditions of a rule over factors (and fields of the event). */
export function expressionsOf({ trigger, only }: Rule): readonly Expression[] {
  const found: (Expression | undefined)[] = [only]
  if (trigger.kind === 'condition' || trigger.kind === 'schedule') found.push(trigger.when, trigger.edge?.rearm)
  if ((trigger.kind === 'condition' || trigger.kind === 'pattern') && trigger.history?.kind === 'known') {
    found.push(trigger.history.when)
  }
  return found.filter((expression) => expression !== undefined)
}

/**
 * What an event means for a rule beside changing factors. `part`: of an interval 0 opens, 1 closes; of a pattern the place
 * of its step, or the number of steps for `unless`.
 */
export interface RuleMatch {
  readonly part: number
  readonly match: EventMatch
}

export function matchesOf({ trigger }: Rule): readonly RuleMatch[] {
  if (trigger.kind === 'interval') {
    const open = trigger.open.kind === 'event' ? trigger.open.any : []
    return [...open.map((match) => ({ part: 0, match })), ...trigger.close.map((match) => ({ part: 1, match }))]
  }
  if (trigger.kind !== 'pattern') return []
  const { steps, unless } = trigger
  return [
    ...steps.flatMap(({ any }, part) => any.map((match) => ({ part, match }))),
    ...unless.map((match) => ({ part: steps.length, match })),
  ]
}
