import { type Environment, evaluate, type Value } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { partsOf } from './parts.ts'

/** A condition with the value of each of its parts, for people who ask why. */
export interface ConditionTree {
  /** The part as CEL. */
  readonly text: string
  /** null: unknown. */
  readonly value: number | boolean | string | null
  /** What it is made of; literals, whose value is their text, are left out. */
  readonly parts: readonly ConditionTree[]
}

export function conditionTree(expression: Expression, environment: Environment): ConditionTree {
  const parts = partsOf(expression).filter(({ kind }) => kind !== 'literal')
  return {
    text: toCel(expression),
    value: shown(evaluate(expression, environment)),
    parts: parts.map((part) => conditionTree(part, environment)),
  }
}

const shown = (value: Value): number | boolean | string | null => value ?? null

/** How tightly an operator binds, as in CEL's grammar; a part that binds less gets parentheses. */
const precedence = {
  '?': 0,
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  in: 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  unary: 6,
  primary: 7,
} as const

/** The expression as CEL source, with as few parentheses as it needs. */
export function toCel(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return literal(expression.value, expression.type === 'double')
    case 'field':
      return `event.${expression.name}`
    case 'factor':
      return expression.id
    case 'now':
      return `now.${expression.name}`
    case 'value':
      return 'value'
    case 'has':
      return `has(event.${expression.name})`
    case 'known':
      return `known(${toCel(expression.operand)})`
    case 'convert':
      return `${expression.type}(${toCel(expression.operand)})`
    case 'search':
      return `${part(expression.operand, precedence.primary)}.${expression.name}(${JSON.stringify(expression.text)})`
    case 'call':
      return `${expression.name}(${expression.operands.map(toCel).join(', ')})`
    case 'not':
      return `!${part(expression.operand, precedence.unary)}`
    case 'negate':
      return `-${part(expression.operand, precedence.unary)}`
    case 'in': {
      const values = expression.values.map((value) => literal(value, expression.operand.type === 'double'))
      return `${part(expression.operand, precedence.in)} in [${values.join(', ')}]`
    }
    case 'conditional': {
      const { condition, then, otherwise } = expression
      return `${part(condition, precedence['||'])} ? ${part(then, precedence['||'])} : ${part(otherwise, precedence['?'])}`
    }
    case 'binary': {
      const { operator, left, right } = expression
      const own = precedence[operator]
      // Operators group from the left.
      return `${part(left, own)} ${operator} ${part(right, own + 1)}`
    }
  }
}

function part(expression: Expression, least: number): string {
  const text = toCel(expression)
  return bindingOf(expression) < least ? `(${text})` : text
}

function bindingOf(expression: Expression): number {
  switch (expression.kind) {
    case 'binary':
      return precedence[expression.operator]
    case 'in':
      return precedence.in
    case 'conditional':
      return precedence['?']
    case 'not':
    case 'negate':
      return precedence.unary
    case 'literal':
      return typeof expression.value === 'number' && expression.value < 0 ? precedence.unary : precedence.primary
    default:
      return precedence.primary
  }
}

function literal(value: number | boolean | string, isDouble: boolean): string {
  if (typeof value === 'string') return JSON.stringify(value)
  const text = String(value)
  return isDouble && Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text
}
