import { chainReasons, otherReasons, type Reason } from '../domain/reason-codes.ts'
import type { Decision } from '../records/types.ts'
import type { MomentAnswer } from './answer.ts'
import { lengthText } from './clock-text.ts'
import type { DecidedMoment } from './decided-moments.ts'

const iso = (at: number): string => new Date(at).toISOString()
const isoOrNull = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : iso(at))

const meanings: ReadonlyMap<string, string> = new Map(
  [...chainReasons, ...otherReasons].map(({ code, meaning }: Reason) => [code, meaning.en]),
)

/** A moment with what was done with it. `when`: an instant on the subscriber's wall clock. */
export function momentAnswer({ moment, decisions }: DecidedMoment, when: (at: number) => string): MomentAnswer {
  const last = decisions.at(-1)
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
    became: last ? decisionWords(last, when) : 'decide has not recorded what becomes of it',
    decisions: decisions.map((decision) => ({
      decided_at: iso(decision.decided_at),
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

/** What was done, in a sentence: the gate that stopped it first, what it saw, and which others would have. */
function decisionWords(decision: Decision, when: (at: number) => string): string {
  const { outcome, code, codes, until, channel, offer, consent_ref, evidence, decided_at } = decision
  const at = when(decided_at)
  if (outcome === 'command') {
    const consent = consent_ref ? `, resting on consent ${consent_ref}` : ''
    return `sent by ${channel ?? 'a channel'} at ${at}: offer ${offer ?? '-'}${consent}`
  }
  if (outcome === 'recorded') return `recorded at ${at}: it offers nothing to say`
  const meaning = meanings.get(code ?? '') ?? ''
  const facts = Object.entries(evidence).flatMap(([name, value]) =>
    name.startsWith(`${code}.`) && value !== null ? [factText(name.slice(`${code}.`.length), value, when)] : [],
  )
  const others = codes.filter((other) => other !== code)
  return [
    `${outcome} by ${code ?? 'nothing known'} at ${at}`,
    meaning === '' ? '' : ` (${meaning.replace(/\.$/, '')})`,
    typeof until === 'number' ? ` until ${when(until)}` : '',
    facts.length > 0 ? `: ${facts.join(', ')}` : '',
    others.length > 0 ? `; ${others.join(', ')} would have, too` : '',
  ].join('')
}

/** `last touch 10:00`: facts say by their names what they are. */
function factText(name: string, value: unknown, when: (at: number) => string): string {
  const said = name.replace(/_(at|ms)$/, '').replaceAll('_', ' ')
  if (typeof value !== 'number') return `${said} ${String(value)}`
  if (name.endsWith('_ms')) return `${said} ${lengthText(value)}`
  return `${said} ${/_at$|^(at|until|since)$/.test(name) ? when(value) : value}`
}
