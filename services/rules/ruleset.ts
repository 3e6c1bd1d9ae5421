import type { Calendar } from '../domain/calendar.ts'
import type { PeriodUnit } from '../domain/civil-periods.ts'
import type { DateDefinition } from '../domain/due-dates.ts'
import type { Location } from '../domain/errors.ts'
import type { Channel, EventType } from '../topology.ts'
import type { Expression, ValueType } from './expression.ts'

/** Checked factors and rules, ready for an engine. Nothing here can fail any more. All lengths in milliseconds unless named otherwise. */
export interface Ruleset {
  /** Content hash over the files; carried by every moment. */
  readonly version: string
  /** A derived factor comes after those that it reads. */
  readonly factors: readonly Factor[]
  readonly rules: readonly Rule[]
  readonly segments: readonly Segment[]
  readonly calendars: readonly Calendar[]
  /** Id of the calendar of subscribers whose profile names none. */
  readonly defaultCalendar?: string
}

export interface Text {
  readonly en: string
  readonly zh?: string
}

/** A named value about one subscriber, kept incrementally. */
export interface Factor {
  readonly id: string
  readonly title: Text
  readonly description?: Text
  /** What it is measured in, for people: MB, calls, days. */
  readonly unit?: string
  /** What it speaks of: a risk, a chance, or neither. */
  readonly class?: 'high-risk-warning' | 'value-uplift' | 'guard'
  /** Group inside the class, e.g. usage-decline. */
  readonly category?: string
  /** Made by the check for another factor (the two sums of an average); not shown, not readable by name. */
  readonly hidden: boolean
  readonly type: ValueType
  /** Of a text that is kept by its hash alone: the texts that it may be. */
  readonly texts?: readonly string[]
  readonly definition: EventFactor | DerivedFactor | ProfileFactor
  /** Of one that says where a subscriber stands among all: by what. */
  readonly quantiles?: Quantiles
  readonly location: Location
}

/** Thresholds of a factor at which parts of all subscribers begin, e.g. the fifth that spends most. */
export interface Quantiles {
  /** The factor that is compared. */
  readonly of: string
  /** So much of all subscribers is below the threshold, 0 to 1, the least first. */
  readonly cuts: readonly number[]
  /** In the factor's unit, one for each cut. */
  readonly thresholds: readonly number[]
  /** Of what they are the quantiles; undefined: they were declared, and nobody has measured yet. `at`: a local date, YYYY-MM-DD. */
  readonly measured?: { readonly at: string; readonly subscribers: number }
}

/** An aggregate over events. */
export interface EventFactor {
  readonly kind: 'events'
  /** Types of the events; `where` and `value` read fields that all of them have. */
  readonly from: readonly EventType[]
  /** Over fields of the event; absent: all events. */
  readonly where?: Expression
  /** What is aggregated; absent for count and last-time. An event whose value is unknown isn't counted. */
  readonly value?: Expression
  readonly aggregate: Aggregate
  readonly window: Window
  /**
   * It isn't of events: `value`, over other factors, is noted when all else has been told of an event of `from`, or, where that
   * is empty, when the schedule of a rule comes to look at it. Names what notes it.
   */
  readonly noted?: string
}

/** Computed from other factors whenever it is read. Unknown as its expression says. */
export interface DerivedFactor {
  readonly kind: 'derived'
  readonly value: Expression
}

/** What the newest profile event says that names tags, products or consent; fields of the profile are `current` over its events. */
export type ProfileFactor =
  /** Value of a tag; unknown without it. int, double and bool are read from its text. */
  | { readonly kind: 'tag'; readonly tag: string }
  /** Whether `products` holds one of these; unknown before it was ever named. */
  | { readonly kind: 'product'; readonly products: readonly string[] }
  /** Whether consent is granted; false before it was ever named. */
  | { readonly kind: 'consent'; readonly channel: Channel; readonly purpose: Purpose }

/**
 * Over nothing: count, sum and distinct are 0, all others unknown. Everything beside these is desugared by the check:
 * avg, rate, share, ratio, days-since.
 */
