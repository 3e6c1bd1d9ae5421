import { commandId, outreachId } from '../domain/ids.ts'
import { byWorth } from './arbitration.ts'
import type { Candidate, DecideState, Deferred, Purpose, Unrecorded } from './state.ts'
import type { Verdict } from './verdict.ts'

/**
 * What of a purpose comes within the policy's window competes: each moment that could be said waits until the window closes, and
 * then the one is said that is worth most. The others are suppressed for `priority`.
 */

/** What is to be done with a moment now, before it is known what others there are. */
export type Look =
  | { readonly kind: 'judged'; readonly verdict: Verdict }
  /** Its command is on the log already. */
  | { readonly kind: 'found'; readonly found: Unrecorded }
  /** It isn't known here what was said on the log: it waits, undecided. */
  | { readonly kind: 'waits' }
  /** A tranche of a budget has to be asked for first. */
  | { readonly kind: 'asks' }

export interface Contender {
  readonly candidate: Candidate
  readonly look: Look
  /** Goes with the command; null: it waited. */
  readonly triggeredAt: number | null
}

type Suppressed = Extract<Verdict, { readonly outcome: 'suppressed' }>

/**
 * It could be said, and is weighed against others. Who is held out competes as well: nothing is said to them where the same moment
 * would have won, so that the two groups stay alike.
 */
export const competes = (look: Look): boolean =>
  look.kind === 'found' || (look.kind === 'judged' && isSayable(look.verdict))

const isSayable = (verdict: Verdict): boolean =>
  verdict.outcome === 'command' || (verdict.outcome === 'suppressed' && verdict.code === 'holdout')

/** What it is worth to say this, as in its candidates; null: it isn't weighed, or its command was found on the log. */
export function worthOf(look: Look): number | null {
  if (look.kind !== 'judged' || look.verdict.outcome === 'recorded') return null
  const { offer, channel, candidates } = look.verdict
  return candidates.find((one) => one.offer === offer?.id && one.channel === channel)?.score ?? null
}

/**
 * The one that is said: what was said already, else what is worth most, then what expires first, then by id.
 * @throws RangeError of no contenders
 */
export function winnerOf(contenders: readonly Contender[]): Contender {
  return contenders.reduce((best, one) => (isBefore(one, best) ? one : best))
}

function isBefore(a: Contender, b: Contender): boolean {
  const order =
    Number(b.look.kind === 'found') - Number(a.look.kind === 'found') ||
    byWorth(worthOf(a.look), worthOf(b.look)) ||
    a.candidate.expires_at - b.candidate.expires_at
  return order === 0 ? a.candidate.moment_id < b.candidate.moment_id : order < 0
}

/** The command with which the winner is said; null: it is held out. */
export function commandOfWinner({ candidate, look }: Contender): string | null {
  if (look.kind === 'found') return look.found.command_id
  if (look.kind !== 'judged' || look.verdict.outcome !== 'command') return null
  return commandId(outreachId(candidate.moment_id), look.verdict.channel, 1)
}

/** What becomes of one that could have been said, beside the winner. */
export function lost({ look }: Contender, winner: Contender): Suppressed | undefined {
  if (look.kind !== 'judged' || (look.verdict.outcome !== 'command' && look.verdict.outcome !== 'suppressed')) {
    return undefined
  }
  const { verdict } = look
  const { offer, channel, arm } = verdict
  const command = commandOfWinner(winner)
  const behind = verdict.outcome === 'suppressed' ? verdict : undefined
  return {
    outcome: 'suppressed',
    code: 'priority',
    codes: ['priority', ...(behind?.codes ?? [])],
    until: null,
    evidence: {
      'priority.winner': winner.candidate.moment_id,
      'priority.winner_rule': winner.candidate.rule,
      'priority.winner_score': worthOf(winner.look),
      'priority.score': worthOf(look),
      ...(command !== null && { [lostToKey]: command }),
      ...behind?.evidence,
    },
    offer,
    channel,
    candidates: verdict.candidates.map((one) =>
      one.offer === offer?.id && one.channel === channel ? { ...one, codes: ['priority', ...one.codes] } : one,
    ),
    arm,
    lostTo: command ?? winner.candidate.moment_id,
  }
}

const lostToKey = 'priority.lost_to'

/** The command to which the moment of the decision lost, as its evidence says; null: it didn't. */
export function lostTo({
  outcome,
  code,
  evidence,
}: {
  readonly outcome: string
  readonly code?: string | null
  readonly evidence: Readonly<Record<string, unknown>>
}): string | null {
  const command = outcome === 'suppressed' && code === 'priority' ? evidence[lostToKey] : undefined
  return typeof command === 'string' ? command : null
}

/** Those that wait in a window of the purpose which is open beyond `now`. */
export const inWindow = ({ deferred }: DecideState, purpose: Purpose, now: number): readonly Deferred[] =>
  deferred.filter(({ competes, moment, until }) => competes && moment?.purpose === purpose && until > now)

/** It may still be said when a window closes that does so at `until`. */
export function canWait({ candidate, look }: Contender, until: number): boolean {
  if (look.kind === 'judged' && look.verdict.outcome === 'command') return until < look.verdict.notAfter
  return look.kind === 'found' || until < candidate.expires_at
}
