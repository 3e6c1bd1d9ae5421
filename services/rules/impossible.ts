import type { Fault } from './condition.ts'
import { conflictBetween, type Demands, demandsOf } from './demands.ts'
import type { Expression } from './expression.ts'
import { placeOf } from './lower.ts'
import { partsOf } from './parts.ts'
import { mayBeUnknown, type Range, rangeOf } from './ranges.ts'
import type { Scope } from './scope.ts'

type Report = (fault: Fault) => void
type Binary = Expression & { kind: 'binary' }

/**
 * Says what in a condition can never be true, and whether the whole depends on nothing. Only what is certain from the
 * ranges of fields and factors counts, so that no condition which could fire is refused. @returns whether there was a fault
 */
export function findImpossible(condition: Expression, scope: Scope, report: Report): boolean {
  let found = false
  const told: Report = (fault) => {
    found = true
    report(fault)
  }
  const whole = truthsOf(condition, scope)
  if (whole === always || whole === never) {
    const message = `is always ${whole === always}, whatever happens; it must depend on a field or a factor`
    // Where a part says why, that is told in its place.
    if (whole === always || !readsAnything(condition)) told({ code: 'KM_RULE_CONSTANT', message, offset: 0 })
  }
  if (found) return true
  findNeverTrue(condition, scope, told)
  findConflicts(condition, scope, told)
  if (!found && (whole & always) === 0) {
    const message = 'is always false, whatever happens; it must depend on a field or a factor'
    told({ code: 'KM_RULE_CONSTANT', message, offset: 0 })
  }
  return found
}

/** Comparisons that the ranges of both sides rule out. */
function findNeverTrue(expression: Expression, scope: Scope, report: Report): void {
  if (isComparison(expression) && readsAnything(expression) && (truthsOf(expression, scope) & always) === 0) {
    const { offset, text } = placeOf(expression)
    report({ code: 'KM_RULE_IMPOSSIBLE', message: `'${text}' is never true${because(expression, scope)}`, offset })
    return
  }
  for (const part of partsOf(expression)) findNeverTrue(part, scope, report)
}

function because(expression: Expression, scope: Scope): string {
  const sides = expression.kind === 'binary' ? [expression.left, expression.right] : partsOf(expression)
  const said = sides
    .filter((side) => side.kind !== 'literal' && (side.type === 'int' || side.type === 'double'))
    .map((side) => `${placeOf(side).text} is ${inWords(rangeOf(side, scope))}`)
  return said.length > 0 ? `: ${said.join(', ')}` : ''
}

function inWords({ low, high }: Range): string {
  if (low === high) return String(low)
  if (high === Number.POSITIVE_INFINITY) return `${low} or more`
  return low === Number.NEGATIVE_INFINITY ? `${high} or less` : `between ${low} and ${high}`
}

/** What `&&` joins, though both sides can't be true at the same time. */
function findConflicts(expression: Expression, scope: Scope, report: Report): Demands {
  if (expression.kind !== 'binary' || expression.operator !== '&&') {
    for (const part of partsOf(expression)) findConflicts(part, scope, report)
    return demandsOf(expression, scope)
  }
  const left = findConflicts(expression.left, scope, report)
  const right = findConflicts(expression.right, scope, report)
  const { joint, conflict } = conflictBetween(left, right)
  if (conflict) {
    const { offset, text } = placeOf(expression.right)
    const message = `'${text}' is never true together with what stands before it: no ${placeOf(conflict).text} meets both`
    report({ code: 'KM_RULE_IMPOSSIBLE', message, offset })
  }
  return joint
}

const always = 1
const never = 2
const unknown = 4

/** What a bool can be: the sum of `always` (true), `never` (false) and `unknown`. */
function truthsOf(expression: Expression, scope: Scope): number {
  const maybe = mayBeUnknown(expression, scope) ? unknown : 0
  switch (expression.kind) {
    case 'literal':
      return expression.value === true ? always : never
    case 'has': {
      const field = scope.fields.get(expression.name)
      return field?.optional === false ? always : always | never
    }
    case 'known':
      return mayBeUnknown(expression.operand, scope) ? always | never : always
    case 'not': {
      const truths = truthsOf(expression.operand, scope)
      return (truths & unknown) | (truths & always ? never : 0) | (truths & never ? always : 0)
    }
    case 'in': {
      const range = rangeOf(expression.operand, scope)
      const isNumber = expression.operand.type !== 'string'
      const hit = expression.values.some(
        (value) => !isNumber || (Number(value) >= range.low && Number(value) <= range.high),
      )
      return (hit ? always : 0) | never | maybe
    }
    case 'conditional':
      return truthsOf(expression.then, scope) | truthsOf(expression.otherwise, scope) | maybe
    case 'binary':
      if (expression.operator === '&&') return joined(expression, scope, never)
      if (expression.operator === '||') return joined(expression, scope, always)
      return compared(expression, scope) | maybe
    default:
      return always | never | maybe
  }
}

/** `&&` with `absorber` never, `||` with always: it decides, whatever the other side is. */
function joined(expression: Binary, scope: Scope, absorber: number): number {
  const [left, right] = [truthsOf(expression.left, scope), truthsOf(expression.right, scope)]
  if (left === absorber || right === absorber) return absorber
  const other = absorber === always ? never : always
  const both = left & right & other
  return ((left | right) & absorber) | both | ((left | right) & unknown)
}

function compared({ operator, left, right }: Binary, scope: Scope): number {
  if (left.type !== 'int' && left.type !== 'double') return always | never
  const [a, b] = [rangeOf(left, scope), rangeOf(right, scope)]
  switch (operator) {
    case '<':
      return truths(a.low < b.high, a.high >= b.low)
    case '<=':
      return truths(a.low <= b.high, a.high > b.low)
    case '>':
      return truths(a.high > b.low, a.low <= b.high)
    case '>=':
      return truths(a.high >= b.low, a.low < b.high)
    default: {
      const meet = truths(a.low <= b.high && b.low <= a.high, a.low !== a.high || b.low !== b.high || a.low !== b.low)
      return operator === '==' ? meet : swapped(meet)
    }
  }
}

const truths = (canBeTrue: boolean, canBeFalse: boolean): number => (canBeTrue ? always : 0) | (canBeFalse ? never : 0)
const swapped = (truth: number): number => truths((truth & never) !== 0, (truth & always) !== 0)

const isComparison = (expression: Expression): boolean =>
  expression.kind === 'in' ||
  (expression.kind === 'binary' &&
    expression.type === 'bool' &&
    expression.operator !== '&&' &&
    expression.operator !== '||')

const readsAnything = (expression: Expression): boolean =>
  ['field', 'factor', 'has', 'now', 'value'].includes(expression.kind) || partsOf(expression).some(readsAnything)
