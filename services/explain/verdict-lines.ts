import type { Rule } from '../rules/ruleset.ts'
import type { MomentAnswer, RuleAnswer } from './answer.ts'

/** What a person in a hurry has to read: of the rule that was asked for, else of the newest moment. `ended`: the identity. */
export function verdictLines(
  rule: Rule | undefined,
  rules: readonly RuleAnswer[],
  moments: readonly MomentAnswer[],
  ended: string | undefined,
): readonly string[] {
  const [newest] = moments
  if (!rule)
    return [newest ? `${newest.rule}: ${newest.became}` : 'no moment in the seven days before', ...waiting(rules)]
  const [answer] = rules
  if (!answer) {
    const why = `detect knows nothing of this subscriber${ended === undefined ? '' : `; the identity ended at ${ended}`}`
    return [`rule ${rule.id} did not fire: ${why}`]
  }
  const became = moments.find(({ at }) => at !== null && at === answer.fired_at)
  return [answer.verdict, ...(became ? [`its moment was ${became.became}`] : []), ...answer.reasons]
}

const waiting = (rules: readonly RuleAnswer[]): readonly string[] =>
  rules.filter(({ outcome, next_due }) => outcome === 'waiting' && next_due === null).map(({ verdict }) => verdict)
