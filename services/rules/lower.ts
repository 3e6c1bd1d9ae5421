import type { ASTNode } from '@marcbachmann/cel-js'
import { didYouMean } from '../domain/nearest-name.ts'
import type { Fault } from './condition.ts'
import type { BinaryOperator, Expression, ValueType } from './expression.ts'
import { lowerCall } from './lower-call.ts'
import { lowerMember, lowerName } from './lower-name.ts'
import { lowerSearch } from './lower-search.ts'
import { valuesOf } from './ranges.ts'
import type { Scope } from './scope.ts'

type Report = (fault: Fault) => void
type Binary = Extract<ASTNode, { args: [ASTNode, ASTNode] }>

/** Where each piece of an expression stands in its source, for faults that are found later. */
const places = new WeakMap<Expression, ASTNode>()

/** The text of a piece, and its offset in UTF-16 units; of what was not written by hand: empty and 0. */
export function placeOf(expression: Expression): { readonly offset: number; readonly text: string } {
  const node = places.get(expression)
  return node ? { offset: node.start, text: node.input.slice(node.start, node.end) } : { offset: 0, text: '' }
}

/**
 * Brings the library's syntax tree into our subset, names resolved and types known. Every fault is reported; undefined
 * after one, or where something is read whose own faults were reported elsewhere.
 */
export function lower(node: ASTNode, scope: Scope, report: Report): Expression | undefined {
  const expression = lowerNode(node, scope, report)
  if (expression) places.set(expression, node)
  return expression
}

function lowerNode(node: ASTNode, scope: Scope, report: Report): Expression | undefined {
  const unsupported = (what: string, offset = node.pos) => {
    report({ code: 'KM_RULE_UNSUPPORTED', message: what, offset })
    return undefined
  }
  switch (node.op) {
    case 'value':
      return lowerLiteral(node.args, node, report)
    case 'id':
      return lowerName(node.args, node.start, scope, report)
    case '.':
      return lowerMember(node.args[0], node.args[1], node.end - node.args[1].length, scope, report)
    case '!_':
    case '-_':
      return lowerUnary(node, scope, report)
    case 'call':
      return lowerCall(node, scope, report, lower)
    case 'rcall':
      return lowerSearch(node, scope, report, lower)
    case '?:':
      return lowerConditional(node, scope, report)
    case 'in':
      return lowerMembership(node, scope, report)
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '&&':
    case '||':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return lowerBinary(node, node.op, scope, report)
    case 'list':
      return unsupported('a list stands only behind `in`')
    default:
      return unsupported(`'${node.op}' is not supported`)
  }
}

function lowerLiteral(value: unknown, node: ASTNode, report: Report): Expression | undefined {
  if (typeof value === 'bigint') {
    const int = Number(value)
    if (Number.isSafeInteger(int)) return { kind: 'literal', type: 'int', value: int }
    report({ code: 'KM_RULE_NUMBER', message: `${value} is beyond 2^53 - 1`, offset: node.start })
    return undefined
  }
  if (typeof value === 'number') return { kind: 'literal', type: 'double', value }
  if (typeof value === 'boolean') return { kind: 'literal', type: 'bool', value }
  if (typeof value === 'string') return { kind: 'literal', type: 'string', value }
  const what =
    value === null
      ? 'null is not supported; a missing field is unknown, ask has(event.x)'
      : 'only int, double, bool and text'
  report({ code: 'KM_RULE_UNSUPPORTED', message: what, offset: node.start })
  return undefined
}

function lowerUnary(node: ASTNode & { op: '!_' | '-_' }, scope: Scope, report: Report): Expression | undefined {
  const operand = lower(node.args, scope, report)
  if (!operand) return undefined
  const isNot = node.op === '!_'
  if (isNot ? operand.type !== 'bool' : operand.type !== 'int' && operand.type !== 'double') {
    const message = `'${isNot ? '!' : '-'}' takes ${isNot ? 'bool' : 'int or double'}, not ${operand.type}`
    report({ code: 'KM_RULE_TYPE', message, offset: node.start })
    return undefined
  }
  if (operand.kind === 'literal' && typeof operand.value === 'number') return { ...operand, value: 0 - operand.value }
  return { kind: isNot ? 'not' : 'negate', type: operand.type, operand }
}

function lowerConditional(node: ASTNode & { op: '?:' }, scope: Scope, report: Report): Expression | undefined {
  const [condition, then, otherwise] = [
    lower(node.args[0], scope, report),
    lower(node.args[1], scope, report),
    lower(node.args[2], scope, report),
  ]
  if (!condition || !then || !otherwise) return undefined
  const fault = (code: 'KM_RULE_TYPE' | 'KM_RULE_UNSUPPORTED', message: string, at: ASTNode) => {
    report({ code, message, offset: at.start })
    return undefined
  }
  if (condition.type !== 'bool') return fault('KM_RULE_TYPE', `'?' takes bool, not ${condition.type}`, node.args[0])
  if (then.type !== otherwise.type) {
    return fault('KM_RULE_TYPE', `':' mixes ${then.type} with ${otherwise.type}`, node.args[2])
  }
  if (then.type === 'string') return fault('KM_RULE_UNSUPPORTED', 'text cannot be chosen with ? :', node.args[1])
  return { kind: 'conditional', type: then.type, condition, then, otherwise }
}

