import type { Decision } from '../records/types.ts'
import type { DecideView } from './decide-view.ts'
import type { Outcome } from './rule-verdict.ts'
import type { Language } from './sentences.ts'

export type Shown = number | boolean | string | null

/** What `explain` says. Times are ISO-8601 UTC, and on the subscriber's wall clock inside of sentences. */
export interface Answer {
  /** Of the sentences. */
  readonly language: Language
  readonly subscriber: SubscriberAnswer
  readonly as_of: AsOf
  /** The catalogue by which detect judges at that time. */
  readonly catalogue: { readonly number: number; readonly version: string; readonly in_force_since: string | null }
  /** The first sentences to read. */
  readonly verdict: readonly string[]
  readonly rules: readonly RuleAnswer[]
  readonly factors: readonly FactorAnswer[]
  /** Newest first. */
  readonly moments: readonly MomentAnswer[]
  readonly decide: DecideView | null
}

interface SubscriberAnswer {
  readonly id: string
  readonly shard: number
  readonly time_zone: string
  readonly billing_day: number
  readonly calendar: string | null
  readonly identity_ended_at: string | null
  readonly first_seen: string | null
  /** By event type. */
  readonly newest_events: Readonly<Record<string, string>>
  /** By dimension. */
  readonly segments: Readonly<Record<string, string>>
  /** Events that wait for the grace before settled rules see them. */
  readonly held: readonly {
    readonly type: string
    readonly event_id: string
    readonly time: string
    readonly judged_at: string
  }[]
}

/** How the answer was found. */
export interface AsOf {
  readonly at: string
  /** state: what the services have committed. log: the subscriber's events, read again. */
  readonly source: 'state' | 'log'
  /** Of the state: the shard's clock, and records of its topics that it has not seen yet. */
  readonly clock: string | null
  readonly records_behind: number | null
  /** Of the log. */
  readonly records_read: number | null
  readonly events: number | null
  /** The subscriber's records that could not be handled. */
  readonly dead_letters: number | null
  /** The beginning is no longer on the log: what depends on it is missing. */
  readonly history_cut: boolean
}

export interface RuleAnswer {
  readonly rule: string
  readonly title: { readonly en: string; readonly zh?: string }
  readonly moment: string
  readonly version: string
  readonly mode: 'live' | 'shadow'
  readonly settle: boolean
  readonly outcome: Outcome
  readonly verdict: string
  readonly reasons: readonly string[]
  readonly fired_at: string | null
  /** Schedules and dates. */
  readonly next_due: { readonly day: string; readonly at: string; readonly judged_at: string } | null
  /** Of the rule that was asked for. */
  readonly details?: RuleDetails
}

export interface RuleDetails {
  readonly when?: Tree
  readonly rearm?: Tree
  readonly edge?: 'unknown' | 'below' | 'above' | 'spent'
  readonly only?: Tree
  readonly known_history?: Tree
  /** The event whose fields the conditions read. */
  readonly event?: { readonly type: string; readonly event_id: string; readonly time: string }
  readonly steps?: readonly { readonly name: string; readonly times: number; readonly met: readonly string[] }[]
  readonly cancelled?: { readonly by: 'unless' | 'absence'; readonly at: string }
  readonly waiting?: readonly {
    readonly event_id: string
    readonly first: string
    readonly last: string
    readonly deadline: string
    readonly judged_at: string
  }[]
}

export interface Tree {
  readonly text: string
  readonly value: Shown
  readonly parts: readonly Tree[]
}

export interface FactorAnswer {
  readonly id: string
  readonly title: { readonly en: string; readonly zh?: string }
  readonly unit: string | null
  readonly value: Shown
  readonly unknown_because: string | null
  /** What it is computed from. */
  readonly of: string
  /** null: it is made of others. */
  readonly window: string | null
  /** What the window holds, newest first, where it was asked for. */
  readonly rows: readonly Row[]
  /** Of an average and the like: what it is made of. */
  readonly parts: readonly {
    readonly name: string
    readonly value: Shown
    readonly of: string
    readonly window: string | null
    readonly rows: readonly Row[]
  }[]
}

export interface Row {
  readonly from: string
  readonly to?: string
  readonly events?: number
  readonly value?: number | string
  readonly event_id?: string
}

export interface MomentAnswer {
  readonly moment_id: string
  readonly rule: string
  readonly kind: string | null
  readonly mode: 'live' | 'shadow' | null
  readonly at: string | null
  readonly detected_at: string | null
  readonly rule_version: string | null
  readonly evidence: Readonly<Record<string, unknown>>
  readonly segments: Readonly<Record<string, string>>
  readonly do_not_disturb: {
    readonly phase: string
    readonly code: string
    readonly key: string
    readonly until: string
  } | null
  /** In one sentence, what became of it. */
  readonly became: string
  /** Oldest first. */
  readonly decisions: readonly DecisionAnswer[]
}

export interface DecisionAnswer {
  readonly decided_at: string
  /** 2 and more: of another channel, as the command before didn't reach the subscriber. */
  readonly attempt: number
  readonly outcome: string
  readonly code: string | null
  /** All that apply, in the fixed order. */
  readonly codes: readonly string[]
  readonly until: string | null
  readonly channel: string | null
  readonly offer: string | null
  readonly text: string | null
  readonly evidence: Readonly<Record<string, unknown>>
  /** All that was thought of, in the order in which it was preferred. */
  readonly candidates: readonly CandidateAnswer[]
  readonly campaign: string | null
  readonly variant: string | null
  readonly exposure: 'addressed' | 'held-out' | null
  readonly command_id: string | null
  /** What became of the command; null: there is none. */
  readonly delivery: DeliveryAnswer | null
  readonly pause_id: string | null
  readonly consent_ref: string | null
  readonly preferences_ref: string | null
  readonly register_ref: string | null
  /** By which it was judged. */
  readonly catalogue_version: string
}

/** Each try to send a command, and what its channel said, in the order of time. */
export interface DeliveryAnswer {
  readonly attempts: readonly { readonly attempt_id: string; readonly at: string; readonly provider: string }[]
  readonly receipts: readonly {
    readonly at: string
    readonly status: string
    readonly code: string | null
    readonly detail: string | null
  }[]
}

/** An offer through a channel. */
export interface CandidateAnswer {
  readonly offer: string
  readonly channel: string
  /** It is the one that was said, or would have been but for the reasons of the decision. */
  readonly taken: boolean
  /** All that spoke against it, in the fixed order. */
  readonly codes: readonly string[]
  readonly evidence: Decision['evidence']
  /** Expected value of saying it, in minor units of money; null: it wasn't weighed. */
  readonly score: number | null
  /** How likely an acceptance was taken to be, where that is learned. */
  readonly learned: {
    readonly alpha: number
    readonly beta: number
    readonly probability: number
    readonly explored: boolean
    readonly tallied_at: string | null
  } | null
  /** In one line, with what shows each reason. */
  readonly said: string
}
