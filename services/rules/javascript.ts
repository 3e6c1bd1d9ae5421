import type { BinaryOperator, Expression, NowField, TextSearch } from './expression.ts'
import { textHash } from './text-hash.ts'

/**
 * How generated code reaches its inputs. Each gives the source of a primary JavaScript expression; names that begin
 * with `$` are taken. Numbers and bools (1, 0) are JavaScript numbers, unknown is NaN.
 */
export interface Names {
  /** A field of the event: its number, or, of a text, the code by which `word` knows it. */
  field(name: string): string
  /** `textHash` of a text field of the event. */
  fieldHash(name: string): string
  /** A factor's number, or `textHash` of its text. */
  factor(id: string): string
  /** Source of a JavaScript boolean: the event has the field. */
  has(name: string): string
  /** The code of a text with which a field is compared; the same text must have the same code in that field's values. */
  word(field: string, literal: string): string
  /** Whether a text field of the event holds a text: 1, 0, or NaN where the event doesn't have the field. */
  search(field: string, how: TextSearch, text: string): string
  /** Civil time of the instant of evaluation. */
  now(name: NowField): string
  /** Of the period in hand, in the condition of a streak. */
  value(): string
  /**
   * Name of a function at hand (`wholeSource`) by which results of ints are checked; undefined: each place has its own, which
   * costs an object.
   */
  readonly whole?: string
}

/**
 * JavaScript for a checked expression. Of a bool: a JavaScript boolean, true only if the value is true (unknown gives
 * false). Of an int or double: a number, NaN for unknown; of a text its `textHash`. Gives the same as `evaluate` for
 * every input. The source has about the length of the condition, calls nothing that it isn't handed (`Math` apart), and
 * is the only kind that reaches `Function`.
 */
export function toJavaScript(expression: Expression, names: Names): { readonly source: string } {
  return { source: expression.type === 'bool' ? truth(expression, true, names) : number(expression, names) }
}

/** Like `toJavaScript`, but a bool too is a number: 1, 0, or NaN for unknown. */
export function valueToJavaScript(expression: Expression, names: Names): { readonly source: string } {
  return { source: number(expression, names) }
}

/** Source of a JavaScript boolean: the expression is known and is `wanted`. Negations are pushed down to comparisons. */
function truth(expression: Expression, wanted: boolean, names: Names): string {
  switch (expression.kind) {
    case 'literal':
      return String(expression.value === wanted)
    case 'not':
      return truth(expression.operand, !wanted, names)
    case 'has':
      return wanted ? `(${names.has(expression.name)})` : `!(${names.has(expression.name)})`
    case 'known':
      return wanted ? known(expression.operand, names) : `!${known(expression.operand, names)}`
    case 'binary': {
      const { operator, left, right } = expression
      if (operator === '&&' || operator === '||') {
        const joint = (operator === '&&') === wanted ? '&&' : '||'
        return `(${truth(left, wanted, names)} ${joint} ${truth(right, wanted, names)})`
      }
      const [first, second] = [operand(left, right, names), operand(right, left, names)]
      return usesOnce(operator, wanted) || (isSimple(left) && isSimple(right))
        ? compared(operator, first, second, wanted)
        : bound([first, second], (a, b) => compared(operator, a, b, wanted))
    }
    case 'in': {
      const [source, values] = membership(expression, names)
      return isSimple(expression.operand)
        ? among(source, values, wanted)
        : bound([source], (a) => among(a, values, wanted))
    }
    case 'conditional': {
      const { condition, then, otherwise } = expression
      const [yes, no] = [truth(then, wanted, names), truth(otherwise, wanted, names)]
      return bound([number(condition, names)], (c) => `${c} === 1 ? ${yes} : ${c} === 0 && ${no}`)
    }
    default:
      return `(${number(expression, names)} === ${wanted ? 1 : 0})`
  }
}

/** Source of a number; of a bool 1 or 0; NaN for unknown. Each operand is written once, so that nesting costs nothing. */
function number(expression: Expression, names: Names): string {
  switch (expression.kind) {
    case 'literal':
      return literal(typeof expression.value === 'string' ? textHash(expression.value) : Number(expression.value))
    case 'field':
      return expression.type === 'string' ? names.fieldHash(expression.name) : names.field(expression.name)
    case 'factor':
      return names.factor(expression.id)
    case 'has':
      return `(${names.has(expression.name)} ? 1 : 0)`
    case 'known':
      return `(${known(expression.operand, names)} ? 1 : 0)`
    case 'now':
      return names.now(expression.name)
    case 'value':
      return names.value()
    case 'search':
      return names.search(searchedField(expression), expression.name, expression.text)
    case 'call': {
      const operands = expression.operands.map((each) => number(each, names))
      return `Math.${expression.name}(${operands.join(', ')})`
    }
    case 'not':
      return `(1 - ${number(expression.operand, names)})`
    case 'negate':
      return `(0 - ${number(expression.operand, names)})`
    case 'convert': {
      const source = number(expression.operand, names)
      return expression.type === 'int' && expression.operand.type === 'double'
        ? whole(`Math.trunc(${source})`, names)
        : source
    }
    case 'in': {
      const [source, values] = membership(expression, names)
      return bound([source], (a) => threeWay(among, a, values))
    }
    case 'conditional': {
      const { condition, then, otherwise } = expression
      const [yes, no] = [number(then, names), number(otherwise, names)]
      return bound([number(condition, names)], (c) => `${c} === 1 ? ${yes} : ${c} === 0 ? ${no} : NaN`)
    }
    case 'binary': {
      const { operator, left, right } = expression
      const operands = [operand(left, right, names), operand(right, left, names)] as const
      if (operator === '&&') return bound(operands, (a, b) => `${a} === 0 || ${b} === 0 ? 0 : ${a} * ${b}`)
      if (operator === '||') return bound(operands, (a, b) => `${a} === 1 || ${b} === 1 ? 1 : ${a} + ${b}`)
      if (expression.type !== 'bool') return arithmetic(operator, operands, right, expression.type === 'int', names)
      return bound(
        operands,
        (a, b) => `${compared(operator, a, b, true)} ? 1 : ${compared(operator, a, b, false)} ? 0 : NaN`,
      )
    }
  }
}

