import type { Decision, Moment } from '../../../services/records/types.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import type { Channel } from '../../../services/topology.ts'
import { type History, toldOf } from './history.ts'
import { type Code, codes, reasonsOf } from './reasons.ts'

/**
 * What decisions say that isn't so, in sentences: a reason that didn't hold, one that held and isn't told, another first one, an
 * end that is none. The converse of `breachesOf`, by the same reckoning.
 */
export function unfounded(history: History, catalogue: Catalogue): readonly string[] {
  const found: string[] = []
  const { offers } = catalogue
  for (const [index, entry] of history.entries()) {
    if (entry.kind !== 'decision' || entry.decision.outcome === 'recorded') continue
    const { decision } = entry
    const { decided_at, outcome, code, until, candidates, moment_id } = decision
    const before = history.slice(0, index)
    const moment = toldOf(before, 'moment').find((one) => one.moment_id === moment_id)
    const tell = (what: string) => found.push(`${told(decision)}: ${what}`)
    if (!moment) {
      tell('of a moment that nobody told')
      continue
    }
    const reasonsFor = (offer: string | null, channel: Channel, now: number) => {
      const known = offers.find(({ id }) => id === offer)
      const category = known?.category ?? null
      return reasonsOf({ moment, channel, offer: known, category }, catalogue, before, now)
    }
    for (const { offer, channel, codes: given } of candidates) {
      compare(`${offer} by ${channel}`, given.filter(isChain), reasonsFor(offer, channel, decided_at))
    }
    const isJudged = isChain(code ?? 'none')
    if (isJudged) {
      const { channel = null, offer = null } = decision
      if (channel === null) {
        tell('no channel')
        continue
      }
      compare('the decision', decision.codes.filter(isChain), reasonsFor(offer, channel, decided_at))
      if (code !== decision.codes[0]) tell(`the first of its codes is ${decision.codes[0]}`)
      const free = candidates.find((candidate) => candidate.codes.length === 0)
      if (free) tell(`nothing speaks against ${free.offer} by ${free.channel}`)
      if (until != null && until > decided_at && !reasonsFor(offer, channel, until - 1).includes(code as Code)) {
        tell(`it has ended before ${iso(until)}`)
      }
      if (outcome === 'deferred' && (until == null || reasonsFor(offer, channel, until).includes('quiet-hours'))) {
        tell('it is quiet still when it is to be judged again')
      }
    } else if (outcome === 'suppressed') {
      const isSo = otherwise[code ?? 'none']?.(moment, catalogue, before, decision)
      if (isSo === false) tell('which is not so')
      if (isSo === undefined) tell('which nobody knows')
    }

    function compare(what: string, given: readonly string[], expected: readonly string[]): void {
      if (given.join() !== expected.join()) {
        tell(`${what} has [${given.join(' ')}], and what holds is [${expected.join(' ')}]`)
      }
    }
  }
  return found
}

const isChain = (code: string): boolean => (codes as readonly string[]).includes(code)

/** Outside of the chain. */
const otherwise: Readonly<
  Record<string, (moment: Moment, catalogue: Catalogue, before: History, decision: Decision) => boolean>
> = {
  // Another one of the purpose was worth no less, of equals it expires no later, and the purpose has a window.
  priority: ({ purpose, moment_id, expires_at }, { policy }, before, { evidence }) => {
    const { 'priority.winner': id, 'priority.winner_score': most = null, 'priority.score': own = null } = evidence
    const winner = toldOf(before, 'moment').find((one) => one.moment_id === id)
    if (!winner || winner.purpose !== purpose || winner.moment_id === moment_id) return false
    if (policy.competition?.[purpose] === undefined) return false
    return most === own
      ? winner.expires_at <= expires_at
      : own === null || (most !== null && Number(most) > Number(own))
  },
  shadow: ({ mode }) => mode === 'shadow',
  'reason-ended': ({ rule, at }, _, before) =>
    toldOf(before, 'moment').some(
      ({ rule: ended, reason_ended_at }) => ended === rule && reason_ended_at != null && reason_ended_at > at,
    ),
  // Somebody has been given the same to do, and has time for it still; or the channels that are left don't reach the subscriber.
  'no-reach': ({ evidence: known, purpose, segments }, { policy }, before, { evidence, candidates, decided_at }) =>
    before.some(
      (entry) =>
        entry.kind === 'command' &&
        entry.command.channel === 'task' &&
        entry.command.command_id === evidence['no-reach.open_task'] &&
        decided_at < entry.command.not_after,
    ) ||
    (candidates.length > 0 &&
      candidates.every(({ channel, codes: given }) => {
        if (!given.includes('no-reach')) return given.length > 0
        const { reach, urgentOnly } = policy.channels?.[channel] ?? {}
        const value = reach && known[reach.factor]
        const isReached = reach === undefined || (typeof value === 'number' && value <= reach.most)
        const isUrgent =
          urgentOnly === undefined ||
          urgentOnly.purposes.includes(purpose) ||
          Object.values(segments).some((segment) => urgentOnly.segments.includes(segment))
        return !isReached || !isUrgent
      })),
  'rule-withdrawn': ({ rule, offers }, catalogue) =>
    !catalogue.ruleset.rules.some(({ id }) => id === rule) ||
    !offers.some((offer) => catalogue.offers.some(({ id }) => id === offer)),
  repeated: ({ rule, at, moment_id }, { ruleset, policy }, before) => {
    const once = ruleset.rules.find(({ id }) => id === rule)?.once ?? 0
    // Answered already, or about to be: it waits.
    return toldOf(before, 'moment').some(
      (other) =>
        other.rule === rule &&
        other.moment_id !== moment_id &&
        (once === 'lifetime' || at < other.at + once) &&
        ((policy.competition?.[other.purpose] !== undefined && !isDecided(before, other)) ||
          before.some(
            (entry) =>
              (entry.kind === 'command' && entry.command.moment_id === other.moment_id) ||
              (entry.kind === 'decision' &&
                entry.decision.moment_id === other.moment_id &&
                entry.decision.outcome === 'deferred'),
          )),
    )
  },
}

/** What is not may wait for others, which nothing tells. */
const isDecided = (before: History, { moment_id }: Moment): boolean =>
  before.some((entry) => entry.kind === 'decision' && entry.decision.moment_id === moment_id)

const told = ({ rule, purpose, outcome, code, decided_at, subscriber_id }: Decision): string =>
  `${outcome} ${code ?? ''} of ${rule} (${purpose}) to ${subscriber_id} at ${iso(decided_at)}`

const iso = (at: number): string => (Number.isFinite(at) ? new Date(at).toISOString() : String(at))
