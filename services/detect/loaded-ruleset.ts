import type { Codec } from '../records/codec.ts'
import { type CompiledRules, compileRules } from '../rules/engine/compile-rules.ts'
import type { LocalRegister } from '../rules/engine/event-registers.ts'
import type { Lane, LaneSurroundings } from '../rules/engine/lane.ts'
import { PatternBook } from '../rules/engine/patterns/pattern-book.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { EventReader } from './event-readers.ts'

/** When a ruleset, and the rules in it, came into force: milliseconds since 1970 on the shard's clock. */
export interface RulesetTimes {
  readonly activatedAt?: number
  /** By rule: when it first became active; missing: always was. */
  readonly rulesSince?: ReadonlyMap<string, number>
  /** By rule: when its present version became active; missing: always was. */
  readonly changedSince?: ReadonlyMap<string, number>
}

/** A ruleset with all that was made of it. Arrays `…ByTopic` are in the order of event types. */
export interface LoadedRuleset {
  readonly rules: readonly Rule[]
  readonly ruleset: Ruleset
  readonly times: RulesetTimes
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
  /** By rule: the number of its edge; -1: it has none. */
  readonly edgeOfRule: readonly number[]
  /** Types whose events settled rules wait for. */
  readonly isSettledByTopic: readonly boolean[]
}

export function loadRuleset(
  ruleset: Ruleset,
  times: RulesetTimes,
  codec: Codec,
  graceOf: (type: EventType) => number,
  surroundings: Omit<LaneSurroundings, 'registers'>,
): LoadedRuleset {
  const { rules } = ruleset
  const timesOf = (index: number) => {
    const id = rules[index]?.id ?? ''
    const since = times.rulesSince?.get(id)
    const changedSince = times.changedSince?.get(id)
    return { ...(since !== undefined && { since }), ...(changedSince !== undefined && { changedSince }) }
  }
  const compiled = compileRules(ruleset, graceOf, timesOf, surroundings)
  const { layout, lanes, registers } = compiled
  const edges = new Map(layout.edges.map((id, number) => [id, number]))
  return {
    rules,
    ruleset,
    times,
    compiled,
    readerByTopic: eventTypes.map((type) => new EventReader(codec, type, compiled.fieldsOf(type), registers)),
    isUsedByTopic: eventTypes.map((type) => layout.types.includes(type)),
    keepsIdByTopic: eventTypes.map((type) => compiled.newestIds.has(type)),
    localsByTopic: eventTypes.map((type) => compiled.localsOf(type)),
    books: lanes.map(({ patterns }) => new PatternBook(patterns)),
    laneOfRule: rules.map(({ settle }) => lanes[settle ? 1 : 0] as Lane),
    edgeOfRule: rules.map(({ id }) => edges.get(id) ?? -1),
    isSettledByTopic: eventTypes.map((type) => compiled.settledTypes.has(type)),
  }
}