export type Aggregate =
  | { readonly kind: 'count' | 'sum' | 'min' | 'max' }
  /** Newest, earliest, or newest but one value by (time, order of types, id). previous: of the window `last` 2. */
  | { readonly kind: 'last' | 'first' | 'previous' }
  /**
   * Of a value that is told again and again, where only a change counts: the present one; the one before the newest change;
   * the local date of that change (of the first time that anything was told, if it never changed); the hours since, double.
   */
  | { readonly kind: 'current' | 'before' | 'change-date' | 'change-age' }
  /** How often the value became this text, within a rolling window; the first that was ever told counts. To 32 changes. */
  | { readonly kind: 'became'; readonly value: string }
  /** Time of the newest event, int of milliseconds since 1970. */
  | { readonly kind: 'last-time' }
  /** Different values (text or int): exact to 64, then estimated from a sample (relative standard error stated by the track). */
  | { readonly kind: 'distinct' }
  /** Over the distribution of events by value (text or int): entropy in bits; share of the most frequent, 0..1; the most frequent (ties: least by hash). */
  | { readonly kind: 'entropy' | 'top-share' | 'mode' }
  /** Gaps between successive events of the window `last` n (n - 1 gaps), double of hours; unknown with fewer than `least` gaps. */
  | { readonly kind: 'cadence'; readonly measure: 'last' | 'mean' | 'median'; readonly least: number }
  /** Over the count (no `value`) or sum of each full period of a civil window, ages `ago` .. `ago + periods - 1`, newest first. */
  | PeriodAggregate

export type PeriodAggregate =
  /**
   * Mean with forward decay: a period of age k (1: the last full one) weighs 2^(-k / halfLife); double. Unknown with fewer
   * than `least` full periods since first sight. (Cormode et al., Forward decay, ICDE 2009.)
   */
  | { readonly kind: 'baseline'; readonly halfLife: number; readonly least: number }
  /** Slope of the least-squares line, in value per period; double. Unknown with fewer than `least` full periods, at least 2. */
  | { readonly kind: 'trend'; readonly least: number }
  /** How many periods in a row, newest first, meet the condition (over `value` of the period and other factors as of now); int. */
  | { readonly kind: 'streak'; readonly when: Expression }

export type Window =
  | { readonly kind: 'lifetime' }
  /** (t - length, t], exact up to 256 events; beyond, the two oldest become one, which is flagged. */
  | { readonly kind: 'rolling'; readonly length: number }
  /** The current pane and the `panes - 1` before it; panes are aligned to 1970-01-01T00:00Z. 1..96 panes */
  | { readonly kind: 'panes'; readonly pane: number; readonly panes: number }
  /**
   * Civil periods of the subscriber's zone: those of age `ago` .. `ago + periods - 1`, where 0 is the current one. With
   * `ago` > 0 the value is unknown until all of them began after the subscriber's first sight: a period before it isn't
   * zero. ago + periods <= 96
   */
  | { readonly kind: 'civil'; readonly unit: PeriodUnit; readonly periods: number; readonly ago: number }
  /** The newest events, 1..32. */
  | { readonly kind: 'last'; readonly events: number }
  /** After the newest event that matches `anchor` (the same instant is not after); before the first such event: unknown. */
  | { readonly kind: 'since'; readonly anchor: EventMatch }

export type MomentKind = 'first' | 'change' | 'special' | 'do-not-disturb'
export type Purpose = 'marketing' | 'care' | 'service' | 'regulatory'

export interface Rule {
  readonly id: string
  /** Content hash of the rule and of the factors that it reads. */
  readonly version: string
  readonly moment: MomentKind
  readonly title: Text
  readonly description?: Text
  readonly purpose: Purpose
  readonly trigger: Trigger
  /** Over factors, judged when the trigger fires and as of that instant; not true: nothing fires, nothing is spent. */
  readonly only?: Expression
  /**
   * false: judged at once, as of the subscriber's newest event. true (`settle: grace`): events are held until the grace
   * of all types that settled rules read has passed, and judged in the order of event time, so that any order of arrival within
   * the grace gives the same moments.
   */
  readonly settle: boolean
  /** shadow: recorded and counted, never sent. */
  readonly mode: 'live' | 'shadow'
  /** Only those that the policy lists as pilots are sent anything; missing: everybody. */
  readonly audience?: 'pilot'
  /** At most one moment per subscriber in this time (0: no limit but one an instant), or in the subscriber's life. */
  readonly once: number | 'lifetime'
  /** A moment older than this is dropped. At most 7 days. */
  readonly expires: number
  /** Such an event after the moment ends what it was told for; missing: only its expiry does. */
  readonly until?: readonly EventMatch[]
  /** Factors whose values go with the moment. */
  readonly evidence: readonly string[]
  /** Factors by which the policy judges: told beside the evidence where they are known. */
  readonly context?: readonly string[]
  readonly offers: readonly string[]
  /** With which it is run and measured; its own id where it names none. */
  readonly campaign: string
  readonly location: Location
}

/** An event of one of these types, which meets the condition over its fields. */
export interface EventMatch {
  readonly on: readonly EventType[]
  readonly where?: Expression
}

export type Trigger = ConditionTrigger | ScheduleTrigger | PatternTrigger | DateTrigger | IntervalTrigger

