import type { Budgets } from '../budgets/budgets.ts'
import type { Calendar } from '../domain/calendar.ts'
import { quietUntil } from '../domain/quiet-hours.ts'
import { type ChainCode, chainReasons, holdsBack } from '../domain/reason-codes.ts'
import type { Learning } from '../learning/learning.ts'
import type { Campaign } from '../rules/campaigns.ts'
import type { Offer, Policy } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import { blockedContact, endsLater } from './blocked-contact.ts'
import { budgetSpent, lacksTranche } from './budget.ts'
import { capReached, capsReachMs, civilPlace, type Kind } from './caps.ts'
import { cooled } from './cooling.ts'
import { ineligible } from './eligibility.ts'
import { heldOut } from './experiment.ts'
import { openInterval } from './intervals.ts'
import { openTask } from './open-tasks.ts'
import type { Replacements } from './owned-products.ts'
import { protectionOf } from './protection.ts'
import type { Candidate, DecideState, Interval, Purpose } from './state.ts'
import { consentInForce } from './subscriber-facts.ts'
import { tooSoon, touchesBeside } from './touches.ts'
import { placeFacts } from './whereabouts.ts'

/** A moment before the contact policy: with which offer, through which channel, on which instant, on which wall clock. */
export interface Case {
  readonly moment: Candidate
  /** 2 and more: it is to be said through another channel than before. */
  readonly attempt: number
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

type Gate<Subject = Case> = (subject: Subject) => { readonly until: number | null; readonly facts: Facts } | undefined

/**
 * Tells of the options of one moment, one after the other, all reasons that apply, in the fixed order of the table of
 * reasons. What holds for all options of the moment, or of an offer, is looked at once.
 */
export function createFindings(purpose: Purpose): (subject: Case) => readonly Finding[] {
  const own = rows[purpose]
  const known: (Finding | undefined)[] = []
  let before: Case | undefined
  return (subject) => {
    const isSameOffer = before !== undefined && before.offer === subject.offer
    const found: Finding[] = []
    for (let i = 0; i < own.length; i++) {
      const row = own[i] as Row
      const isKnown = (before !== undefined && row.about === 'moment') || (isSameOffer && row.about === 'offer')
      const finding = isKnown ? known[i] : lookAt(row, subject)
      known[i] = finding
      // What is held back before it comes to a budget doesn't ask for a tranche: that it has none says nothing against it.
      if (finding && (found.length === 0 || !lacksTranche(finding))) found.push(finding)
    }
    before = subject
    return found
  }
}

/** One reason of them, if it applies. */
export function findingOf(code: ChainCode, subject: Case): Finding | undefined {
  const row = rows[subject.moment.purpose].find((one) => one.code === code)
  return row && lookAt(row, subject)
}

function lookAt({ code, gate }: Row, subject: Case): Finding | undefined {
  const reason = gate(subject)
  return reason && { code, until: reason.until, facts: reason.facts }
}

/** What a gate looks at: the moment and its subscriber, an offer for it, or the offer through a channel. */
const extents = ['moment', 'offer', 'option'] as const
type Extent = (typeof extents)[number]

/** A gate, and whether it is for the purposes that its row of the table names; else it says itself for which. */
interface Part {
  readonly gate: Gate
  readonly about: Extent
  readonly asTable: boolean
}
const ofOption = (gate: Gate): Part => ({ gate, about: 'option', asTable: true })
const ofOffer = (gate: Gate<Omit<Case, 'channel'>>): Part => ({ gate, about: 'offer', asTable: true })
const ofMoment = (gate: Gate<Omit<Case, 'channel' | 'offer'>>): Part => ({ gate, about: 'moment', asTable: true })

/** Of intervals; they may name purposes of their own. */
const interval = (code: Interval['code']): Part => ({
  about: 'option',
  asTable: false,
  gate({ moment, channel, state, now }) {
    const open = openInterval(state.intervals, code, channel, moment.purpose, now)
    return open && { until: open.until, facts: { rule: open.rule, key: open.key, since: open.at, until: open.until } }
  },
})

/** What of two gates lasts longest. */
const longest =
  (one: Gate, other: Gate): Gate =>
  (subject) => {
    const [first, second] = [one(subject), other(subject)]
    return first && second ? (endsLater(second.until, first.until) ? second : first) : (first ?? second)
  }

/** A new reason is a row of the table and its gates here; of several that apply the one that lasts longest does. */
const gates: Readonly<Record<ChainCode, readonly Part[]>> = {
  expired: [
    ofMoment(({ moment, state, now }) => {
      const ended = state.facts.ended_at
      if (ended !== null && moment.at <= ended) return { until: null, facts: { identity_ended_at: ended } }
      return now >= moment.expires_at ? { until: null, facts: { at: moment.expires_at } } : undefined
    }),
  ],

  consent: [
    ofOption(({ moment, channel, state, now }) => {
      if (consentInForce(state.facts, channel, moment.purpose, now)) return undefined
      const entry = state.facts.consent[`${channel}/${moment.purpose}`]
      const given = !entry ? 'missing' : entry.granted ? 'not yet' : 'refused'
      const until = entry?.granted ? entry.from : null
      return { until, facts: { state: given, ...(entry && { ref: entry.ref }) } }
    }),
  ],

  protected: [ofOption(protectionOf)],

  'do-not-disturb': [interval('do-not-disturb'), ofOption(blockedContact), ofOption(openTask)],
  'open-issue': [interval('open-issue')],
  'live-call': [interval('live-call')],

  'quiet-hours': [
    ofOption(({ policy, channel, state, now, zone, zones }) => {
      const until = quietUntil(quietWindows(policy, channel), zones, now)
      return until === undefined ? undefined : { until, facts: { until, ...placeFacts(state, zone) } }
    }),
  ],

  cap: [
    ofOption((subject) => {
      const { moment, state, policy, now, zone, knownSince } = subject
      // What can't be counted is taken to be used up, until the longest cap looks at nothing but what is known.
      if (knownSince !== undefined) {
        const until = knownSince + capsReachMs(policy, kindOf(subject))
        if (now < until) return { until, facts: { reason: 'state-lost', known_since: knownSince } }
      }
      const touches = touchesBeside(state.touches, moment.moment_id)
      const reached = capReached(policy, touches, kindOf(subject), now, civilPlace(state.facts, zone))
      if (!reached) return undefined
      const { cap, count, underWay, until } = reached
      return { until, facts: { id: cap.id, count, most: cap.most, ...(underWay > 0 && { under_way: underWay }) } }
    }),
  ],

  gap: [
    ofMoment(({ moment, state, policy, now }) => {
      const soon = tooSoon(policy, touchesBeside(state.touches, moment.moment_id), moment.purpose, now)
      if (!soon) return undefined
      const { gap, last, leavesBy, until } = soon
      const underWay = leavesBy !== undefined && { under_way: true, leaves_until: leavesBy }
      return { until, facts: { last_touch_at: last, length_ms: gap, ...underWay } }
    }),
  ],

  cooling: [
    ofOffer(({ moment, offer, state, policy, now }) => {
      const offered = { rule: moment.rule, offer: offer?.id ?? null, category: offer?.category ?? null }
      const found = cooled(policy, state.answers, offered, now)
      if (!found) return undefined
      const { cooling, refusals, last, until } = found
      return { until, facts: { id: cooling.id, of: cooling.of, refusals, last_refused_at: last } }
    }),
  ],
  ineligible: [ofOffer(ineligible)],
  budget: [ofOption(budgetSpent)],

  // Which option is the best is known when all are judged.
  priority: [],

  holdout: [ofMoment(heldOut)],
}

interface Row {
  readonly code: ChainCode
  readonly gate: Gate
  /** The widest of its gates. */
  readonly about: Extent
}

/** The rows of the table that mean something for a purpose, in their order. */
const rowsFor = (purpose: Purpose): readonly Row[] =>
  chainReasons.flatMap(({ code }) => {
    const own = gates[code].filter((part) => !part.asTable || holdsBack(code, purpose))
    const about = extents.findLast((extent) => own.some((part) => part.about === extent))
    return about ? [{ code, gate: own.map(({ gate }) => gate).reduce(longest), about }] : []
  })

/** Put together once: each candidate goes through all of them. */
const rows: Readonly<Record<Purpose, readonly Row[]>> = {
  marketing: rowsFor('marketing'),
  care: rowsFor('care'),
  service: rowsFor('service'),
  regulatory: rowsFor('regulatory'),
}

const kindOf = ({ moment, offer, channel }: Case): Kind => ({
  purpose: moment.purpose,
  channel,
  category: offer?.category ?? null,
})

export const quietWindows = (policy: Policy, channel: Channel) =>
  policy.quietHours.filter((window) => window.channels.includes(channel))
