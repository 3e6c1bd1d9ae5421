import type { Interval } from '../decide/state.ts'
import type { Insight } from '../detect/insight.ts'
import type { TimeZone } from '../domain/time-zones.ts'
import type { Activation } from '../rules/activation.ts'
import { type Blame, blameFor, type Reading } from '../rules/condition-blame.ts'
import { laneOf } from '../rules/engine/lane-plan.ts'
import type { Environment } from '../rules/evaluate.ts'
import type { Expression } from '../rules/expression.ts'
import type { Factor, Rule, Ruleset } from '../rules/ruleset.ts'
import type { EventType } from '../topology.ts'
import { blameWords } from './blame-words.ts'
import { localText } from './clock-text.ts'
import { eventTypesRead, fieldsOf, type KnownEvent } from './event-values.ts'
import { whyUnknown } from './unknown-reason.ts'

/** One rule and one subscriber as of an instant. */
export interface RuleCase {
  readonly rule: Rule
  readonly insight: Insight
  readonly zone: TimeZone
  readonly activation: Activation
  readonly environment: Environment
  /** Open intervals that decide knows of, of all rules. */
  readonly intervals: readonly Interval[]
  /** The event whose fields conditions read; undefined: not known. */
  readonly event: KnownEvent | undefined
  /** An instant on the subscriber's wall clock. */
  when(at: number): string
  /** Sentences: each says of a part why the condition isn't true. Empty: it is. */
  whyNot(condition: Expression): readonly string[]
}

/** What of the ruleset and the subscriber is the same for all rules. */
export interface CaseParts {
  readonly ruleset: Ruleset
  readonly activation: Activation
  readonly insight: Insight
  readonly zone: TimeZone
  readonly intervals: readonly Interval[]
  /** The newest event of some types, as far as events are known. */
  newestEvent(types: readonly EventType[]): KnownEvent | undefined
}

export function createCases({
  ruleset,
  activation,
  insight,
  zone,
  intervals,
  newestEvent,
}: CaseParts): (rule: Rule) => RuleCase {
  const factors = new Map(ruleset.factors.map((factor) => [factor.id, factor]))
  const when = (at: number) => localText(at, zone)
  return (rule) => {
    const values = insight.lanes[laneOf(rule)]?.factors ?? {}
    const event = newestEvent(eventTypesRead(rule))
    const field = event && fieldsOf(event, zone)
    const environment: Environment = {
      factor: (id) => values[id] ?? undefined,
      field: (name) => field?.(name),
      now: (name) => insight.now[name] ?? undefined,
    }
    const surroundings = {
      at: insight.at,
      zone,
      billingDay: insight.billingDay,
      since: insight.since,
      factor: (id: string) => factors.get(id),
      value: (id: string) => values[id] ?? null,
    }
    const why = (reading: Reading) => whyReading(reading, factors, event, (factor) => whyUnknown(factor, surroundings))
    const words = (blame: Blame) => blameWords(blame, why)
    return {
      rule,
      insight,
      zone,
      activation,
      environment,
      intervals,
      event,
      when,
      whyNot: (condition) => blameFor(condition, environment).map(words),
    }
  }
}

function whyReading(
  { kind, name }: Reading,
  factors: ReadonlyMap<string, Factor>,
  event: KnownEvent | undefined,
  ofFactor: (factor: Factor) => string,
): string | undefined {
  const factor = kind === 'factor' ? factors.get(name) : undefined
  if (factor) return ofFactor(factor)
  if (kind === 'now') return "the subscriber's calendar is not known, or has ended"
  if (kind !== 'field') return undefined
  return event
    ? `the ${event.type} of ${new Date(event.record.event_time).toISOString()} has none`
    : 'none has come, or it is not among those that were read'
}
