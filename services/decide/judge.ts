import { nextQuietStart } from '../domain/quiet-hours.ts'
import { holdsBack, type ReasonCode } from '../domain/reason-codes.ts'
import type { At } from '../flow/step.ts'
import type { Catalogue, Offer } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import { type Case, type Facts, type Finding, findings, quietWindows } from './gates.ts'
import { type Message, messageOf } from './message.ts'
import { type Once, type Repeated, repeated } from './once.ts'
import type { Candidate, DecideState } from './state.ts'
import { consentInForce } from './subscriber-facts.ts'

/** What is to be done with a moment. */
export type Verdict =
  | { readonly outcome: 'recorded' }
  | ({ readonly outcome: 'suppressed' } & Silence)
  | ({ readonly outcome: 'deferred'; readonly until: number } & Silence)
  | {
      readonly outcome: 'command'
      readonly offer: Offer
      readonly channel: Channel
      readonly message: Message
      /** What leaves, leaves before this: the moment's expiry or the next quiet time. */
      readonly notAfter: number
      readonly consentRef: string | null
    }

/** Why nothing was said, and what would have been. */
export interface Silence {
  readonly code: ReasonCode
  readonly codes: readonly ReasonCode[]
  readonly until: number | null
  readonly evidence: Facts
  readonly offer: Offer | null
  readonly channel: Channel | null
}

export type Judge = (moment: Candidate, state: DecideState, at: At) => Verdict

/** Judges moments under the catalogue's policy. `deferredMost`: so many of a subscriber's moments may wait at a time. */
export function createJudge({ ruleset, offers, policy }: Catalogue, deferredMost: number): Judge {
  const rules = new Map(ruleset.rules.map((rule) => [rule.id, rule]))
  const offersById = new Map(offers.map((offer) => [offer.id, offer]))

  return function judge(moment, state, { now, knownSince }) {
    if (moment.offers.length === 0) return { outcome: 'recorded' }
    const offer = moment.offers.map((id) => offersById.get(id)).find((found) => found !== undefined)
    const zone = state.facts.time_zone?.value ?? policy.defaultTimeZone
    const subject: Case = { moment, channel: 'sms', state, policy, now, zone, knownSince }
    const reasons = findings(subject)
    const [first] = reasons
    // An expired moment is that, whatever became of its rule.
    if (first?.code === 'expired') return silence(subject, offer ?? null, first, reasons)
    const rule = rules.get(moment.rule)
    if (!rule || !offer) return withdrawn(moment, rule !== undefined)
    const repetition = repeated(state, moment, rule.once)
    if (repetition) return repeats(subject, offer, rule.once, repetition)
    return first ? silence(subject, offer, first, reasons) : command(subject, offer)
  }

  /**
   * Quiet hours defer only where they come first: another reason that precedes them suppresses for good. What follows
   * them (a cap, say) may have ended by the release, which judges everything again. A moment that would expire before
   * quiet ends can't leave any more and isn't kept waiting.
   */
  function silence(subject: Case, offer: Offer | null, first: Finding, reasons: readonly Finding[]): Verdict {
    const { moment, channel, state } = subject
    const waiting = state.deferred.filter((entry) => entry.moment_id !== moment.moment_id).length
    const evidence: Record<string, Facts[string]> = {}
    for (const { code, facts } of reasons) {
      for (const [name, value] of Object.entries(facts)) evidence[`${code}.${name}`] = value
    }
    const said = { code: first.code, codes: reasons.map((reason) => reason.code), evidence, offer, channel }
    if (first.code !== 'quiet-hours' || first.until === null) {
      return { outcome: 'suppressed', ...said, until: first.until }
    }
    if (first.until >= moment.expires_at) evidence['quiet-hours.expires_first_at'] = moment.expires_at
    else if (waiting >= deferredMost) evidence['quiet-hours.waiting'] = waiting
    else return { outcome: 'deferred', ...said, until: first.until }
    return { outcome: 'suppressed', ...said, until: first.until }
  }

  function command({ moment, channel, state, now, zone }: Case, offer: Offer): Verdict {
    const quiet = holdsBack('quiet-hours', moment.purpose)
      ? nextQuietStart(quietWindows(policy, channel), [zone], now)
      : Infinity
    return {
      outcome: 'command',
      offer,
      channel,
      message: messageOf(offer, state.facts.language?.value, policy.defaultLanguage),
      notAfter: Math.min(moment.expires_at, quiet),
      consentRef: holdsBack('consent', moment.purpose)
        ? (consentInForce(state.facts, channel, moment.purpose, now)?.ref ?? null)
        : null,
    }
  }
}

// Outside the chain: nothing else is judged.

/** What becomes of a shadow rule's moment. */
export const shadow: Verdict = {
  outcome: 'suppressed',
  code: 'shadow',
  codes: ['shadow'],
  until: null,
  evidence: {},
  offer: null,
  channel: null,
}

/** While the engine catches up, `waiting` others of the subscriber wait already. */
export function crowded(waiting: number): Verdict {
  const code = 'crowded'
  const evidence = { 'crowded.waiting': waiting }
  return { outcome: 'suppressed', code, codes: [code], until: null, evidence, offer: null, channel: null }
}

function withdrawn(moment: Candidate, hasRule: boolean): Verdict {
  const evidence = hasRule
    ? { 'rule-withdrawn.offers': moment.offers.join(' ') }
    : { 'rule-withdrawn.rule': moment.rule }
  const code = 'rule-withdrawn'
  return { outcome: 'suppressed', code, codes: [code], until: null, evidence, offer: null, channel: null }
}

function repeats({ channel }: Case, offer: Offer, once: Once, { last, until }: Repeated): Verdict {
  const code = 'repeated'
  const evidence = { 'repeated.last_at': last, 'repeated.once': once }
  return { outcome: 'suppressed', code, codes: [code], until, evidence, offer, channel }
}
