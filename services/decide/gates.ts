import type { Budgets } from '../budgets/budgets.ts'
import type { Calendar } from '../domain/calendar.ts'
import { quietUntil } from '../domain/quiet-hours.ts'
import { type ChainCode, chainReasons, holdsBack } from '../domain/reason-codes.ts'
import type { Learning } from '../learning/learning.ts'
import type { Campaign } from '../rules/campaigns.ts'
import type { Offer, Policy } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import { blockedContact, endsLater } from './blocked-contact.ts'
import { budgetSpent } from './budget.ts'
import { capReached, capsReachMs, civilPlace, type Kind } from './caps.ts'
import { cooled } from './cooling.ts'
import { ineligible } from './eligibility.ts'
import { heldOut } from './experiment.ts'
import { openInterval } from './intervals.ts'
import type { Replacements } from './owned-products.ts'
import { protectionOf } from './protection.ts'
import type { Candidate, DecideState, Interval } from './state.ts'
import { consentInForce } from './subscriber-facts.ts'
import { tooSoon } from './touches.ts'
import { placeFacts } from './whereabouts.ts'

/** A moment before the contact policy: with which offer, through which channel, on which instant, on which wall clock. */
export interface Case {
  readonly moment: Candidate
  /** undefined: none that the moment names is in the catalogue. */
  readonly offer: Offer | undefined
  readonly channel: Channel
  /** Of the moment's rule; undefined: it is in none that the catalogue speaks of. */
  readonly campaign: Campaign | undefined
  readonly state: DecideState
  readonly policy: Policy
  /** What this process holds of budgets. */
  readonly budgets: Budgets
  /** Of all offers of the catalogue. */
  readonly replacements: Replacements
  /** The instant of sending. */
  readonly now: number
  /** The subscriber's own. */
  readonly zone: string
  /** Of where the subscriber is: abroad all zones of the country, else the own one. */
  readonly zones: readonly string[]
  /** Whose holidays are the subscriber's; undefined: the catalogue has no such calendar. */
  readonly calendar: Calendar | undefined
  readonly learning: Learning
  /** Since when it is known what was sent (see `At`). */
  readonly knownSince: number | undefined
}

export type Facts = Readonly<Record<string, boolean | number | string | null>>

/** A reason that applies, and what shows it. */
export interface Finding {
  readonly code: ChainCode
  /** When the reason ends; null: not known, or never. */
  readonly until: number | null
  readonly facts: Facts
}

type Gate = (subject: Case) => { readonly until: number | null; readonly facts: Facts } | undefined

/** All reasons that apply, in the fixed order of the table of reasons. */
export function findings(subject: Case): readonly Finding[] {
  const found: Finding[] = []
  for (const { code } of chainReasons) {
    const reason = gates[code](subject)
    if (reason) found.push({ code, ...reason })
  }
  return found
}

/** One reason of them, if it applies. */
export function findingOf(code: ChainCode, subject: Case): Finding | undefined {
  const reason = gates[code](subject)
  return reason && { code, ...reason }
}

/** A gate for the purposes that its row of the table names. */
const asTable =
  (code: ChainCode, gate: Gate): Gate =>
  (subject) =>
    holdsBack(code, subject.moment.purpose) ? gate(subject) : undefined

/** A gate for intervals; they may name purposes of their own. */
const interval =
  (code: Interval['code']): Gate =>
  ({ moment, channel, state, now }) => {
    const open = openInterval(state.intervals, code, channel, moment.purpose, now)
    return open && { until: open.until, facts: { rule: open.rule, key: open.key, since: open.at, until: open.until } }
  }

/** What of two gates lasts longest. */
const longest =
  (one: Gate, other: Gate): Gate =>
  (subject) => {
    const [first, second] = [one(subject), other(subject)]
    return first && second ? (endsLater(second.until, first.until) ? second : first) : (first ?? second)
  }

/** One gate a row: a new reason is a row of the table and its gate here. */
const gates: Readonly<Record<ChainCode, Gate>> = {
  expired: asTable('expired', ({ moment, state, now }) => {
    const ended = state.facts.ended_at
    if (ended !== null && moment.at <= ended) return { until: null, facts: { identity_ended_at: ended } }
    return now >= moment.expires_at ? { until: null, facts: { at: moment.expires_at } } : undefined
  }),

  consent: asTable('consent', ({ moment, channel, state, now }) => {
    if (consentInForce(state.facts, channel, moment.purpose, now)) return undefined
    const entry = state.facts.consent[`${channel}/${moment.purpose}`]
    const given = !entry ? 'missing' : entry.granted ? 'not yet' : 'refused'
    return { until: null, facts: { state: given, ...(entry && { ref: entry.ref }) } }
  }),

  protected: asTable('protected', protectionOf),

  'do-not-disturb': longest(interval('do-not-disturb'), asTable('do-not-disturb', blockedContact)),
  'open-issue': interval('open-issue'),
  'live-call': interval('live-call'),

  'quiet-hours': asTable('quiet-hours', ({ policy, channel, state, now, zone, zones }) => {
    const until = quietUntil(quietWindows(policy, channel), zones, now)
    return until === undefined ? undefined : { until, facts: { until, ...placeFacts(state, zone) } }
  }),

  cap: asTable('cap', (subject) => {
    const { state, policy, now, zone, knownSince } = subject
    // What can't be counted is taken to be used up, until the longest cap looks at nothing but what is known.
    if (knownSince !== undefined) {
      const until = knownSince + capsReachMs(policy, kindOf(subject))
      if (now < until) return { until, facts: { reason: 'state-lost', known_since: knownSince } }
    }
    const reached = capReached(policy, state.touches, kindOf(subject), now, civilPlace(state.facts, zone))
    return (
      reached && { until: reached.until, facts: { id: reached.cap.id, count: reached.count, most: reached.cap.most } }
    )
  }),

  gap: asTable('gap', ({ moment, state, policy, now }) => {
    const soon = tooSoon(policy, state.touches, moment.purpose, now)
    return soon && { until: soon.until, facts: { last_touch_at: soon.last, length_ms: soon.gap } }
  }),

  cooling: asTable('cooling', ({ moment, offer, state, policy, now }) => {
    const offered = { rule: moment.rule, offer: offer?.id ?? null, category: offer?.category ?? null }
    const found = cooled(policy, state.answers, offered, now)
    if (!found) return undefined
    const { cooling, refusals, last, until } = found
    return { until, facts: { id: cooling.id, of: cooling.of, refusals, last_refused_at: last } }
  }),
  ineligible: asTable('ineligible', ineligible),
  budget: asTable('budget', budgetSpent),

  // Which option is the best is known when all are judged.
  priority: () => undefined,

  holdout: asTable('holdout', heldOut),
}

const kindOf = ({ moment, offer, channel }: Case): Kind => ({
  purpose: moment.purpose,
  channel,
  category: offer?.category ?? null,
})

export const quietWindows = (policy: Policy, channel: Channel) =>
  policy.quietHours.filter((window) => window.channels.includes(channel))
