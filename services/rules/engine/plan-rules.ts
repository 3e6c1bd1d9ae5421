import { type EventType, eventTypes } from '../../topology.ts'
import { speaksOfEvent } from '../reads.ts'
import type { Ruleset } from '../ruleset.ts'
import { bundlesOf } from './bundles.ts'
import { type CalendarTimer, timersOf } from './calendar-timers.ts'
import { EventRegisters } from './event-registers.ts'
import { type BundledLane, type GeneratedLane, generateLane, searchedEdges } from './generate-lane.ts'
import type { Succession } from './kept-since.ts'
import { laddersOf } from './ladders.ts'
import { type LanePlan, planLanes, typesOfLane } from './lane-plan.ts'
import { edgeKeysOf, type Layout, layoutOf } from './layout.ts'
import { compilePatterns, type PatternProgram, type PatternRule } from './patterns/compile-patterns.ts'

/** What a ruleset becomes, without the memory that its functions work on: the same for all shards of a process. */
export interface RulesPlan {
  readonly layout: Layout
  readonly lanes: readonly PlannedLane[]
  readonly registers: EventRegisters
  /** In the order of `layout.timers`. */
  readonly timers: readonly CalendarTimer[]
  /** Greatest grace of the types that some rule or factor is over. */
  readonly grace: number
  /** Types whose events settled rules wait for. */
  readonly settledTypes: ReadonlySet<EventType>
  /** How long settled rules wait for events: the greatest grace of the types that they read. */
  readonly settleGrace: number
  /** Types of which the newest event's id is kept: it names what completed a condition. */
  readonly newestIds: ReadonlySet<EventType>
}

interface PlannedLane {
  readonly plan: LanePlan
  readonly program: PatternProgram
  readonly generated: GeneratedLane
}

/** What a plan is made of, beside the ruleset. */
export interface PlanTerms {
  /** Milliseconds. */
  readonly graceOf: (type: EventType) => number
  /** When rules, and their present versions, became active; for patterns (see `PatternRule`). */
  readonly timesOf: (index: number) => Pick<PatternRule, 'since' | 'changedSince'>
  /** What was in force before. */
  readonly succession: Succession | undefined
}

/** A shard that is restored follows on another layout than one that begins; hardly more than these two exist at a time. */
const plansMost = 4
/** Plans by ruleset and the terms that they were made under. A plan is made once and read by all who ask for it. */
const made = new WeakMap<Ruleset, Map<string, RulesPlan>>()

/** @throws CodedError KM_RULESET_TOO_LARGE */
export function planRules(ruleset: Ruleset, terms: PlanTerms): RulesPlan {
  const steps = planRulesInSteps(ruleset, terms)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/**
 * `planRules` in steps, so that somebody else may have a turn after each; nothing is done over which was done before.
 * @throws CodedError as `planRules`
 */
export function* planRulesInSteps(ruleset: Ruleset, terms: PlanTerms): Generator<void, RulesPlan> {
  const known = made.get(ruleset) ?? new Map<string, RulesPlan>()
  made.set(ruleset, known)
  const key = keyOf(ruleset, terms)
  const found = known.get(key)
  if (found) return found
  yield
  const plan = yield* make(ruleset, terms)
  known.set(key, plan)
  const [oldest] = known.keys()
  if (known.size > plansMost && oldest !== undefined) known.delete(oldest)
  return plan
}

const keyOf = ({ rules }: Ruleset, { graceOf, timesOf, succession }: PlanTerms): string =>
  JSON.stringify([
    eventTypes.map(graceOf),
    rules.map((_, index) => timesOf(index)),
    // Infinite where the first version is in force, which JSON doesn't have.
    succession && [String(succession.at), succession.before],
  ])

function* make(ruleset: Ruleset, { graceOf, timesOf, succession }: PlanTerms): Generator<void, RulesPlan> {
  const plans = planLanes(ruleset, succession)
  yield
  const registers = new EventRegisters()
  const timers = timersOf(ruleset, plans, graceOf)
  // Settled events come in order, when the grace has passed: nothing waits a second time.
  const patterns = plans.map((plan) =>
    compilePatterns(patternRules(ruleset, plan, timesOf), plan.lane === 0 ? graceOf : () => 0, {
      isSettled: plan.lane === 1,
      before: succession?.before.patterns[plan.lane],
      at: succession?.at ?? Number.NEGATIVE_INFINITY,
    }),
  )
  yield
  const edgeKeys = edgeKeysOf(ruleset, (index) => timesOf(index).since)
  const bundled = plans.map((plan) => {
    const bundles = bundlesOf(ruleset, plan)
    const edges = searchedEdges(ruleset, bundles)
    // Settled rules may not know of all events of before them what others of a ladder know (see `edgesFrom`).
    const ladders = plan.lane === 0 ? laddersOf(edges.values(), (rule) => edgeKeys[rule], succession?.before) : []
    return { bundles, edges, ladders }
  })
  const layout = layoutOf(
    ruleset,
    plans,
    patterns.map((program) => program.layout),
    timers,
    {
      keys: edgeKeys,
      ladders: bundled.flatMap(({ ladders }) => ladders.map((steps) => steps.map(({ rule }) => rule))),
    },
    succession,
  )
  const lanes: PlannedLane[] = []
  for (const [i, plan] of plans.entries()) {
    yield
    const program = patterns[i] as PatternProgram
    const own = bundled[i] as BundledLane
    lanes.push({ plan, program, generated: generateLane(ruleset, plan, own, layout.types, program.roles, registers) })
  }
  const settledTypes = new Set(plans.flatMap((plan) => (plan.lane === 1 ? [...typesOfLane(ruleset, plan)] : [])))
  return {
    layout,
    lanes,
    registers,
    timers,
    settledTypes,
    grace: Math.max(0, ...plans.flatMap((plan) => [...typesOfLane(ruleset, plan)]).map(graceOf)),
    settleGrace: Math.max(0, ...[...settledTypes].map(graceOf)),
    newestIds: new Set(
      ruleset.rules.flatMap((rule) =>
        rule.trigger.kind === 'condition' && !rule.settle && !speaksOfEvent(rule) ? rule.trigger.on : [],
      ),
    ),
  }
}

const patternRules = (ruleset: Ruleset, plan: LanePlan, timesOf: PlanTerms['timesOf']): PatternRule[] =>
  plan.rules.flatMap((index) => {
    const rule = ruleset.rules[index]
    if (rule?.trigger.kind !== 'pattern') return []
    return [{ id: rule.id, index, trigger: rule.trigger, once: rule.once, ...timesOf(index) }]
  })
