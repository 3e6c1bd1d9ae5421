import type { Decision, Moment } from '../records/types.ts'
import type { MomentKind } from '../rules/ruleset.ts'
import type { Recorded } from './recording.ts'

/** How many on each side. */
export interface Sides {
  readonly present: number
  readonly candidate: number
}

/** Moments on each side; of all of them `same` are on both, `added` only with the candidate, `gone` only without. */
export interface Tally extends Sides {
  readonly same: number
  readonly added: number
  readonly gone: number
}

/** A moment that one side has and the other has not. */
export interface Example {
  readonly moment_id: string
  readonly subscriber_id: string
  /** ISO-8601. */
  readonly at: string
  readonly evidence: Moment['evidence']
  readonly segments: Moment['segments']
  /** What was decided last; null: nothing. */
  readonly decision: Pick<Decision, 'outcome' | 'code' | 'channel'> | null
}

export interface RuleRow extends Tally {
  readonly rule: string
  readonly kind: MomentKind
  /** Of the rule with all that it reads. */
  readonly change: 'added' | 'removed' | 'changed' | 'unchanged'
  /** Those for whom it fires: on both sides, perhaps at other times; or only with one. */
  readonly subscribers: Tally
  readonly commands: Sides
  /** The earliest ones. */
  readonly examples: { readonly added: readonly Example[]; readonly gone: readonly Example[] }
}

/** A catalogue by the name under which it was given. */
export interface NamedVersion {
  readonly name: string
  readonly version: string
}

/** Something that has to be known before the figures are believed. */
export interface Note {
  readonly code: string
  readonly message: string
}

/** What a candidate changes against the present catalogue on recorded events. Times are ISO-8601 in UTC. */
export interface Report {
  readonly present: NamedVersion
  readonly candidate: NamedVersion
  readonly recorded: Omit<Recorded, 'first' | 'last'> & {
    readonly first: string | null
    readonly last: string | null
    /** What fired before isn't counted; null: everything is. */
    readonly counted_from: string | null
    /** Where the clock ended. */
    readonly end: string
    readonly shards: number
  }
  /** Of live rules, as the next four. */
  readonly total: Tally
  /** Every rule that one of them has. */
  readonly rules: readonly RuleRow[]
  /** Hours of the day where the subscriber is; commands by the hour in which they are sent. */
  readonly by_hour: readonly ({ readonly hour: number; readonly commands: Sides } & Tally)[]
  /**
   * What is sent, by channel and hour of the day where the subscriber is: commands, the parts in which they leave (of an
   * SMS; else 1), and what the offers cost at most, if everybody accepted, in minor units of money.
   */
  readonly volume: readonly {
    readonly channel: string
    readonly hour: number
    readonly commands: Sides
    readonly parts: Sides
    readonly cost: Sides
  }[]
  /** Days where the subscriber is. */
  readonly by_day: readonly ({ readonly day: string } & Tally)[]
  readonly by_segment: readonly ({ readonly dimension: string; readonly segment: string } & Tally)[]
  /** Rules on trial: recorded, never sent. */
  readonly shadow: readonly RuleRow[]
  /** What the policy did with the moments of live rules. */
  readonly decisions: {
    readonly commands: readonly ({ readonly channel: string } & Sides)[]
    readonly offers: readonly ({ readonly offer: string } & Sides)[]
    readonly suppressed: readonly ({ readonly code: string } & Sides)[]
    /** Each time that a moment was put off; it is judged again. */
    readonly deferred: readonly ({ readonly code: string } & Sides)[]
    /** Moments that offer nothing, or opened or closed a do-not-disturb interval. */
    readonly recorded: Sides
  }
  readonly late_events: Sides
  readonly dead_letters: readonly ({ readonly code: string } & Sides)[]
  readonly notes: readonly Note[]
}
