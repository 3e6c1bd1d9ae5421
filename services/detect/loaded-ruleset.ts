import type { Codec } from '../records/codec.ts'
import type { Activation } from '../rules/activation.ts'
import { type CompiledRules, compileRules } from '../rules/engine/compile-rules.ts'
import type { LocalRegister } from '../rules/engine/event-registers.ts'
import type { Lane, LaneSurroundings } from '../rules/engine/lane.ts'
import { edgeKeysOf, edgeNumbersOf, type Layout } from '../rules/engine/layout.ts'
import { PatternBook } from '../rules/engine/patterns/pattern-book.ts'
import { type PlanTerms, planRules, planRulesInSteps } from '../rules/engine/plan-rules.ts'
import { type EdgePlace, edgeWords, placesOf } from '../rules/engine/rule-states.ts'
import { speaksOfEvent } from '../rules/reads.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { EventReader } from './event-readers.ts'
import { type RuleSpans, spansInForce } from './rule-spans.ts'

/** A ruleset with all that was made of it. Arrays `…ByTopic` are in the order of event types. */
export interface LoadedRuleset {
  readonly rules: readonly Rule[]
  readonly ruleset: Ruleset
  /** undefined: in force from the beginning. */
  readonly activation: Activation | undefined
  readonly compiled: CompiledRules
  readonly readerByTopic: readonly EventReader[]
  /** Types that some rule or factor is over. */
  readonly isUsedByTopic: readonly boolean[]
  readonly keepsIdByTopic: readonly boolean[]
  readonly localsByTopic: readonly (readonly LocalRegister[])[]
  /** By lane. */
  readonly books: readonly PatternBook[]
  /** By rule: the lane that judges it. */
  readonly laneOfRule: readonly Lane[]
  /** By rule: whether it speaks of the event in hand, and not of the subscriber's newest instant. */
  readonly speaksOfEvent: readonly boolean[]
  /** By rule: the number of its edge; -1: it has none. */
  readonly edgeOfRule: readonly number[]
  /** By the numbers of edges: where they stand in the states of a record. */
  readonly edgePlaces: readonly EdgePlace[]
  /** Words of those states that say where edges stand. */
  readonly edgeWords: number
  /** By rule: when its edge came, as far as that matters (see `Layout`). */
  readonly edgeFrom: readonly number[]
  /** The same of those that have such a time, by where they stand; and the latest of them. */
  readonly lateEdges: readonly { readonly place: EdgePlace; readonly from: number }[]
  readonly lastEdgeFrom: number
  /** Types whose events settled rules wait for. */
  readonly isSettledByTopic: readonly boolean[]
  readonly spans: RuleSpans
}

/**
 * `before`: the layout of the ruleset that was in force before it, or of itself. `apart`: see `Layout`.
 */
export function loadRuleset(
  ruleset: Ruleset,
  activation: Activation | undefined,
  codec: Codec,
  graceOf: (type: EventType) => number,
  surroundings: Omit<LaneSurroundings, 'registers'>,
  before?: Layout,
  apart?: number,
): LoadedRuleset {
  const { rules } = ruleset
  const terms = termsOf(ruleset, activation, graceOf, before)
  const { timesOf } = terms
  const made = compileRules(planRules(ruleset, terms), surroundings)
  const layout = apart === undefined ? made.layout : { ...made.layout, apart }
  const compiled = { ...made, layout }
  const { lanes, registers } = compiled
  const edgeKeys = edgeKeysOf(ruleset, (index) => timesOf(index).since)
  const edges = new Map(layout.edges.map((key, number) => [key, number]))
  const edgeNumbers = edgeNumbersOf(layout)
  const edgePlaces = placesOf(edgeNumbers)
  return {
    rules,
    ruleset,
    activation,
    compiled,
    readerByTopic: eventTypes.map((type) => new EventReader(codec, type, compiled.fieldsOf(type), registers)),
    isUsedByTopic: eventTypes.map((type) => layout.types.includes(type)),
    keepsIdByTopic: eventTypes.map((type) => compiled.newestIds.has(type)),
    localsByTopic: eventTypes.map((type) => compiled.localsOf(type)),
    books: lanes.map(({ patterns }) => new PatternBook(patterns)),
    laneOfRule: rules.map(({ settle }) => lanes[settle ? 1 : 0] as Lane),
    speaksOfEvent: rules.map(speaksOfEvent),
    edgeOfRule: edgeKeys.map((key) => edges.get(key ?? '') ?? -1),
    edgePlaces,
    edgeWords: edgeWords(edgeNumbers),
    lastEdgeFrom: Object.values(layout.edgesFrom ?? {}).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    lateEdges: Object.entries(layout.edgesFrom ?? {}).flatMap(([key, from]) => {
      const place = edgePlaces[edges.get(key) ?? -1]
      return place ? [{ place, from }] : []
    }),
    edgeFrom: edgeKeys.map((key) => layout.edgesFrom?.[key ?? ''] ?? Number.NEGATIVE_INFINITY),
    isSettledByTopic: eventTypes.map((type) => compiled.settledTypes.has(type)),
    spans: spansInForce(rules, activation),
  }
}

/** Most of the work of `loadRuleset`, ahead of it and in steps: what takes its place then is little. */
export function* prepareRuleset(
  ruleset: Ruleset,
  activation: Activation,
  graceOf: (type: EventType) => number,
  before?: Layout,
): Generator<void, void> {
  yield* planRulesInSteps(ruleset, termsOf(ruleset, activation, graceOf, before))
}

function termsOf(
  { rules }: Ruleset,
  activation: Activation | undefined,
  graceOf: (type: EventType) => number,
  before: Layout | undefined,
): PlanTerms {
  return {
    graceOf,
    timesOf(index) {
      const id = rules[index]?.id ?? ''
      const since = activation?.rulesSince[id]
      const changedSince = activation?.changedSince[id]
      return { ...(since !== undefined && { since }), ...(changedSince !== undefined && { changedSince }) }
    },
    succession: before && { before, at: activation?.activatedAt ?? Number.NEGATIVE_INFINITY },
  }
}
