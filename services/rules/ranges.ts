import type { Expression } from './expression.ts'
import type { Scope } from './scope.ts'
import { nowFields } from './virtual-fields.ts'

/** Closed: the least and the greatest that a number can be, where it is known at all. */
export interface Range {
  readonly low: number
  readonly high: number
}

export const anything: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
export const atLeastZero: Range = { low: 0, high: Number.POSITIVE_INFINITY }

/** What a number expression can be, from the ranges of what it reads. Never too narrow. */
export function rangeOf(expression: Expression, scope: Scope): Range {
  switch (expression.kind) {
    case 'literal':
      return { low: Number(expression.value), high: Number(expression.value) }
    case 'field': {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = scope.fields.get(expression.name) ?? {}
      return { low: min, high: max }
    }
    case 'factor':
      return scope.factors.get(expression.id)?.range ?? anything
    case 'now': {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = nowFields[expression.name]
      return { low: min, high: max }
    }
    case 'negate': {
      const { low, high } = rangeOf(expression.operand, scope)
      return { low: 0 - high, high: 0 - low }
    }
    case 'convert': {
      const { low, high } = rangeOf(expression.operand, scope)
      return expression.type === 'int' ? { low: Math.trunc(low), high: Math.trunc(high) } : { low, high }
    }
    case 'call':
      return rangeOfCall(
        expression.name,
        expression.operands.map((operand) => rangeOf(operand, scope)),
      )
    case 'conditional':
      return hull([rangeOf(expression.then, scope), rangeOf(expression.otherwise, scope)])
    case 'binary':
      return rangeOfArithmetic(expression, rangeOf(expression.left, scope), rangeOf(expression.right, scope))
    default:
      return anything
  }
}

function rangeOfCall(name: 'min' | 'max' | 'abs', [a = anything, b = a]: readonly Range[]): Range {
  if (name === 'min') return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) }
  if (name === 'max') return { low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) }
  const [low, high] = [Math.abs(a.low), Math.abs(a.high)]
  return { low: a.low <= 0 && a.high >= 0 ? 0 : Math.min(low, high), high: Math.max(low, high) }
}

function rangeOfArithmetic(expression: Expression & { kind: 'binary' }, a: Range, b: Range): Range {
  const corners = (combine: (x: number, y: number) => number): Range =>
    hull([a.low, a.high].flatMap((x) => [b.low, b.high].map((y) => combine(x, y))).map((n) => ({ low: n, high: n })))
  switch (expression.operator) {
    case '+':
      return corners((x, y) => x + y)
    case '-':
      return corners((x, y) => x - y)
    case '*':
      return corners((x, y) => x * y)
    case '/':
      if (b.low <= 0 && b.high >= 0) return anything
      return corners((x, y) => (expression.type === 'int' ? Math.trunc(x / y) : x / y))
    case '%': {
      const most = Math.max(Math.abs(b.low), Math.abs(b.high)) - 1
      return { low: a.low >= 0 ? 0 : -most, high: a.high <= 0 ? 0 : most }
    }
    default:
      return anything
  }
}

/** The least range that holds all; anything where a bound is no number (infinity less infinity). */
export function hull(ranges: readonly Range[]): Range {
  const low = Math.min(...ranges.map((range) => range.low))
  const high = Math.max(...ranges.map((range) => range.high))
  return Number.isNaN(low) || Number.isNaN(high) ? anything : { low, high }
}

/** Of a sum of values of a range, of which there may be none. */
export const rangeOfSum = ({ low, high }: Range): Range => ({
  low: low >= 0 ? 0 : Number.NEGATIVE_INFINITY,
  high: high <= 0 ? 0 : Number.POSITIVE_INFINITY,
})

/** Whether an expression can be unknown though there is an event: a missing field, a factor without data, beyond 2^53, by 0. */
export function mayBeUnknown(expression: Expression, scope: Scope): boolean {
  switch (expression.kind) {
    case 'literal':
    case 'has':
    case 'known':
      return false
    case 'field':
      return expression.optional
    case 'factor':
      return scope.factors.get(expression.id)?.always !== true
    case 'now':
      return nowFields[expression.name].optional
    case 'value':
      return true
    case 'not':
    case 'in':
    case 'search':
    case 'negate':
      return mayBeUnknown(expression.operand, scope)
    case 'convert':
      return mayBeUnknown(expression.operand, scope) || (expression.type === 'int' && !isExact(expression, scope))
    case 'call':
      return expression.operands.some((operand) => mayBeUnknown(operand, scope))
    case 'conditional':
      return [expression.condition, expression.then, expression.otherwise].some((part) => mayBeUnknown(part, scope))
    case 'binary': {
      if (mayBeUnknown(expression.left, scope) || mayBeUnknown(expression.right, scope)) return true
      if (expression.type === 'bool') return false
      const divisor = rangeOf(expression.right, scope)
      const divides = expression.operator === '/' || expression.operator === '%'
      return (divides && divisor.low <= 0 && divisor.high >= 0) || !isExact(expression, scope)
    }
  }
}

/** An int that stays within 2^53, a double that stays finite. */
function isExact(expression: Expression, scope: Scope): boolean {
  const { low, high } = rangeOf(expression, scope)
  const most = expression.type === 'int' ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE
  return low >= -most && high <= most
}

/** Of a text: what it can be, where that is listed. */
export function valuesOf(expression: Expression, scope: Scope): readonly string[] | undefined {
  if (expression.kind === 'field') return scope.fields.get(expression.name)?.values
  return expression.kind === 'factor' ? scope.factors.get(expression.id)?.values : undefined
}
