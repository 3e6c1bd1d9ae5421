import { didYouMean } from '../domain/nearest-name.ts'
import { conflictBetween, demandsOf, implies } from './demands.ts'
import type { Expression } from './expression.ts'
import { placeOf } from './lower.ts'
import { partsOf } from './parts.ts'
import type { RawRule } from './raw.ts'
import type { Known } from './rules.ts'
import type { History } from './ruleset.ts'
import type { Scope } from './scope.ts'
import { day, type Subject, second } from './subject.ts'

const ways = 'history: { tag: NAME }, { warm_up: 30d }, { known: CONDITION }, or none'

/** How a first rule knows what happened before it; undefined with its faults. */
export function checkHistory(raw: RawRule, subject: Subject, known: Known): History | undefined {
  const { history } = raw
  if (history === undefined) {
    subject.fault(
      'KM_RULE_HISTORY',
      `rule '${subject.node.id ?? raw.id}' must say how a habit older than itself is known: ${ways}`,
    )
    return undefined
  }
  if (history === 'none') return { kind: 'none' }
  if (Object.keys(history).length !== 1) {
    subject.fault('KM_RULE_HISTORY', `history is known in one way: ${ways}`, ['history'])
  }
  if (history.tag !== undefined) {
    // A catalogue which declares no tags at all takes them as they come.
    if (known.tags.size > 0 && !known.tags.has(history.tag)) {
      const message = `no tag '${history.tag}' is declared in tags/*.yaml${didYouMean(history.tag, [...known.tags.keys()])}`
      subject.fault('KM_TAG_UNKNOWN', message, ['history', 'tag'])
      return undefined
    }
    return { kind: 'tag', tag: history.tag }
  }
  if (history.warm_up !== undefined) {
    const length = subject.duration(history.warm_up, ['history', 'warm_up'], { least: second, most: 366 * day })
    return length > 0 ? { kind: 'warm-up', length } : undefined
  }
  const when = subject.condition(history.known ?? '', ['history', 'known'], known.scopes.scope())
  return when && { kind: 'known', when }
}

/**
 * Tells of a history that is known of every event which meets the rule's condition, as that event is counted already when it
 * is asked: the rule would never fire.
 */
export function checkKnownBefore(history: History | undefined, when: Expression, scope: Scope, subject: Subject): void {
  if (history?.kind !== 'known') return
  const unknown = demandsOf(history.when, scope, false)
  for (const factor of factorsIn(history.when)) {
    const counts = scope.factors.get(factor.id)?.counts
    const isCounted = scope.on.length > 0 && scope.on.every((type) => counts?.on.includes(type))
    if (!isCounted || (counts?.where && !implies(when, counts.where, scope))) continue
    const one: Expression = { kind: 'literal', type: 'int', value: 1 }
    const counted: Expression = { kind: 'binary', type: 'bool', operator: '>=', left: factor, right: one }
    const demanded = conflictBetween(demandsOf(when, scope), demandsOf(counted, scope)).joint
    if (conflictBetween(demanded, unknown).conflict === undefined) continue
    const message = `the rule never fires: ${factor.id} has counted the event already, so that '${placeOf(history.when).text}' is always true then; leave that event out, as '${factor.id} > 1', or count up to yesterday (ago: 1)`
    subject.fault('KM_RULE_HISTORY', message, ['history', 'known'])
    return
  }
}

function factorsIn(expression: Expression): readonly (Expression & { kind: 'factor' })[] {
  return expression.kind === 'factor' ? [expression] : partsOf(expression).flatMap(factorsIn)
}
