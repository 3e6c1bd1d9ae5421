import type { EventMatch, Rule } from '../ruleset.ts'

/**
 * What an event means for a rule beside changing factors. `part`: of an interval 0 opens, 1 closes; of a pattern the place
 * of its step, or the number of steps for `unless`; -1 ends what the rule tells.
 */
export interface RuleMatch {
  readonly part: number
  readonly match: EventMatch
}

export const matchesOf = (rule: Rule): readonly RuleMatch[] => [
  ...matchesOfTrigger(rule),
  ...(rule.until ?? []).map((match) => ({ part: -1, match })),
]

function matchesOfTrigger({ trigger }: Rule): readonly RuleMatch[] {
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
