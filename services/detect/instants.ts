import type { Rule } from '../rules/ruleset.ts'
import type { CurrentEvent } from './event-in-hand.ts'
import type { LoadedRuleset } from './loaded-ruleset.ts'
import type { ResidentRecords } from './resident-records.ts'

/** What a rule speaks of when it fires. */
export interface Instant {
  /** When what it watches came true. */
  readonly at: number
  /** As of when all else is asked for: not before the subscriber's newest event, for rules that judge at once. */
  readonly asOf: number
  /** Id of the event, or day of the date; asked for only if it fires. */
  occurrence(): string
}

/** When what a condition watches came true: with the event in hand, if it asks for fields of that, else with the newest. */
export const timeOf = ({ speaksOfEvent }: LoadedRuleset, index: number, event: CurrentEvent, asOf: number): number =>
  speaksOfEvent[index] ? event.time : asOf

/** Of a condition that is true as of `asOf`. */
export function instantOf(records: ResidentRecords, index: number, event: CurrentEvent, asOf: number): Instant {
  const { loaded } = records
  const { settle, trigger } = loaded.rules[index] as Rule
  // Settled events come in order: the one in hand is the newest.
  const isOwn = settle || loaded.speaksOfEvent[index] === true
  const on = trigger.kind === 'condition' ? trigger.on : []
  return {
    at: timeOf(loaded, index, event, asOf),
    asOf,
    occurrence: () => (isOwn ? event.id : records.newestOf(on)),
  }
}
