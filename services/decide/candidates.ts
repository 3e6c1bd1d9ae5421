import type { ReasonCode } from '../domain/reason-codes.ts'
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
    const { obstacle, reasons } = option
    const own = [...codesOf(option), ...(option === chosen ? [] : downCodes(option))]
    const codes = unrenderable?.has(option)
      ? ['unrenderable']
      : chosen && option !== chosen && isSayable(option)
        ? ['priority', ...own]
        : own
    const evidence = {
      ...(option !== chosen && { ...evidenceOf(reasons), ...obstacle?.facts }),
      ...downFacts(option),
    }
    return { offer: offer.id, channel, codes, evidence, score: option.score, learned: option.learned }
  })

/** Its channel is down. Where there was no other way, the chosen one shows it by its evidence alone: it waits for the channel. */
const downCodes = ({ obstacle, downSince }: Option): readonly ReasonCode[] =>
  downSince === undefined || obstacle ? [] : ['channel-down']

const downFacts = ({ downSince, subject }: Option): Facts =>
  downSince === undefined ? {} : { 'channel-down.channel': subject.channel, 'channel-down.since': downSince }

/** All that speaks against it: the reasons in their order, behind them why its channel can't be used. */
export const codesOf = ({ obstacle, reasons }: Option): readonly ReasonCode[] => [
  ...reasons.map(({ code }) => code),
  ...(obstacle ? [obstacle.code] : []),
]

/** What shows the reasons, each fact under the code of its reason, and when each of them would end, where that is known. */
export function evidenceOf(reasons: readonly Shown[]): Record<string, Facts[string]> {
  const evidence: Record<string, Facts[string]> = {}
  for (const { code, facts, until } of reasons) {
    for (const name in facts) evidence[nameOf(code, name)] = facts[name] as Facts[string]
    if (until !== null) evidence[nameOf(code, 'until')] = until
  }
  return evidence
}

/** Names of facts are few: a text that is put together each time costs more than the rest of the evidence. */
const names = new Map<ReasonCode, Map<string, string>>()

function nameOf(code: ReasonCode, fact: string): string {
  const own = names.get(code) ?? new Map<string, string>()
  const known = own.get(fact)
  if (known !== undefined) return known
  const name = `${code}.${fact}`
  names.set(code, own.set(fact, name))
  return name
}

type Shown = Pick<Finding, 'facts' | 'until'> & { readonly code: ReasonCode }
