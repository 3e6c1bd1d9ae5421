import type { TimeZone } from '../domain/time-zones.ts'
import type { Expression } from '../rules/expression.ts'
import { factorsReadBy } from '../rules/reads.ts'
import type { EventFactor, Factor } from '../rules/ruleset.ts'
import { localText } from './clock-text.ts'
import { matchWords } from './factor-words.ts'
import type { Sentences } from './sentences.ts'

/** What is known of the subscriber as of an instant, for saying why something isn't. */
export interface FactorSurroundings {
  readonly at: number
  readonly zone: TimeZone
  readonly say: Sentences
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
      return surroundings.say.noTag(definition.tag)
    case 'product':
      return surroundings.say.noProducts
    case 'consent':
      return surroundings.say.notNamed
    case 'events':
      return ofEvents(definition, surroundings)
  }
}

/** The factors that it reads and that are unknown themselves say why; a hidden one stands for the factor itself. */
function ofDerived(value: Expression, surroundings: FactorSurroundings): string {
  const { say } = surroundings
  const unknown = [...factorsReadBy(value)].filter((id) => surroundings.value(id) === null)
  const [first] = unknown
  const factor = first === undefined ? undefined : surroundings.factor(first)
  if (factor)
    return factor.hidden ? whyUnknown(factor, surroundings) : say.isItself(factor.id, whyUnknown(factor, surroundings))
  return hasDivision(value) ? say.nothingToDivide : say.noNumber
}

const hasDivision = (expression: Expression): boolean => {
  if (expression.kind === 'binary') {
    const { operator, left, right } = expression
    return operator === '/' || operator === '%' || hasDivision(left) || hasDivision(right)
  }
  return expression.kind === 'conditional' && [expression.then, expression.otherwise].some(hasDivision)
}

function ofEvents(factor: EventFactor, { at, zone, billingDay, since, say }: FactorSurroundings): string {
  const { aggregate, window, from, where } = factor
  if (factor.noted !== undefined) return aggregate.kind === 'before' ? say.segmentUnchanged : say.inNoSegment
  const events = matchWords({ on: from, ...(where && { where }) }, say)
  if (window.kind === 'civil' && window.ago > 0) {
    const { unit, ago, periods } = window
    const full = Math.max(0, zone.periodOf(unit, at, billingDay) - zone.periodOf(unit, since, billingDay) - 1)
    const least = aggregate.kind === 'baseline' || aggregate.kind === 'trend' ? aggregate.least : periods
    const needed = least + ago - 1
    if (full < needed) return say.fewPeriods(localText(since, zone, say), unit, full, needed)
  }
  if (window.kind === 'since') return say.noAnchor(matchWords(window.anchor, say))
  switch (aggregate.kind) {
    case 'previous':
    case 'before':
      return say.notTwo(events)
    case 'cadence':
      return say.fewerThan(aggregate.least + 1, events)
    default: {
      const isEver = window.kind === 'lifetime' || window.kind === 'last'
      const hasValue = factor.value !== undefined
      return isEver ? say.noneYet(events, hasValue) : say.noneInWindow(events, hasValue)
    }
  }
}
