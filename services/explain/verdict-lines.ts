import type { Rule } from '../rules/ruleset.ts'
import type { MomentAnswer, RuleAnswer } from './answer.ts'
import type { Sentences } from './sentences.ts'

/**
 * What a person in a hurry has to read: of the rule that was asked for, else of the newest moment by then. `ended`: the
 * identity. `asOf`: ISO-8601, as of when it is asked.
 */
export function verdictLines(
  rule: Rule | undefined,
  rules: readonly RuleAnswer[],
  moments: readonly MomentAnswer[],
  ended: string | undefined,
  asOf: string,
  say: Sentences,
): readonly string[] {
  const newest = moments.find(({ at }) => at === null || at <= asOf)
  if (!rule) return [newest ? say.newestMoment(newest.rule, newest.became) : say.noMoment, ...waiting(rules)]
  const [answer] = rules
  if (!answer) {
    const why = say.unknownToDetect + (ended === undefined ? '' : say.identityEndedAt(ended))
    return [say.rule(rule.id, say.didNotFire(why))]
  }
  const became = moments.find(({ at }) => at !== null && at === answer.fired_at)
  return [answer.verdict, ...(became ? [say.itsMoment(became.became)] : []), ...answer.reasons]
}

const waiting = (rules: readonly RuleAnswer[]): readonly string[] =>
  rules.filter(({ outcome, next_due }) => outcome === 'waiting' && next_due === null).map(({ verdict }) => verdict)
