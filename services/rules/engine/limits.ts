import type { Expression } from '../expression.ts'
import type { Rule } from '../ruleset.ts'
import { conjuncts, joined } from './generate-dispatch.ts'

/** A number that conditions compare with lines: a factor, a field of the event, civil time. */
export type Subject = Extract<Expression, { readonly kind: 'factor' | 'field' | 'now' }>

/** What a condition asks of one number, as a whole. */
export interface Limits {
  readonly subject: Subject
  /** The number is at least `low` and at most `high`; without a limit ∓Infinity. */
  readonly low: number
  readonly high: number
  /** What else must hold; undefined: nothing. */
  readonly rest: Expression | undefined
}

export const subjectKey = (subject: Subject): string =>
  `${subject.kind} ${subject.kind === 'factor' ? subject.id : subject.name}`

/** The condition of a rule that needn't be looked at while it isn't true: an edge goes on also when it is false. */
export function openCondition({ trigger }: Rule): Expression | undefined {
  return trigger.kind === 'condition' && !trigger.edge ? trigger.when : undefined
}

/** What such a rule asks of a number. */
export function limitsOf(rule: Rule | undefined, subject: Subject): Limits | undefined {
  const when = rule && openCondition(rule)
  return when && limitsIn(when).find((limits) => subjectKey(limits.subject) === subjectKey(subject))
}

/** An edge whose condition is nothing but limits of one number, and so is what arms it again, somewhere else. */
export interface EdgeLimits extends Limits {
  readonly rearm: Limits | undefined
  /** A first value that is true is a crossing, too. */
  readonly initial: boolean
}

/** undefined: the rule has no such edge. */
export function edgeLimits(rule: Rule | undefined): EdgeLimits | undefined {
  const trigger = rule?.trigger
  if (trigger?.kind !== 'condition' || !trigger.edge) return undefined
  const [when, rearm] = [wholly(trigger.when), trigger.edge.rearm && wholly(trigger.edge.rearm)]
  const { initial } = trigger.edge
  if (!when || !trigger.edge.rearm) return when && { ...when, rearm: undefined, initial }
  if (!rearm || subjectKey(when.subject) !== subjectKey(rearm.subject)) return undefined
  return rearm.high < when.low || rearm.low > when.high ? { ...when, rearm, initial } : undefined
}

const wholly = (condition: Expression): Limits | undefined => limitsIn(condition).find(({ rest }) => rest === undefined)

/** The limits that a condition sets to each number that it compares with a literal, in its conjuncts. */
export function limitsIn(when: Expression): readonly Limits[] {
  const parts = conjuncts(when)
  const found = new Map<string, Limits & { readonly parts: readonly Expression[] }>()
  for (const part of parts) {
    const limit = limitOf(part)
    if (!limit) continue
    const key = subjectKey(limit.subject)
    const known = found.get(key)
    const low = Math.max(limit.low, known?.low ?? Number.NEGATIVE_INFINITY)
    const high = Math.min(limit.high, known?.high ?? Number.POSITIVE_INFINITY)
    const own = [...(known?.parts ?? []), part]
    found.set(key, {
      subject: limit.subject,
      low,
      high,
      rest: joined(parts.filter((each) => !own.includes(each))),
      parts: own,
    })
  }
  return [...found.values()]
}

function limitOf(part: Expression): Omit<Limits, 'rest'> | undefined {
  if (part.kind !== 'binary') return undefined
  const { left, right } = part
  const isTurned = left.kind === 'literal'
  const subject = subjectIn(isTurned ? right : left)
  const literal = isTurned ? left : right
  if (!subject || literal.kind !== 'literal' || typeof literal.value !== 'number') return undefined
  const line = literal.value
  switch (isTurned ? turned[part.operator] : part.operator) {
    case '>=':
      return { subject, low: line, high: Number.POSITIVE_INFINITY }
    case '>':
      return { subject, low: nextAbove(line), high: Number.POSITIVE_INFINITY }
    case '<=':
      return { subject, low: Number.NEGATIVE_INFINITY, high: line }
    case '<':
      return { subject, low: Number.NEGATIVE_INFINITY, high: -nextAbove(-line) }
    case '==':
      return { subject, low: line, high: line }
    default:
      return undefined
  }
}

/** How a comparison reads from its right side. */
const turned: Readonly<Record<string, string>> = { '>=': '<=', '>': '<', '<=': '>=', '<': '>', '==': '==' }

/** A number as such, or as a double, which it is anyway. */
function subjectIn(expression: Expression): Subject | undefined {
  const inner = expression.kind === 'convert' && expression.type === 'double' ? expression.operand : expression
  if (inner.kind !== 'factor' && inner.kind !== 'field' && inner.kind !== 'now') return undefined
  return inner.type === 'int' || inner.type === 'double' ? inner : undefined
}

const double = new Float64Array(1)
const bits = new BigInt64Array(double.buffer)

/** The least double above a finite one. */
function nextAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE
  double[0] = value
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n)
  return double[0] as number
}
