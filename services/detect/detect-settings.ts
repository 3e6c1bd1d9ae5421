import type { Processor } from '../flow/processor.ts'
import type { Codec } from '../records/codec.ts'
import type { Activation } from '../rules/activation.ts'
import type { Ruleset } from '../rules/ruleset.ts'
import type { EventType } from '../topology.ts'
import type { DetectCounters } from './counters.ts'
import type { Explanation } from './explain-record.ts'
import type { Insight } from './insight.ts'
import type { RulesetSchedule } from './ruleset-switch.ts'

export interface DetectSettings {
  readonly codec: Codec
  readonly ruleset: Ruleset
  /** Since when `ruleset` and its rules are in force; undefined: from the beginning of time. */
  readonly activation?: Activation
  /** Which ruleset it is at a time of the shard; without it `ruleset` stays until `useRuleset`. */
  readonly schedule?: RulesetSchedule
  /** For subscribers whose profile names none. IANA name. */
  readonly defaultTimeZone: string
  /** How late an event may be, by type, in milliseconds; 10 minutes where nothing is said. */
  readonly grace?: Readonly<Partial<Record<EventType, number>>>
  /** Slots of the index at first (a power of two). */
  readonly indexSize?: number
}

export interface DetectProcessor extends Processor {
  readonly counters: DetectCounters
  /** Switches to another ruleset, between two records. Records follow when they are touched. */
  useRuleset(ruleset: Ruleset, activation?: Activation): void
  /**
   * Makes ready a ruleset that the schedule will name, so that going over to it takes a few milliseconds; others may have a
   * turn after each step. @throws why it can't be used
   */
  prepare(ruleset: Ruleset, activation: Activation): Generator<void, void>
  /** The schedule knows of another ruleset, or of one less. */
  scheduleChanged(): void
  /** Conditions of rules that were looked at so far. */
  readonly evaluations: number
  /** What is known of a resident subscriber, as of an instant (by default: of its own newest event); undefined: nothing. */
  explain(key: string, at?: number): Explanation | undefined
  /** All that there is to tell of a resident subscriber as of an instant, with the windows of some factors. */
  insight(key: string, at: number, windows: ReadonlySet<string>): Insight | undefined
}
