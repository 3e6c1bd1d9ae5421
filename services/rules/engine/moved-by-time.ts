import type { Expression } from '../expression.ts'
import { partsOf } from '../parts.ts'
import { readsEvent } from '../reads.ts'
import type { ConditionTrigger, Factor } from '../ruleset.ts'

type Factors = ReadonlyMap<string, { readonly factor: Factor }>

/**
 * Whether an edge may fall as time goes by, with no event: its window slides on, its day is over. What asks for fields of the
 * event has no value between events.
 */
export function fallsByTime({ when, edge }: ConditionTrigger, factors: Factors): boolean {
  if (!edge) return false
  const conditions = edge.rearm ? [when, edge.rearm] : [when]
  return !conditions.some(readsEvent) && conditions.some((condition) => isMoved(condition, factors))
}

function isMoved(expression: Expression, factors: Factors): boolean {
  if (expression.kind === 'now') return true
  if (expression.kind !== 'factor') return partsOf(expression).some((part) => isMoved(part, factors))
  const definition = factors.get(expression.id)?.factor.definition
  if (definition?.kind === 'derived') return isMoved(definition.value, factors)
  if (definition?.kind !== 'events') return false
  const { window, aggregate } = definition
  if (aggregate.kind === 'streak' && isMoved(aggregate.when, factors)) return true
  return window.kind === 'rolling' || window.kind === 'panes' || window.kind === 'civil'
}
