import { dayMs, isoDate, timeZone } from '../services/domain/time-zones.ts'
import type { Catalogue } from '../services/rules/catalogue.ts'

/** What is valid, and hardly meant; a line each. `now`: milliseconds since 1970. */
export function doubtLines({ policy, offers, campaigns, ruleset }: Catalogue, now: number): readonly string[] {
  const today = isoDate(Math.floor((now + timeZone(policy.defaultTimeZone).offsetAt(now)) / dayMs))
  const run = new Set(ruleset.rules.map(({ campaign }) => campaign))
  const doubts = [
    ...(policy.holdout?.share === 1 ? ['holdout of policy.yaml is 1: nobody gets any marketing'] : []),
    ...campaigns.flatMap(({ id, holdout }) => [
      ...(holdout === 1 ? [`campaign ${id} holds everybody out: nobody gets anything of it`] : []),
      ...(run.has(id) ? [] : [`campaign ${id} has no rule: nothing of it is ever said`]),
    ]),
    ...offers.flatMap(({ id, valid }) =>
      valid?.to !== undefined && valid.to < today ? [`offer ${id} ended on ${valid.to}: nobody gets it any more`] : [],
    ),
    ...ruleset.factors.flatMap(({ id, quantiles }) =>
      quantiles && !quantiles.measured
        ? [
            `factor ${id} goes by declared thresholds of ${quantiles.of}: keymoment catalogue measure finds its quantiles`,
          ]
        : [],
    ),
  ]
  return doubts.map((doubt) => `warning: ${doubt}`)
}
