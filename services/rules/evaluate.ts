import type { BinaryOperator, Expression, NowField } from './expression.ts'

/** undefined: unknown. */
export type Value = number | boolean | string | undefined

/** Values by name; NaN counts as unknown. */
export interface Environment {
  field(name: string): Value
  factor(id: string): Value
  /** Whether the event has the field; by default: `field` knows it. undefined: not known either (analysis only). */
  has?(name: string): boolean | undefined
  /** Civil time of the instant of evaluation; unknown without it. */
  now?(name: NowField): Value
  /** Of the period in hand, in the condition of a streak. */
  readonly value?: Value
}

/**
 * The value of a checked expression: the reference for the generated code, and what `explain` uses. Unknown goes through
 * every operator, but `false && unknown` is false and `true || unknown` is true. Unknown arise from missing fields,
 * factors without data, a division by zero (int and double), and ints beyond ±(2^53 - 1).
 */
export function evaluate(expression: Expression, environment: Environment): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'field':
      return known(environment.field(expression.name))
    case 'factor':
      return known(environment.factor(expression.id))
    case 'has':
      return environment.has
        ? environment.has(expression.name)
        : known(environment.field(expression.name)) !== undefined
    case 'known':
      return evaluate(expression.operand, environment) !== undefined
    case 'now':
      return known(environment.now?.(expression.name))
    case 'value':
      return known(environment.value)
    case 'search': {
      const operand = evaluate(expression.operand, environment)
      if (typeof operand !== 'string') return undefined
      return expression.name === 'contains'
        ? operand.includes(expression.text)
        : operand[expression.name](expression.text)
    }
    case 'call': {
      const operands = expression.operands.map((each) => evaluate(each, environment))
      if (!operands.every((operand) => typeof operand === 'number')) return undefined
      const [first = 0, second = first] = operands
      return expression.name === 'abs' ? Math.abs(first) : Math[expression.name](first, second)
    }
    case 'not': {
      const operand = evaluate(expression.operand, environment)
      return operand === undefined ? undefined : !operand
    }
    case 'negate': {
      const operand = evaluate(expression.operand, environment)
      return typeof operand === 'number' ? 0 - operand : undefined
    }
    case 'convert': {
      const operand = evaluate(expression.operand, environment)
      if (typeof operand !== 'number') return undefined
      return expression.type === 'int' ? whole(Math.trunc(operand)) : operand
    }
    case 'in': {
      const operand = evaluate(expression.operand, environment)
      return operand === undefined ? undefined : expression.values.includes(operand)
    }
    case 'conditional': {
      const condition = evaluate(expression.condition, environment)
      if (condition === undefined) return undefined
      return evaluate(condition ? expression.then : expression.otherwise, environment)
    }
    case 'binary': {
      if (expression.operator === '&&') return absorbing(expression, environment, false)
      if (expression.operator === '||') return absorbing(expression, environment, true)
      const left = evaluate(expression.left, environment)
      const right = evaluate(expression.right, environment)
      if (left === undefined || right === undefined) return undefined
      return binary(expression.operator, left, right, expression.type === 'int')
    }
  }
}

const known = (value: Value): Value => (Number.isNaN(value) ? undefined : value)

/** `&&` with `absorber` false, `||` with true: the absorber on either side decides, whatever the other side is. */
function absorbing(expression: Expression & { kind: 'binary' }, environment: Environment, absorber: boolean): Value {
  const left = evaluate(expression.left, environment)
  if (left === absorber) return absorber
  const right = evaluate(expression.right, environment)
  if (right === absorber) return absorber
  return left === undefined || right === undefined ? undefined : !absorber
}

function binary(operator: BinaryOperator, left: number | boolean | string, right: typeof left, int: boolean): Value {
  if (operator === '==') return left === right
  if (operator === '!=') return left !== right
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  switch (operator) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '+':
      return int ? whole(left + right) : known(left + right)
    case '-':
      return int ? whole(left - right) : known(left - right)
    case '*':
      return int ? whole(left * right) : known(left * right)
    case '/':
      if (right === 0) return undefined
      return int ? whole(Math.trunc(left / right)) : known(left / right)
    case '%':
      return right === 0 ? undefined : whole(left % right)
    default:
      return undefined
  }
}

/** Ints are exact up to ±(2^53 - 1); what lies beyond may have been rounded. Never -0. */
const whole = (value: number): Value => (Number.isSafeInteger(value) ? value + 0 : undefined)
