import { chainReasons, otherReasons, type Reason } from '../domain/reason-codes.ts'
import type { Decision } from '../records/types.ts'
import type { MomentAnswer } from './answer.ts'
import { lengthText } from './clock-text.ts'
import type { DecidedMoment } from './decided-moments.ts'
import { inLanguage, type Sentences } from './sentences.ts'

const iso = (at: number): string => new Date(at).toISOString()
const isoOrNull = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : iso(at))

const meanings: ReadonlyMap<string, Reason['meaning']> = new Map(
  [...chainReasons, ...otherReasons].map(({ code, meaning }: Reason) => [code, meaning]),
)

/**
 * A moment with what was done with it. `when`: an instant on the subscriber's wall clock. `heldSince`: it is held until what
 * lies on the log has been read.
 */
export function momentAnswer(
  { moment, decisions }: DecidedMoment,
  when: (at: number) => string,
  say: Sentences,
  heldSince: number | null,
): MomentAnswer {
  const last = decisions.at(-1)
  const ofAttempts = decisions.filter(({ attempt }, index) => decisions[index + 1]?.attempt !== attempt)
  const interval = moment?.do_not_disturb
  return {
    moment_id: moment?.moment_id ?? last?.moment_id ?? '',
    rule: moment?.rule ?? last?.rule ?? '',
    kind: moment?.kind ?? null,
    mode: moment ? (moment.mode === 'shadow' ? 'shadow' : 'live') : null,
    at: isoOrNull(moment?.at),
    detected_at: isoOrNull(moment?.detected_at),
    rule_version: moment?.rule_version ?? null,
    evidence: moment?.evidence ?? {},
    segments: moment?.segments ?? {},
    do_not_disturb: interval
      ? { phase: interval.phase, code: interval.code, key: interval.key, until: iso(interval.until) }
      : null,
    became: becameOf(ofAttempts, heldSince, when, say),
    decisions: decisions.map((decision) => ({
      decided_at: iso(decision.decided_at),
      attempt: decision.attempt,
      outcome: decision.outcome,
      code: decision.code ?? null,
      codes: decision.codes,
      until: isoOrNull(decision.until),
      channel: decision.channel ?? null,
      offer: decision.offer ?? null,
      text: decision.text ?? null,
      evidence: decision.evidence,
      consent_ref: decision.consent_ref ?? null,
      catalogue_version: decision.catalogue_version,
    })),
  }
}

/** `decisions`: the last of each attempt, through one channel after the other. */
function becameOf(
  decisions: readonly Decision[],
  heldSince: number | null,
  when: (at: number) => string,
  say: Sentences,
): string {
  if (heldSince !== null) return say.heldUntilRead(when(heldSince))
  if (decisions.length === 0) return say.notDecided
  return decisions.map((decision) => decisionWords(decision, when, say)).join(say.thenNext)
}

/** What was done, in a sentence: the gate that stopped it first, what it saw, and which others would have. */
function decisionWords(decision: Decision, when: (at: number) => string, say: Sentences): string {
  const { outcome, code, codes, until, channel, offer, consent_ref, evidence, decided_at } = decision
  const at = when(decided_at)
  if (outcome === 'command') {
    return say.sent(channel ?? say.aChannel, at, offer ?? '-', consent_ref ? say.restingOn(consent_ref) : '')
  }
  if (outcome === 'recorded') return say.recorded(at)
  const meaning = meanings.get(code ?? '')
  const facts = Object.entries(evidence).flatMap(([name, value]) =>
    name.startsWith(`${code}.`) && value !== null ? [factText(name.slice(`${code}.`.length), value, when, say)] : [],
  )
  const others = codes.filter((other) => other !== code)
  return [
    say.heldBack(outcome, code ?? say.nothingKnown, at),
    meaning ? say.meaning(inLanguage(meaning, say.language)) : '',
    typeof until === 'number' ? say.until(when(until)) : '',
    facts.length > 0 ? say.facts(say.list(facts)) : '',
    others.length > 0 ? say.others(say.list(others)) : '',
  ].join('')
}

/** `last touch 10:00`: facts say by their names what they are. */
function factText(name: string, value: unknown, when: (at: number) => string, say: Sentences): string {
  const said = name.replace(/_(at|ms)$/, '').replaceAll('_', ' ')
  if (typeof value !== 'number') return say.fact(said, String(value))
  if (name.endsWith('_ms')) return say.fact(said, lengthText(value))
  return say.fact(said, /_at$|^(at|until|since)$/.test(name) ? when(value) : String(value))
}
