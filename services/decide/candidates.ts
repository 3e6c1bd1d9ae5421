import type { DecisionCandidate } from '../records/types.ts'
import type { Facts, Finding } from './gates.ts'
import type { Unrenderable } from './message.ts'
import { isSayable, type Option } from './options.ts'

/**
 * All that was thought of. What speaks against the chosen one stands in the decision itself, and what could have been said as well
 * lost to it; `unrenderable`: those that could be sent, and can't be said.
 */
export const candidatesOf = (
  options: readonly Option[],
  chosen: Option | undefined,
  unrenderable?: ReadonlyMap<Option, Unrenderable>,
): readonly DecisionCandidate[] =>
  options.flatMap((option) => {
    const { offer, channel } = option.subject
    if (!offer) return []
    const own = option.reasons.map(({ code }) => code)
    const codes = unrenderable?.has(option)
      ? ['unrenderable']
      : chosen && option !== chosen && isSayable(option)
        ? ['priority', ...own]
        : own
    const evidence = option === chosen ? {} : evidenceOf(option.reasons)
    return { offer: offer.id, channel, codes, evidence, score: option.score, learned: option.learned }
  })

/** What shows the reasons, each fact under the code of its reason. */
export function evidenceOf(reasons: readonly Finding[]): Record<string, Facts[string]> {
  const evidence: Record<string, Facts[string]> = {}
  for (const { code, facts } of reasons) {
    for (const [name, value] of Object.entries(facts)) evidence[`${code}.${name}`] = value
  }
  return evidence
}
