import type { EventType } from '../../topology.ts'
import type { FieldRegister, LocalRegister } from './event-registers.ts'
import { Lane, type LaneSurroundings } from './lane.ts'
import type { RulesPlan } from './plan-rules.ts'

export interface CompiledRules
  extends Pick<RulesPlan, 'layout' | 'timers' | 'grace' | 'settledTypes' | 'settleGrace' | 'newestIds'> {
  /** By their numbers. */
  readonly lanes: readonly Lane[]
  readonly registers: Float64Array
  readonly fieldsOf: (type: EventType) => readonly FieldRegister[]
  readonly localsOf: (type: EventType) => readonly LocalRegister[]
}

/** Functions over the records of a plan's layout, with registers of their own. */
export function compileRules(plan: RulesPlan, surroundings: Omit<LaneSurroundings, 'registers'>): CompiledRules {
  const { layout, lanes, registers, timers, grace, settledTypes, settleGrace, newestIds } = plan
  const values = new Float64Array(registers.size)
  return {
    layout,
    timers,
    grace,
    settledTypes,
    settleGrace,
    newestIds,
    lanes: lanes.map(
      ({ plan, program, generated }) => new Lane(plan, program, generated, { ...surroundings, registers: values }),
    ),
    registers: values,
    fieldsOf: (type) => registers.fieldsOf(type),
    localsOf: (type) => registers.localsOf(type),
  }
}
