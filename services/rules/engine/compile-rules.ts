import type { EventType } from '../../topology.ts'
import type { Ruleset } from '../ruleset.ts'
import { type CalendarTimer, timersOf } from './calendar-timers.ts'
import { EventRegisters, type FieldRegister, type LocalRegister } from './event-registers.ts'
import { generateLane } from './generate-lane.ts'
import type { Succession } from './kept-since.ts'
import { Lane, type LaneSurroundings } from './lane.ts'
import { type LanePlan, planLanes, typesOfLane } from './lane-plan.ts'
import { type Layout, layoutOf } from './layout.ts'
import { compilePatterns, type PatternRule } from './patterns/compile-patterns.ts'

export interface CompiledRules {
  readonly layout: Layout
  /** By their numbers. */
  readonly lanes: readonly Lane[]
  readonly registers: Float64Array
  readonly fieldsOf: (type: EventType) => readonly FieldRegister[]
  readonly localsOf: (type: EventType) => readonly LocalRegister[]
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

/** When rules, and their present versions, became active; for patterns (see `PatternRule`). */
export type RuleTimes = (index: number) => Pick<PatternRule, 'since' | 'changedSince'>

/** Compiles a checked ruleset to functions over records of its layout. `graceOf` in milliseconds. `succession`: what was in force before. */
export function compileRules(
  ruleset: Ruleset,
  graceOf: (type: EventType) => number,
  timesOf: RuleTimes,
  surroundings: Omit<LaneSurroundings, 'registers'>,
  succession?: Succession,
): CompiledRules {
  const plans = planLanes(ruleset, succession)
  const registers = new EventRegisters()
  const timers = timersOf(ruleset, plans, graceOf)
  // Settled events come in order, when the grace has passed: nothing waits a second time.
  const patterns = plans.map((plan) =>
    compilePatterns(patternRules(ruleset, plan, timesOf), plan.lane === 0 ? graceOf : () => 0),
  )
  const layout = layoutOf(
    ruleset,
    plans,
    patterns.map((program) => program.layout),
    timers,
    (index) => timesOf(index).since,
  )
  const compiled = plans.map((plan, i) => {
    const program = patterns[i] as (typeof patterns)[number]
    return { plan, program, generated: generateLane(ruleset, plan, layout.types, program.roles, registers) }
  })
  const settledTypes = new Set(plans.flatMap((plan) => (plan.lane === 1 ? [...typesOfLane(ruleset, plan)] : [])))
  const values = new Float64Array(registers.size)
  return {
    layout,
    lanes: compiled.map(
      ({ plan, program, generated }) => new Lane(plan, program, generated, { ...surroundings, registers: values }),
    ),
    registers: values,
    timers,
    settledTypes,
    grace: Math.max(0, ...plans.flatMap((plan) => [...typesOfLane(ruleset, plan)]).map(graceOf)),
    settleGrace: Math.max(0, ...[...settledTypes].map(graceOf)),
    fieldsOf: (type) => registers.fieldsOf(type),
    localsOf: (type) => registers.localsOf(type),
    newestIds: new Set(
      ruleset.rules.flatMap(({ trigger, settle }) => (trigger.kind === 'condition' && !settle ? trigger.on : [])),
    ),
  }
}

const patternRules = (ruleset: Ruleset, plan: LanePlan, timesOf: RuleTimes): PatternRule[] =>
  plan.rules.flatMap((index) => {
    const rule = ruleset.rules[index]
    if (rule?.trigger.kind !== 'pattern') return []
    return [{ id: rule.id, index, trigger: rule.trigger, once: rule.once, ...timesOf(index) }]
  })