function lowerMembership(node: ASTNode & { op: 'in' }, scope: Scope, report: Report): Expression | undefined {
  const [left, right] = node.args
  if (right.op !== 'list') {
    const message = '`in` takes a list of literals, as in kind in ["voice", "sms"]'
    report({ code: 'KM_RULE_UNSUPPORTED', message, offset: right.start })
    return undefined
  }
  const operand = lower(left, scope, report)
  const items = right.args.map((item) => ({ item, literal: lower(item, scope, report) }))
  if (!operand) return undefined
  const values: (number | boolean | string)[] = []
  for (const { item, literal } of items) {
    if (!literal) return undefined
    const fault = faultOfListItem(operand, literal, scope)
    if (fault) report({ ...fault, offset: item.start })
    else if (literal.kind === 'literal') {
      if (values.includes(literal.value)) {
        const message = `${JSON.stringify(literal.value)} stands in the list twice; leave one out, or write what was meant`
        report({ code: 'KM_CATALOGUE_REPEATED', message, offset: item.start })
        return undefined
      }
      values.push(literal.value)
    }
  }
  if (values.length < items.length) return undefined
  if (operand.type === 'bool' || (operand.type === 'string' && operand.kind === 'literal') || values.length === 0) {
    const message = '`in` asks for a number, or a text of a field or a factor, in a list that is not empty'
    report({ code: 'KM_RULE_UNSUPPORTED', message, offset: values.length === 0 ? right.start : left.start })
    return undefined
  }
  return { kind: 'in', type: 'bool', operand, values }
}

function faultOfListItem(operand: Expression, literal: Expression, scope: Scope): Omit<Fault, 'offset'> | undefined {
  if (literal.kind !== 'literal') {
    return { code: 'KM_RULE_UNSUPPORTED', message: 'a list behind `in` holds literals only' }
  }
  if (literal.type !== operand.type) return { code: 'KM_RULE_TYPE', message: mixed('in', operand, literal) }
  return impossibleValue(operand, literal, scope)
}

const isNumber = (type: ValueType): boolean => type === 'int' || type === 'double'
const arithmetic: readonly BinaryOperator[] = ['+', '-', '*', '/', '%']

function lowerBinary(node: Binary, operator: BinaryOperator, scope: Scope, report: Report): Expression | undefined {
  const left = lower(node.args[0], scope, report)
  const right = lower(node.args[1], scope, report)
  if (!left || !right) return undefined
  const at = Math.max(node.input.indexOf(operator, node.args[0].end), node.start)
  const fault = faultOfOperands(operator, left, right)
  if (fault) {
    report({ ...fault, offset: at })
    return undefined
  }
  const impossible = impossibleValue(left, right, scope) ?? impossibleValue(right, left, scope)
  if (impossible) {
    report({ ...impossible, offset: node.args[left.kind === 'literal' ? 0 : 1].start })
    return undefined
  }
  return { kind: 'binary', type: arithmetic.includes(operator) ? left.type : 'bool', operator, left, right }
}

function faultOfOperands(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
): Omit<Fault, 'offset'> | undefined {
  const type = (message: string) => ({ code: 'KM_RULE_TYPE', message }) as const
  const unsupported = (message: string) => ({ code: 'KM_RULE_UNSUPPORTED', message }) as const
  if (operator === '&&' || operator === '||') {
    const wrong = [left, right].find((side) => side.type !== 'bool')
    return wrong && type(`'${operator}' takes bool, not ${wrong.type}`)
  }
  if (left.type !== right.type) return type(mixed(operator, left, right))
  if (operator === '==' || operator === '!=') {
    return left.type === 'string' && left.kind === 'literal' && right.kind === 'literal'
      ? unsupported('a text is compared with a field or a factor')
      : undefined
  }
  if (left.type === 'string') return unsupported(`'${operator}' is not supported on text; use ==, != or in`)
  if (!isNumber(left.type)) return type(`'${operator}' takes int or double, not ${left.type}`)
  return operator === '%' && left.type === 'double' ? type("'%' takes int, not double") : undefined
}

/** CEL doesn't convert by itself; says which side to write differently. */
function mixed(operator: string, left: Expression, right: Expression): string {
  const said = `'${operator}' mixes ${left.type} with ${right.type}`
  if (!isNumber(left.type) || !isNumber(right.type)) return said
  const [int, double] = left.type === 'int' ? [left, right] : [right, left]
  if (int.kind === 'literal') return `${said}; write ${int.value}.0`
  // In arithmetic the shorter advice would turn a quotient into a cut one.
  const compares = !arithmetic.some((sign) => sign === operator)
  const isWhole = compares && double.kind === 'literal' && Number.isInteger(double.value)
  return `${said}; write ${isWhole ? double.value : `double(${nameOf(int)})`}`
}

function nameOf(expression: Expression): string {
  if (expression.kind === 'factor') return expression.id
  if (expression.kind === 'now') return `now.${expression.name}`
  if (expression.kind === 'value') return 'value'
  return expression.kind === 'field' ? expression.name : '…'
}

function impossibleValue(text: Expression, literal: Expression, scope: Scope): Omit<Fault, 'offset'> | undefined {
  if (literal.kind !== 'literal' || typeof literal.value !== 'string') return undefined
  const values = valuesOf(text, scope)
  if (!values || values.includes(literal.value)) return undefined
  const message = `'${nameOf(text)}' is never '${literal.value}'; it is one of ${values.join(', ')}${didYouMean(literal.value, values)}`
  return { code: 'KM_RULE_IMPOSSIBLE_VALUE', message }
}
