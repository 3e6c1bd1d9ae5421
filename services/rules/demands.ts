import type { Expression } from './expression.ts'
import { rangeOf, valuesOf } from './ranges.ts'
import type { Scope } from './scope.ts'

/** What a condition demands of the terms in it, by the term's own content: no other value of it makes the condition true. */
export type Demands = ReadonlyMap<string, Demand>

interface Demand {
  readonly term: Expression
  /** Of a number; both ends included, an open end of a double is the next one. */
  readonly low: number
  readonly high: number
  /** Of a text or bool; undefined: any. */
  readonly among: ReadonlySet<string | boolean> | undefined
  readonly except: ReadonlySet<string | boolean>
}

const none: Demands = new Map()

/** Of a comparison with a literal, a plain bool, or such behind `!`; of `||` what both sides demand. */
export function demandsOf(expression: Expression, scope: Scope, wanted = true): Demands {
  switch (expression.kind) {
    case 'not':
      return demandsOf(expression.operand, scope, !wanted)
    case 'field':
    case 'factor':
    case 'now':
    case 'has':
      return one({ term: expression, ...whole, among: new Set([wanted]) })
    case 'in':
      if (!wanted || expression.operand.type !== 'string') return none
      return one({ term: expression.operand, ...whole, among: new Set(expression.values as readonly string[]) })
    case 'binary':
      if (expression.operator === (wanted ? '&&' : '||')) {
        const [left, right] = [demandsOf(expression.left, scope, wanted), demandsOf(expression.right, scope, wanted)]
        return conflictBetween(left, right).joint
      }
      if (expression.operator === (wanted ? '||' : '&&')) {
        return either(demandsOf(expression.left, scope, wanted), demandsOf(expression.right, scope, wanted))
      }
      return ofComparison(expression, scope, wanted)
    default:
      return none
  }
}

const whole = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  among: undefined,
  except: new Set<string | boolean>(),
}

const one = (demand: Demand): Demands => new Map([[keyOf(demand.term), demand]])
const keyOf = (term: Expression): string => JSON.stringify(term)

const mirrored = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' } as const
const opposite = { '<': '>=', '<=': '>', '>': '<=', '>=': '<', '==': '!=', '!=': '==' } as const
type Comparison = keyof typeof mirrored

function ofComparison(expression: Expression & { kind: 'binary' }, scope: Scope, wanted: boolean): Demands {
  if (!Object.hasOwn(mirrored, expression.operator)) return none
  const written = expression.operator as Comparison
  const isMirrored = expression.left.kind === 'literal'
  const [term, literal] = isMirrored ? [expression.right, expression.left] : [expression.left, expression.right]
  if (literal.kind !== 'literal' || term.kind === 'literal') return none
  const turned = isMirrored ? mirrored[written] : written
  const operator = wanted ? turned : opposite[turned]
  const { value } = literal
  if (typeof value !== 'number') return ofText(term, operator, value, scope)
  const { low, high } = rangeOf(term, scope)
  const isInt = term.type === 'int'
  switch (operator) {
    case '<':
      return one({ ...whole, term, low, high: Math.min(high, isInt ? value - 1 : below(value)) })
    case '<=':
      return one({ ...whole, term, low, high: Math.min(high, value) })
    case '>':
      return one({ ...whole, term, low: Math.max(low, isInt ? value + 1 : above(value)), high })
    case '>=':
      return one({ ...whole, term, low: Math.max(low, value), high })
    case '==':
      return one({ ...whole, term, low: value, high: value })
    case '!=':
      return none
  }
}

function ofText(term: Expression, operator: Comparison, value: string | boolean, scope: Scope): Demands {
  if (operator === '==') return one({ ...whole, term, among: new Set([value]) })
  if (operator !== '!=') return none
  const all = typeof value === 'boolean' ? [true, false] : valuesOf(term, scope)
  return one({ ...whole, term, among: all && new Set<string | boolean>(all), except: new Set([value]) })
}

/** Smaller by less than anybody writes; enough to tell `x < 3.0` from `x <= 3.0`. */
const below = (value: number): number => value - Math.max(Math.abs(value), Number.MIN_VALUE) * Number.EPSILON
const above = (value: number): number => value + Math.max(Math.abs(value), Number.MIN_VALUE) * Number.EPSILON

/** Whether `then` is surely true where `condition` is (it reads the same terms, which are known then); what cannot be told is false. */
export function implies(condition: Expression, then: Expression, scope: Scope): boolean {
  return conflictBetween(demandsOf(condition, scope), demandsOf(then, scope, false)).conflict !== undefined
}

/** What both sides together demand, and the first term of which no value is left. */
export function conflictBetween(
  left: Demands,
  right: Demands,
): { readonly joint: Demands; readonly conflict: Expression | undefined } {
  const joint = new Map(left)
  let conflict: Expression | undefined
  for (const [key, demand] of right) {
    const other = joint.get(key)
    const both = other ? intersection(other, demand) : demand
    // One side alone that is empty has been told of.
    if (other && isEmpty(both)) {
      if (!isEmpty(other) && !isEmpty(demand)) conflict ??= demand.term
      joint.delete(key)
    } else joint.set(key, both)
  }
  return { joint, conflict }
}

function intersection(a: Demand, b: Demand): Demand {
  const among = a.among && b.among ? new Set([...a.among].filter((value) => b.among?.has(value))) : (a.among ?? b.among)
  return {
    term: a.term,
    low: Math.max(a.low, b.low),
    high: Math.min(a.high, b.high),
    among,
    except: new Set([...a.except, ...b.except]),
  }
}

const isEmpty = ({ low, high, among, except }: Demand): boolean =>
  low > high || (among !== undefined && [...among].every((value) => except.has(value)))

/** What is demanded whichever side holds. */
function either(left: Demands, right: Demands): Demands {
  const joint = new Map<string, Demand>()
  for (const [key, a] of left) {
    const b = right.get(key)
    if (!b) continue
    joint.set(key, {
      term: a.term,
      low: Math.min(a.low, b.low),
      high: Math.max(a.high, b.high),
      among: a.among && b.among ? new Set([...a.among, ...b.among]) : undefined,
      except: new Set([...a.except].filter((value) => b.except.has(value))),
    })
  }
  return joint
}
