import { chainReasons, otherReasons, type Reason } from '../domain/reason-codes.ts'
import type { Decision, DecisionCandidate } from '../records/types.ts'
import type { CandidateAnswer, DecisionAnswer } from './answer.ts'
import { lengthText } from './clock-text.ts'
import { type Delivery, deliveryAnswer, deliveryWords } from './deliveries.ts'
import { inLanguage, type Sentences } from './sentences.ts'

/** How answers about decisions are put: `when` is an instant on the subscriber's wall clock. */
export interface Telling {
  readonly say: Sentences
  when(at: number): string
}

const meanings: ReadonlyMap<string, Reason['meaning']> = new Map(
  [...chainReasons, ...otherReasons].map(({ code, meaning }: Reason) => [code, meaning]),
)

const iso = (at: number): string => new Date(at).toISOString()

/** A decision, with everything that was thought of. `delivery`: of its command. */
export const decisionAnswer = (
  decision: Decision,
  delivery: Delivery | undefined,
  telling: Telling,
): DecisionAnswer => ({
  decided_at: iso(decision.decided_at),
  attempt: decision.attempt,
  outcome: decision.outcome,
  code: decision.code ?? null,
  codes: decision.codes,
  until: typeof decision.until === 'number' ? iso(decision.until) : null,
  channel: decision.channel ?? null,
  offer: decision.offer ?? null,
  text: decision.text ?? null,
  evidence: decision.evidence,
  candidates: decision.candidates.map((candidate) => candidateAnswer(candidate, decision, telling)),
  campaign: decision.campaign ?? null,
  variant: decision.variant ?? null,
  exposure: decision.exposure ?? null,
  command_id: decision.command_id ?? null,
  delivery: delivery ? deliveryAnswer(delivery) : null,
  pause_id: decision.pause_id ?? null,
  consent_ref: decision.consent_ref ?? null,
  preferences_ref: decision.preferences_ref ?? null,
  register_ref: decision.register_ref ?? null,
  catalogue_version: decision.catalogue_version,
})

/** What was done, in a sentence: the gate that stopped it first, what it saw, and which others would have. */
export function decisionWords(decision: Decision, delivery: Delivery | undefined, telling: Telling): string {
  const { say, when } = telling
  const { outcome, code, codes, until, channel, offer, consent_ref, evidence, decided_at } = decision
  const at = when(decided_at)
  if (outcome === 'command') {
    const basis = consent_ref ? say.restingOn(consent_ref) : ''
    const became = delivery ? deliveryWords(delivery, telling) : say.nothingHeard
    return say.commanded(channel ?? say.aChannel, at, offer ?? '-', basis, became)
  }
  if (outcome === 'recorded') return say.recorded(at)
  const meaning = meanings.get(code ?? '')
  // When it ends is said before.
  const { [`${code}.until`]: _said, ...shown } = evidence
  const facts = factWords(code ?? '', shown, telling)
  const others = codes.filter((other) => other !== code)
  return [
    say.heldBack(outcome, code ?? say.nothingKnown, at),
    meaning ? say.meaning(inLanguage(meaning, say.language)) : '',
    typeof until === 'number' ? say.until(when(until)) : '',
    facts === '' ? '' : say.facts(facts),
    others.length > 0 ? say.others(say.list(others)) : '',
  ].join('')
}

function candidateAnswer(candidate: DecisionCandidate, decision: Decision, telling: Telling): CandidateAnswer {
  const { offer, channel, codes, score, learned } = candidate
  // What speaks against the one that came furthest stands in the decision itself.
  const taken = offer === decision.offer && channel === decision.channel
  const evidence = taken ? { ...candidate.evidence, ...decision.evidence } : candidate.evidence
  const told = {
    offer,
    channel,
    taken,
    codes,
    evidence,
    score: score ?? null,
    learned: learned
      ? { ...learned, tallied_at: typeof learned.tallied_at === 'number' ? iso(learned.tallied_at) : null }
      : null,
  }
  return { ...told, said: candidateWords(told, telling) }
}

/** `data-booster by sms, worth 12.31: gap (last touch …)`. */
function candidateWords(candidate: Omit<CandidateAnswer, 'said'>, telling: Telling): string {
  const { say } = telling
  const { offer, channel, taken, codes, evidence, score, learned } = candidate
  const odds = learned ? oddsWords(learned, say) : ''
  const worth = score === null ? '' : say.worth(rounded(score), odds)
  const against = codes.map((code) => {
    const facts = factWords(code, evidence, telling)
    return facts === '' ? code : code + say.because(facts)
  })
  return say.candidate(offer, channel, worth, taken, say.list(against))
}

function oddsWords(
  { probability, explored, alpha, beta }: NonNullable<CandidateAnswer['learned']>,
  say: Sentences,
): string {
  return say.odds(rounded(100 * probability), explored, rounded(alpha), rounded(alpha + beta))
}

const rounded = (value: number): number => Math.round(value * 100) / 100

/** What shows a reason: facts stand under its code. */
function factWords(code: string, evidence: Decision['evidence'], telling: Telling): string {
  const prefix = `${code}.`
  const facts = Object.entries(evidence).flatMap(([name, value]) =>
    name.startsWith(prefix) && value !== null ? [factText(name.slice(prefix.length), value, telling)] : [],
  )
  return telling.say.list(facts)
}

/** `last touch 10:00`: facts say by their names what they are. */
function factText(name: string, value: unknown, { say, when }: Telling): string {
  const said = name.replace(/_(at|ms)$/, '').replaceAll('_', ' ')
  if (typeof value !== 'number') return say.fact(said, String(value))
  if (name.endsWith('_ms')) return say.fact(said, lengthText(value))
  return say.fact(said, /(^|_)(at|until|since)$/.test(name) ? when(value) : String(value))
}
