import type { Decision } from '../records/types.ts'
import type { MomentAnswer } from './answer.ts'
import type { DecidedMoment } from './decided-moments.ts'
import { decisionAnswer, decisionWords, type Telling } from './decision-answer.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import type { Sentences } from './sentences.ts'

const iso = (at: number): string => new Date(at).toISOString()
const isoOrNull = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : iso(at))

/**
 * A moment with what was done with it. `when`: an instant on the subscriber's wall clock. `heldSince`: it is held until what
 * lies on the log has been read.
 */
export function momentAnswer(
  { moment, decisions }: DecidedMoment,
  when: (at: number) => string,
  say: Sentences,
  heldSince: number | null,
  deliveries: Deliveries,
): MomentAnswer {
  const telling = { say, when }
  const deliveryOf = ({ command_id }: Decision) => deliveries.get(command_id ?? '')
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
    became: becameOf(ofAttempts, deliveryOf, heldSince, telling),
    decisions: decisions.map((decision) => decisionAnswer(decision, deliveryOf(decision), telling)),
  }
}

/** `decisions`: the last of each attempt, through one channel after the other. */
function becameOf(
  decisions: readonly Decision[],
  deliveryOf: (decision: Decision) => Delivery | undefined,
  heldSince: number | null,
  telling: Telling,
): string {
  const { say, when } = telling
  if (heldSince !== null) return say.heldUntilRead(when(heldSince))
  if (decisions.length === 0) return say.notDecided
  return decisions.map((decision) => decisionWords(decision, deliveryOf(decision), telling)).join(say.thenNext)
}