function arithmetic(
  operator: BinaryOperator,
  operands: readonly [string, string],
  right: Expression,
  int: boolean,
  names: Names,
): string {
  const [a, b] = operands
  // JavaScript's own remainder by zero is NaN; + 0 makes 0 of -0, which ints don't have.
  if (operator === '%') return `(${a} % ${b} + 0)`
  if (operator !== '/') return int ? whole(`${a} ${operator} ${b}`, names) : `(${a} ${operator} ${b})`
  // The quotient of two safe ints, rounded to a double and cut, is exact.
  const quotient = (x: string, y: string) => (int ? `Math.trunc(${x} / ${y}) + 0` : `${x} / ${y}`)
  if (right.kind === 'literal' && right.value !== 0) return `(${quotient(a, b)})`
  return bound(operands, (x, y) => `${y} === 0 ? NaN : ${quotient(x, y)}`)
}

/** Whether the comparison names its operands once each. */
const usesOnce = (operator: BinaryOperator, wanted: boolean): boolean =>
  (wanted ? operator : opposites[operator]) !== '!='

/** Comparisons with NaN are false in JavaScript, so that each of the two answers needs only its own comparison. */
function compared(operator: BinaryOperator, a: string, b: string, wanted: boolean): string {
  switch (wanted ? operator : opposites[operator]) {
    case '==':
      return `(${a} === ${b})`
    case '!=':
      return `(${a} < ${b} || ${a} > ${b})`
    case '<':
      return `(${a} < ${b})`
    case '<=':
      return `(${a} <= ${b})`
    case '>':
      return `(${a} > ${b})`
    case '>=':
      return `(${a} >= ${b})`
    default:
      throw new RangeError(`'${operator}' compares nothing`)
  }
}

const opposites: Partial<Record<BinaryOperator, BinaryOperator>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

function among(a: string, values: readonly string[], wanted: boolean): string {
  if (wanted) return `(${values.map((value) => `${a} === ${value}`).join(' || ') || 'false'})`
  return `(${[...values.map((value) => `${a} !== ${value}`), `${a} === ${a}`].join(' && ')})`
}

const threeWay = (test: typeof among, a: string, values: readonly string[]): string =>
  `${test(a, values, true)} ? 1 : ${test(a, values, false)} ? 0 : NaN`

/** Source of a JavaScript boolean: the operand has a value. */
function known(operand: Expression, names: Names): string {
  if (operand.kind === 'field' && operand.type === 'string') return `(${names.has(operand.name)})`
  const source = number(operand, names)
  return isSimple(operand) ? `(${source} === ${source})` : bound([source], (a) => `${a} === ${a}`)
}

/** An operand's source. A text field and the literal that it is compared with are codes of words, other texts are hashes. */
function operand(expression: Expression, other: Expression, names: Names): string {
  if (expression.type !== 'string') return number(expression, names)
  if (expression.kind === 'field' && other.kind === 'literal') return names.field(expression.name)
  if (expression.kind === 'literal' && other.kind === 'field') return names.word(other.name, String(expression.value))
  return number(expression, names)
}

/** Only texts of the event in hand are at hand letter by letter: the check sees to it. */
function searchedField({ operand }: Expression & { kind: 'search' }): string {
  if (operand.kind !== 'field') throw new RangeError('a text is searched in a field of the event')
  return operand.name
}

/** Sources of what is looked for, and of the values among which. */
function membership({ operand: sought, values }: Expression & { kind: 'in' }, names: Names): [string, string[]] {
  const isWord = sought.kind === 'field' && sought.type === 'string'
  const sources = values.map((value) => {
    if (typeof value !== 'string') return literal(Number(value))
    return isWord ? names.word(sought.name, value) : literal(textHash(value))
  })
  return [isWord ? names.field(sought.name) : number(sought, names), sources]
}

const literal = (value: number): string => (value < 0 || Object.is(value, -0) ? `(${value})` : String(value))

/** Read once more at no cost. */
const isSimple = ({ kind }: Expression): boolean =>
  kind === 'literal' || kind === 'field' || kind === 'factor' || kind === 'now' || kind === 'value'

const whole = (source: string, names: Names): string =>
  names.whole === undefined ? bound([source], checkedWhole) : `${names.whole}(${source})`

const checkedWhole = (n: string): string => `${n} >= -9007199254740991 && ${n} <= 9007199254740991 ? ${n} + 0 : NaN`

/** Source of the function that `Names.whole` names: an int, or NaN for what is too large for one. */
export const wholeSource = (name: string): string => `function ${name}(n) { return ${checkedWhole('n')} }`

/** Gives sources a name each, so that they can be used more than once: an arrow called in place, which engines inline. */
function bound(sources: readonly [string], body: (a: string) => string): string
function bound(sources: readonly [string, string], body: (a: string, b: string) => string): string
function bound(sources: readonly string[], body: (a: string, b: string) => string): string {
  return sources.length === 1
    ? `(($a) => ${body('$a', '')})(${sources[0]})`
    : `(($a, $b) => ${body('$a', '$b')})(${sources.join(', ')})`
}
