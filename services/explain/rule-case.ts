import type { Interval } from '../decide/state.ts'
import type { Insight } from '../detect/insight.ts'
import type { TimeZone } from '../domain/time-zones.ts'
import type { Activation } from '../rules/activation.ts'
import { type Blame, blameFor, type Reading } from '../rules/condition-blame.ts'
import { laneOf } from '../rules/engine/lane-plan.ts'
import type { Environment } from '../rules/evaluate.ts'
import type { Expression } from '../rules/expression.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import type { EventType } from '../topology.ts'
import { blameWords } from './blame-words.ts'
import { localText } from './clock-text.ts'
import { eventTypesRead, fieldsOf, type KnownEvent, workdayBy } from './event-values.ts'
import type { Sentences } from './sentences.ts'
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
  readonly say: Sentences
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
  readonly say: Sentences
  /** The newest event of some types, as far as events are known. */
  newestEvent(types: readonly EventType[]): KnownEvent | undefined
}

export function createCases({
  ruleset,
  activation,
  insight,
  zone,
  intervals,
  say,
  newestEvent,
}: CaseParts): (rule: Rule) => RuleCase {
  const factors = new Map(ruleset.factors.map((factor) => [factor.id, factor]))
  const workday = workdayBy(ruleset, insight.calendar)
  const when = (at: number) => localText(at, zone, say)
  return (rule) => {
    const values = insight.lanes[laneOf(rule)]?.factors ?? {}
    const event = newestEvent(eventTypesRead(rule))
    const field = event && fieldsOf(event, { zone, workday })
    const environment: Environment = {
      factor: (id) => values[id] ?? undefined,
      field: (name) => field?.(name),
      now: (name) => insight.now[name] ?? undefined,
    }
    const surroundings = {
      at: insight.at,
      zone,
      say,
      billingDay: insight.billingDay,
      since: insight.since,
      factor: (id: string) => factors.get(id),
      value: (id: string) => values[id] ?? null,
    }
    const timeOf = ({ record }: KnownEvent) => when(record.event_time)
    const noField = event ? say.eventHasNone(event.type, timeOf(event)) : say.noEvent
    const why = (reading: Reading) => {
      const factor = reading.kind === 'factor' ? factors.get(reading.name) : undefined
      if (factor) return whyUnknown(factor, surroundings)
      if (reading.kind === 'now') return say.calendarEnds
      return reading.kind === 'field' ? noField : undefined
    }
    const words = (blame: Blame) => blameWords(blame, why, say)
    return {
      rule,
      insight,
      zone,
      activation,
      environment,
      intervals,
      event,
      say,
      when,
      whyNot: (condition) => blameFor(condition, environment).map(words),
    }
  }
}
