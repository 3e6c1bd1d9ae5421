import type { Location } from '../domain/errors.ts'
import type { Channel, EventType } from '../topology.ts'
import type { Expression, ValueType } from './expression.ts'

/** Checked factors and rules, ready for an engine. Nothing here can fail any more. */
export interface Ruleset {
  /** Content hash over the files; carried by every moment. */
  readonly version: string
  readonly factors: readonly Factor[]
  readonly rules: readonly Rule[]
}

export type Aggregate = 'count' | 'sum' | 'last'

/** All lengths in milliseconds unless named otherwise. */
export type Window =
  /** Today and the `days - 1` civil days before it, in the subscriber's zone. 1..92 */
  | { readonly kind: 'days'; readonly days: number }
  /** (t - length, t], exact. */
  | { readonly kind: 'rolling'; readonly length: number }
  /** The current pane and the `panes - 1` before it; panes are aligned to 1970-01-01T00:00Z. 1..96 panes */
  | { readonly kind: 'panes'; readonly pane: number; readonly panes: number }
  | { readonly kind: 'lifetime' }

/** A named value about one subscriber, kept incrementally. */
export interface Factor {
  readonly id: string
  readonly title: Text
  /** What it speaks of: a risk, a chance, or neither. */
  readonly class?: 'high-risk-warning' | 'value-uplift' | 'guard'
  /** Group inside the class, e.g. usage-decline. */
  readonly category?: string
  readonly from: EventType
  /** Over fields of the event; absent: all events. */
  readonly where?: Expression
  /** What is summed or kept; absent for count. */
  readonly value?: Expression
  readonly aggregate: Aggregate
  /** `last` has lifetime. */
  readonly window: Window
  /** count: int; sum: type of `value`; last: type of `value` (int, double, bool). A sum or count over nothing is 0; last is unknown. */
  readonly type: ValueType
  readonly location: Location
}

export interface Text {
  readonly en: string
  readonly zh?: string
}

export type MomentKind = 'first' | 'change' | 'special' | 'do-not-disturb'
export type Purpose = 'marketing' | 'care' | 'service' | 'regulatory'

export interface Rule {
  readonly id: string
  /** Content hash of the rule and of the factors that it reads. */
  readonly version: string
  readonly moment: MomentKind
  readonly title: Text
  readonly purpose: Purpose
  readonly trigger: Trigger
  /** At most one moment per subscriber in this time (0: no limit but one an instant), or in the subscriber's life. */
  readonly once: number | 'lifetime'
  /** A moment older than this is dropped. At most 7 days. */
  readonly expires: number
  /** Factors whose values go with the moment. */
  readonly evidence: readonly string[]
  readonly offers: readonly string[]
  readonly location: Location
}

/** An event of one of these types, which meets the condition. */
export interface EventMatch {
  readonly on: readonly EventType[]
  readonly where?: Expression
}

export type Trigger =
  /** Evaluated as of the newest event after each event of these types. */
  | {
      readonly kind: 'condition'
      readonly on: readonly EventType[]
      /** Over factors and fields of the event (which all types of `on` have). */
      readonly when: Expression
      /** Of a first rule: how earlier history is known. */
      readonly history?: History
    }
  /**
   * Fires at a + `within`, where a is the time of an event that matches `after`, unless an event that matches `absent`
   * has a time in (a, a + within). Armed by the earliest unanswered `after`; while it is armed, further ones change nothing.
   */
  | {
      readonly kind: 'absence'
      readonly after: EventMatch
      readonly absent: EventMatch
      readonly within: number
    }
  /** The local date of a profile field each year, at minutes after local midnight. */
  | {
      readonly kind: 'anniversary'
      readonly field: 'birth_date' | 'tenure_start' | 'contract_end'
      readonly minuteOfDay: number
      /** Where 29 February is kept in other years. */
      readonly leapDay: '02-28' | '03-01'
    }
  /** A suppression interval: opened and closed by events, one for each value of the key field. */
  | {
      readonly kind: 'interval'
      readonly open: EventMatch
      readonly close: EventMatch
      /** A string field that both have, e.g. ticket_id; absent: one interval. */
      readonly key?: string
      /** Ends by itself after this. */
      readonly longest: number
      readonly code: 'do-not-disturb' | 'open-issue' | 'live-call'
      /** Empty: all. */
      readonly channels: readonly Channel[]
      /** Empty: as the table of codes says. */
      readonly purposes: readonly Purpose[]
    }

export type History =
  /** There is none that matters: the rule is backfilled, or what it watches began with it. */
  | { readonly kind: 'none' }
  /** A profile tag of this name says that it happened before; without a profile nothing fires. */
  | { readonly kind: 'tag'; readonly tag: string }
