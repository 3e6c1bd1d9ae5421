import type { Expression } from './expression.ts'
import { partsOf } from './parts.ts'
import type { Factor, Rule } from './ruleset.ts'

/** The factors that an expression names, by id. */
export function factorsReadBy(expression: Expression, found = new Set<string>()): ReadonlySet<string> {
  if (expression.kind === 'factor') found.add(expression.id)
  for (const part of partsOf(expression)) factorsReadBy(part, found)
  return found
}

/** These factors and all from which they are computed, hidden ones too: derived factors lead on, streaks, and what is noted. */
export function factorsReadThrough(ids: Iterable<string>, factors: ReadonlyMap<string, Factor>): ReadonlySet<string> {
  const found = new Set<string>(ids)
  for (const id of found) {
    const definition = factors.get(id)?.definition
    if (definition?.kind === 'derived') factorsReadBy(definition.value, found)
    else if (definition?.kind === 'events' && definition.aggregate.kind === 'streak') {
      factorsReadBy(definition.aggregate.when, found)
    } else if (definition?.kind === 'events' && definition.noted !== undefined && definition.value) {
      factorsReadBy(definition.value, found)
    }
  }
  return found
}

/** Whether an expression reads fields of the event in hand. */
export const readsEvent = (expression: Expression): boolean =>
  expression.kind === 'field' || expression.kind === 'has' || partsOf(expression).some(readsEvent)

/**
 * Whether a rule asks for fields of the event: then it speaks of that event, with its time and id, and not of the newest
 * instant of the subscriber.
 */
export function speaksOfEvent({ trigger }: Pick<Rule, 'trigger'>): boolean {
  if (trigger.kind !== 'condition') return false
  return readsEvent(trigger.when) || (trigger.edge?.rearm !== undefined && readsEvent(trigger.edge.rearm))
}

/** The conditions of a rule over factors (and, of an `on` rule, fields of the event). */
export function expressionsOf({ trigger, only }: Pick<Rule, 'trigger' | 'only'>): readonly Expression[] {
  const found: (Expression | undefined)[] = [only]
  if (trigger.kind === 'condition' || trigger.kind === 'schedule') found.push(trigger.when, trigger.edge?.rearm)
  if ((trigger.kind === 'condition' || trigger.kind === 'pattern') && trigger.history?.kind === 'known') {
    found.push(trigger.history.when)
  }
  return found.filter((expression) => expression !== undefined)
}
