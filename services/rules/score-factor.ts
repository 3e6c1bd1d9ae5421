import { didYouMean } from '../domain/nearest-name.ts'
import type { Expression } from './expression.ts'
import { derived, type Made } from './factor-desugar.ts'
import type { RawFactor, RawScorePart } from './raw.ts'
import type { FactorScopes } from './scope.ts'
import type { Subject } from './subject.ts'

/** What a score reaches where all parts bring all. */
const points = 100
/** Weights are written in decimals, whose sum is no exact 1 in doubles. */
const tolerance = 1e-9

/**
 * A weighted score of 0 to 100: each part brings its weight in proportion to a factor between two lines, or where a condition
 * is true. What is unknown brings nothing, so that a score is always known. undefined with its faults.
 */
export function checkScore({ id, score = [] }: RawFactor, subject: Subject, scopes: FactorScopes): Made | undefined {
  const sum = score.reduce((all, { weight }) => all + weight, 0)
  const wrong = score.findIndex(({ weight }) => !(weight > 0 && weight <= 1))
  if (wrong >= 0) {
    const message = `a part weighs more than 0 and 1 at most, not ${score[wrong]?.weight}`
    subject.fault('KM_FACTOR_WEIGHTS', message, ['score', wrong, 'weight'])
  } else if (Math.abs(sum - 1) > tolerance) {
    const message = `the weights of '${id}' add up to ${Number(sum.toFixed(6))}; they must add up to 1`
    subject.fault('KM_FACTOR_WEIGHTS', message, ['score'])
  }
  const parts = score.map((part, i) => partOf(part, i, subject, scopes))
  const whole = parts.filter((part) => part !== undefined)
  if (whole.length < parts.length || whole.length === 0) return undefined
  const value = whole.reduce(plus)
  const known = { type: 'double', range: { low: 0, high: points }, always: true } as const
  return { factors: [derived(id, value)], known }
}

function partOf(part: RawScorePart, i: number, subject: Subject, scopes: FactorScopes): Expression | undefined {
  const path = ['score', i]
  const { weight, of, when } = part
  if ((of === undefined) === (when === undefined)) {
    const message = 'a part of a score is of a factor, or when a condition is true; say one of them'
    subject.fault('KM_FACTOR_KIND', message, path)
    return undefined
  }
  if (when !== undefined) {
    const condition = subject.condition(when, [...path, 'when'], scopes.scope())
    for (const key of ['none', 'full'] as const) {
      if (part[key] === undefined) continue
      subject.fault('KM_FACTOR_KIND', `'${key}' goes with of, not with when`, [...path, key])
      return undefined
    }
    return condition && chosen(both(known(condition), condition), double(weight * points))
  }
  const number = numberOf(of ?? '', [...path, 'of'], subject, scopes)
  const { none = 0, full } = part
  if (full === undefined || full === none) {
    const message =
      full === undefined
        ? `from where on '${of}' brings all is missing; say full`
        : `'${of}' brings nothing and all at ${full}; say another full`
    subject.fault('KM_FACTOR_VALUE', message, [...path, ...(full === undefined ? [] : ['full'])])
    return undefined
  }
  return number && chosen(known(number), times(weight * points, between(number, none, full)))
}

function numberOf(id: string, path: readonly (string | number)[], subject: Subject, scopes: FactorScopes) {
  const factor = scopes.factors.get(id)
  if (factor?.type === 'int' || factor?.type === 'double') return { kind: 'factor', type: factor.type, id } as const
  if (factor) subject.fault('KM_RULE_TYPE', `'${id}' is ${factor.type}; a part of a score is of a number`, path)
  else if (!scopes.factors.has(id)) {
    const message = `no factor '${id}'${didYouMean(id, [...scopes.factors.keys()])}`
    subject.fault('KM_RULE_UNKNOWN_FACTOR', message, path)
  }
  return undefined
}

/** 0 at `none` and before it, 1 at `full` and beyond, in proportion between them. */
function between(number: Expression, none: number, full: number): Expression {
  const asDouble: Expression = number.type === 'double' ? number : { kind: 'convert', type: 'double', operand: number }
  const share = binary('/', binary('-', asDouble, double(none)), double(full - none))
  return call('max', call('min', share, double(1)), double(0))
}

const double = (value: number): Expression => ({ kind: 'literal', type: 'double', value })
const known = (operand: Expression): Expression => ({ kind: 'known', type: 'bool', operand })
const binary = (operator: '+' | '-' | '*' | '/', left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  type: 'double',
  operator,
  left,
  right,
})
const plus = (left: Expression, right: Expression): Expression => binary('+', left, right)
const times = (factor: number, operand: Expression): Expression => binary('*', double(factor), operand)
const call = (name: 'min' | 'max', ...operands: readonly Expression[]): Expression => ({
  kind: 'call',
  type: 'double',
  name,
  operands,
})
const both = (left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  type: 'bool',
  operator: '&&',
  left,
  right,
})
const chosen = (condition: Expression, then: Expression): Expression => ({
  kind: 'conditional',
  type: 'double',
  condition,
  then,
  otherwise: double(0),
})