/**
 * Evaluated after an event of `on` that changes a factor which it reads (directly or through derived ones). A condition which
 * reads fields of the event, or no factor over the types of `on`, is evaluated after each event of `on`.
 */
export interface ConditionTrigger {
  readonly kind: 'condition'
  readonly on: readonly EventType[]
  /** Over factors and fields of the event (which all types of `on` have). */
  readonly when: Expression
  readonly edge?: Edge
  /** Of a first rule: how earlier history is known. */
  readonly history?: History
  /** Where `when` asks whether a segment has just changed. */
  readonly change?: SegmentChange
}

/** A change of segment, by the hidden factors that tell of it: the present one, the one before, hours since the change. */
export interface SegmentChange {
  readonly dimension: string
  readonly now: string
  readonly before: string
  readonly hours: string
}

/** Evaluated by a timer at the beginning of each civil period, at minutes after local midnight of its first day. */
export interface ScheduleTrigger {
  readonly kind: 'schedule'
  readonly every: 'day' | 'week' | 'month' | 'billing-month'
  readonly minuteOfDay: number
  readonly when: Expression
  readonly edge?: Edge
  /** Where `when` asks whether a segment has changed since it was looked at last. */
  readonly change?: SegmentChange
}

/**
 * Fires only where the condition becomes true: it was known to be false at the last evaluation (or, after a firing, `rearm`
 * was true at some evaluation since: hysteresis). The first evaluation ever that isn't unknown is no crossing, unless
 * `initial`. Unknown changes nothing.
 */
export interface Edge {
  readonly rearm?: Expression
  readonly initial: boolean
}

/**
 * Events in an order of time. a before b means a.time < b.time: the same instant is not after. Completed by the event of the
 * last `event` step, or, where an absence stands at the end, by its deadline. Every event that completes the pattern
 * fires (as `once` allows); the chain that is shown is the one whose steps lie closest before it.
 */
export interface PatternTrigger {
  readonly kind: 'pattern'
  /** 1..8 event steps, and absences before, between and behind them (at most one at each place). */
  readonly steps: readonly PatternStep[]
  /** The last event step is less than this after the first. Given where there are two or more event steps. */
  readonly within?: number
  /** A field that all events of the pattern have: only events of the same value belong together. Unknown: belongs to nothing. */
  readonly key?: string
  /** Such an event between the first step and the completion cancels (in between, both ends excluded). */
  readonly unless: readonly EventMatch[]
  /** Of a first rule. */
  readonly history?: History
}

export type PatternStep =
  | {
      readonly kind: 'event'
      readonly name: string
      /** Any of these: alternatives. */
      readonly any: readonly EventMatch[]
      /** So many events, one after the other. 1..16 */
      readonly times: number
    }
  /**
   * None of these events:
   * in front: in (a - length, a), a the first event step;
   * between: between the neighbouring steps;
   * at the end: in (a, a + length), or [a, a + length) if `fromStart`, a the last event step; fires at a + length. While it
   * waits, further completions of the steps before it change nothing (the earliest unanswered one is armed); what comes at or
   * after the deadline arms anew.
   */
  | {
      readonly kind: 'absence'
      readonly any: readonly EventMatch[]
      readonly length?: number
      readonly fromStart: boolean
    }

/** By the calendar. */
export interface DateTrigger {
  readonly kind: 'date'
  readonly date: DateDefinition
  /** The profile's date field from which `date` counts; absent: the date depends on the calendar or the billing day alone. */
  readonly field?: DateField
}
export type DateField = 'birth_date' | 'tenure_start' | 'contract_end'

/** A suppression interval: opened and closed by events, one for each value of the key field; or opened by a date. */
export interface IntervalTrigger {
  readonly kind: 'interval'
  readonly open: { readonly kind: 'event'; readonly any: readonly EventMatch[] } | DateTrigger
  readonly close: readonly EventMatch[]
  /** A string field that opening and closing events have, e.g. ticket_id; absent: one interval. */
  readonly key?: string
  /** Ends by itself after this. */
  readonly longest: number
  /** After a closing event it stays open for so long (cooling). 0: it ends at once */
  readonly lingers: number
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
  /**
   * What happens within this time after the rule became active and the subscriber was first seen is only remembered: it may
   * be an old habit. Who joined when first seen has none.
   */
  | { readonly kind: 'warm-up'; readonly length: number }
  /** Over factors: true says that it happened before, unknown too (fails closed). */
  | { readonly kind: 'known'; readonly when: Expression }

/** A cell of subscribers: of each dimension (value, stability, lifecycle …) the first whose condition is true. */
export interface Segment {
  readonly id: string
  readonly dimension: string
  readonly title: Text
  readonly when: Expression
}
