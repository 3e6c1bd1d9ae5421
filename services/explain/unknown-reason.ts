import type { TimeZone } from '../domain/time-zones.ts'
import type { Expression } from '../rules/expression.ts'
import { factorsReadBy } from '../rules/reads.ts'
import type { EventFactor, Factor } from '../rules/ruleset.ts'
import { localText } from './clock-text.ts'
import { matchWords } from './factor-words.ts'

/** What is known of the subscriber as of an instant, for saying why something isn't. */
export interface FactorSurroundings {
  readonly at: number
  readonly zone: TimeZone
  readonly billingDay: number
  /** Earliest event time. */
  readonly since: number
  factor(id: string): Factor | undefined
  /** null: unknown. */
  value(id: string): number | boolean | string | null
}

/** Why a factor is unknown: a part of a sentence, behind `because`. */
export function whyUnknown(factor: Factor, surroundings: FactorSurroundings): string {
  const { definition } = factor
  switch (definition.kind) {
    case 'derived':
      return ofDerived(definition.value, surroundings)
    case 'tag':
      return `no profile has named a tag '${definition.tag}' that can be read`
    case 'product':
      return 'no profile has named products'
    case 'consent':
      return 'no profile has named it'
    case 'events':
      return ofEvents(definition, surroundings)
  }
}

/** The factors that it reads and that are unknown themselves say why; a hidden one stands for the factor itself. */
function ofDerived(value: Expression, surroundings: FactorSurroundings): string {
  const unknown = [...factorsReadBy(value)].filter((id) => surroundings.value(id) === null)
  const [first] = unknown
  const factor = first === undefined ? undefined : surroundings.factor(first)
  if (factor)
    return factor.hidden ? whyUnknown(factor, surroundings) : `${factor.id} is: ${whyUnknown(factor, surroundings)}`
  return hasDivision(value) ? 'there is nothing to divide by (0 events in the window)' : 'its value has no number'
}

const hasDivision = (expression: Expression): boolean => {
  if (expression.kind === 'binary') {
    const { operator, left, right } = expression
    return operator === '/' || operator === '%' || hasDivision(left) || hasDivision(right)
  }
  return expression.kind === 'conditional' && [expression.then, expression.otherwise].some(hasDivision)
}

function ofEvents(factor: EventFactor, { at, zone, billingDay, since }: FactorSurroundings): string {
  const { aggregate, window, from, where } = factor
  const events = matchWords({ on: from, ...(where && { where }) })
  if (window.kind === 'civil' && window.ago > 0) {
    const { unit, ago, periods } = window
    const name = unit === 'billing-month' ? 'billing month' : unit
    const full = Math.max(0, zone.periodOf(unit, at, billingDay) - zone.periodOf(unit, since, billingDay) - 1)
    const least = aggregate.kind === 'baseline' || aggregate.kind === 'trend' ? aggregate.least : periods
    const needed = least + ago - 1
    if (full < needed) {
      const seen = `first sight was ${localText(since, zone)}`
      return `${seen}: ${full === 0 ? `no full ${name} has passed since` : `${full} full ${name}${full === 1 ? ' has' : 's have'} passed since`}, ${needed} must`
    }
  }
  if (window.kind === 'since') return `there was no ${matchWords(window.anchor)} yet, or nothing came after it`
  switch (aggregate.kind) {
    case 'previous':
      return `there were no two of ${events} with a value yet`
    case 'cadence':
      return `there were fewer than ${aggregate.least + 1} of ${events} yet`
    default: {
      const missing = `no ${events}${factor.value ? ' with a value' : ''}`
      const isEver = window.kind === 'lifetime' || window.kind === 'last'
      return isEver ? `there was ${missing} yet` : `there is ${missing} in its window`
    }
  }
}
