import type { DecisionAnswer, MomentAnswer } from './answer.ts'
import type { Sentences } from './sentences.ts'

/**
 * What the decisions about a moment rest on, for people: of the last one of each attempt what was thought of, by which version it was
 * judged, and what it cites. `when`: an ISO time on the subscriber's wall clock.
 */
export function decisionLines(
  { rule, decisions }: Pick<MomentAnswer, 'rule' | 'decisions'>,
  when: (iso: string) => string,
  say: Sentences,
): readonly string[] {
  const last = decisions.filter(({ attempt }, index) => decisions[index + 1]?.attempt !== attempt)
  return last.flatMap((decision) => [
    ...(tellsMore(decision) ? [say.considered(when(decision.decided_at))] : []),
    ...(tellsMore(decision) ? decision.candidates.map(({ said }) => `  ${said}`) : []),
    say.judgedBy(decision.catalogue_version, say.list(basisOf(decision, rule, say))),
  ])
}

/** More than the sentence of the decision does. */
const tellsMore = ({ candidates }: DecisionAnswer): boolean =>
  candidates.length > 1 || candidates.some(({ codes, score }) => codes.length > 1 || score !== null)

function basisOf(decision: DecisionAnswer, rule: string, say: Sentences): readonly string[] {
  const { campaign, variant, exposure, preferences_ref, register_ref, command_id } = decision
  return [
    // A rule without a campaign is one of its own.
    ...(campaign === null || campaign === rule ? [] : [say.ofCampaign(campaign)]),
    ...(variant === null ? [] : [say.ofVariant(variant)]),
    ...(exposure === 'held-out' ? [say.heldOut] : []),
    ...(preferences_ref === null ? [] : [say.byPreferences(preferences_ref)]),
    ...(register_ref === null ? [] : [say.byRegister(register_ref)]),
    ...(command_id === null ? [] : [say.asCommand(command_id)]),
  ]
}
