import { commandId, deterministicId, outreachId } from '../domain/ids.ts'
import type { OutputTo } from '../flow/step.ts'
import type { Command, Decision, Outcome } from '../records/types.ts'
import { topics } from '../topology.ts'
import type { Citations } from './citations.ts'
import { type Arm, stoppedFacts } from './experiment.ts'
import type { ForPeople } from './for-people.ts'
import type { Message } from './message.ts'
import type { Candidate, Unrecorded } from './state.ts'
import type { Verdict } from './verdict.ts'

export type DecideOutput = OutputTo<Decision> | OutputTo<Command> | OutputTo<Outcome>

export const isDecision = (output: DecideOutput): output is OutputTo<Decision> =>
  output.topic.name === topics.decisions.name

export const isOutcome = (output: DecideOutput): output is OutputTo<Outcome> =>
  output.topic.name === topics.outcomes.name

/**
 * The record of what was done with a moment. A moment that is deferred again waits for another time, or pause: another id.
 * `attempt`: 2 and more of what is said through another channel after the one before failed.
 */
export function decisionOf(
  candidate: Candidate,
  verdict: Verdict,
  catalogueVersion: string,
  now: number,
  attempt = 1,
): Decision {
  const head = headOf(candidate, attempt, phaseOf(verdict), catalogueVersion, now)
  return { ...head, ...detailsOf(candidate, verdict, attempt) }
}

function phaseOf(verdict: Verdict): readonly string[] {
  switch (verdict.outcome) {
    case 'deferred':
      return ['deferred', String(verdict.until)]
    case 'paused':
      return ['paused', verdict.pause.id]
    case 'suppressed':
      return verdict.lostTo === undefined ? [] : ['lost', verdict.lostTo]
    default:
      return []
  }
}

/**
 * The decision of a command that was found on the log without it, as the command says it. The command names neither the
 * catalogue nor the consent and register behind it: these are the present ones. What else was thought of is not known.
 */
export function decisionFound(
  candidate: Candidate,
  { channel, offer, category, command_id, text, issued_at, campaign, variant, attempt }: Unrecorded,
  catalogueVersion: string,
  consent_ref: string | null,
  cites: Citations,
): Decision {
  const said = { channel, offer, category, command_id, text, consent_ref, ...cites }
  const candidates = offer === null ? [] : [{ offer, channel, codes: [], evidence: {}, score: null, learned: null }]
  const known = { outcome: 'command', codes: [], evidence: {}, candidates } as const
  const addressed = exposure('command', undefined, { campaign, variant }, attempt)
  return { ...headOf(candidate, attempt, [], catalogueVersion, issued_at), ...known, ...said, ...addressed }
}

function headOf(
  candidate: Candidate,
  attempt: number,
  phase: readonly string[],
  catalogue_version: string,
  decided_at: number,
) {
  const { moment_id, subscriber_id, rule, purpose, expires_at } = candidate
  const decision_id = deterministicId(
    'decision',
    moment_id,
    ...(attempt > 1 ? ['attempt', String(attempt)] : []),
    ...phase,
  )
  return { decision_id, subscriber_id, decided_at, moment_id, rule, purpose, attempt, catalogue_version, expires_at }
}

function detailsOf(candidate: Candidate, verdict: Verdict, attempt: number) {
  switch (verdict.outcome) {
    case 'recorded':
      return { outcome: verdict.outcome, codes: [], evidence: {}, candidates: [] }
    case 'command': {
      const { outcome, offer, category, channel, candidates, message, consentRef, arm, cites } = verdict
      const command_id = commandId(outreachId(candidate.moment_id), channel, attempt)
      const said = { channel, offer: offer.id, category, command_id, text: message.text, consent_ref: consentRef }
      const told = {
        evidence: { ...valuesOf(message), ...taskFacts(verdict.people), ...stoppedFacts(arm) },
        candidates,
        ...exposure(outcome, undefined, arm, attempt),
      }
      return { outcome, codes: [], ...told, ...said, ...cites }
    }
    case 'paused': {
      const { code, codes, until, evidence, offer, channel, candidates, pause, arm } = verdict
      const said = { outcome: 'deferred', code, codes, until, evidence, candidates, pause_id: pause.id } as const
      return { ...said, offer: offer?.id ?? null, channel, ...exposure('deferred', code, arm, attempt) }
    }
    default: {
      const { outcome, code, codes, until, evidence, offer, channel, candidates, arm } = verdict
      const awaits = verdict.outcome === 'suppressed' && attempt === 1 ? (verdict.awaits ?? null) : null
      const kept = { code, codes, until, evidence, offer: offer?.id ?? null, channel, candidates }
      return { outcome, ...kept, ...exposure(outcome, code, arm, attempt), ...(awaits && { awaits }) }
    }
  }
}

/**
 * What the moment says of an experiment. Only who was addressed and who would have been, had they not been held out, are
 * compared: everybody else got nothing either way. Who is addressed again through another channel is counted already.
 */
function exposure(
  outcome: Decision['outcome'],
  code: string | undefined,
  { campaign, variant }: Pick<Arm, 'campaign' | 'variant'>,
  attempt: number,
) {
  if (attempt > 1) return { campaign, variant, exposure: null }
  const exposure: Decision['exposure'] =
    outcome === 'command' ? 'addressed' : outcome === 'suppressed' && code === 'holdout' ? 'held-out' : null
  return { campaign, variant, exposure }
}

/** What a message puts in, as evidence of the decision: `text.balance`. */
const valuesOf = ({ values }: Message): Decision['evidence'] =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`text.${name}`, value]))

/** Whose task it is, as evidence of the decision. */
function taskFacts(people: ForPeople | undefined): Decision['evidence'] {
  const { task = null, prompt = null } = people ?? {}
  if (task)
    return { 'task.kind': task.kind, 'task.tier': task.tier, 'task.team': task.team, 'task.due_at': task.due_at }
  return prompt ? { 'prompt.call': prompt.call_id } : {}
}

/** The command of a moment; `triggered_at` as in its schema. */
export function commandOf(
  candidate: Candidate,
  verdict: Verdict & { readonly outcome: 'command' },
  decision_id: string,
  triggered_at: number | null,
  now: number,
  attempt = 1,
): Command {
  const { moment_id, subscriber_id, purpose, rule } = candidate
  const outreach_id = outreachId(moment_id)
  return {
    command_id: commandId(outreach_id, verdict.channel, attempt),
    subscriber_id,
    issued_at: now,
    triggered_at,
    outreach_id,
    moment_id,
    decision_id,
    channel: verdict.channel,
    purpose,
    rule,
    offer: verdict.offer.id,
    category: verdict.category,
    campaign: verdict.arm.campaign,
    variant: verdict.arm.variant,
    awaits: verdict.awaits,
    text: verdict.message.text,
    language: verdict.message.language,
    sender: verdict.sender,
    not_after: verdict.notAfter,
    attempt,
    task: verdict.people?.task ?? null,
    prompt: verdict.people?.prompt ?? null,
    briefing: verdict.people?.briefing ?? null,
  }
}
