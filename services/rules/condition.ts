import { type ASTNode, ParseError } from '@marcbachmann/cel-js'
import type { Expression, ValueType } from './expression.ts'
import { findImpossible } from './impossible.ts'
import { lower } from './lower.ts'
import type { ProblemCode } from './problem.ts'
import type { Scope } from './scope.ts'

/** What is wrong with an expression, and where: `offset` counts UTF-16 units from its start. */
export interface Fault {
  readonly code: ProblemCode
  readonly message: string
  readonly offset: number
}

/** What came of a check: an expression, or faults, or neither where it reads a factor that is faulty. */
export interface Checked {
  readonly expression: Expression | undefined
  readonly faults: readonly Fault[]
}

/**
 * Checks a CEL expression: parsed by the library, brought into our subset with names and types resolved, and type-checked
 * by the library once more. Returns undefined after a fault, or, without one, where it reads a factor that is faulty.
 */
export function checkExpression(
  source: string,
  scope: Scope,
  wanted: readonly ValueType[],
  fault: (fault: Fault) => void,
): Expression | undefined {
  return once(`${wanted.join()} ${source}`, scope, fault, (report) => check(source, scope, wanted, report))
}

/** The same for a condition: bool, dependent on something, and each part of it possible. */
export function checkCondition(source: string, scope: Scope, fault: (fault: Fault) => void): Expression | undefined {
  return once(`? ${source}`, scope, fault, (report) => {
    const expression = check(source, scope, ['bool'], report)
    return expression && findImpossible(expression, scope, report) ? undefined : expression
  })
}

/** Two rules that say the same share what came of it, and the work. */
function once(
  key: string,
  scope: Scope,
  fault: (fault: Fault) => void,
  make: (report: (fault: Fault) => void) => Expression | undefined,
): Expression | undefined {
  let checked = scope.checked.get(key)
  if (!checked) {
    const faults: Fault[] = []
    const expression = make((found) => void faults.push(found))
    checked = { expression, faults }
    scope.checked.set(key, checked)
  }
  checked.faults.forEach(fault)
  return checked.expression
}

function check(
  source: string,
  scope: Scope,
  wanted: readonly ValueType[],
  fault: (fault: Fault) => void,
): Expression | undefined {
  const parsed = parse(source, scope, fault)
  if (!parsed) return undefined
  const expression = lower(parsed.ast, scope, fault)
  if (!expression) return undefined
  const checked = parsed.check()
  if (!checked.valid || checked.type !== expression.type) {
    const message = checked.error?.summary ?? `the type is ${checked.type}, not ${expression.type}`
    fault({ code: 'KM_RULE_TYPE', message, offset: checked.error?.range?.start ?? 0 })
    return undefined
  }
  if (!wanted.includes(expression.type)) {
    const message = `gives ${expression.type}; must give ${wanted.join(' or ')}`
    fault({ code: 'KM_RULE_TYPE', message, offset: 0 })
    return undefined
  }
  return expression
}

interface Parsed {
  readonly ast: ASTNode
  check(): { valid: boolean; type?: string; error?: { summary: string; range?: { start: number } } }
}

function parse(source: string, scope: Scope, fault: (fault: Fault) => void): Parsed | undefined {
  try {
    return scope.environment.parse(source)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const summary = lowerFirst(error.summary)
    const offset = error.range?.start ?? 0
    if (error.code === 'limit_exceeded') {
      const message = `too large (${summary}); move parts of it into factors`
      fault({ code: 'KM_RULE_TOO_COMPLEX', message, offset })
    } else fault({ code: 'KM_RULE_SYNTAX', message: summary, offset })
    return undefined
  }
}

/** The names that a source reads as bare ones, in their order; none where it is not CEL. */
export function bareNamesIn(source: string, scope: Scope): ReadonlySet<string> {
  const names = new Set<string>()
  const parsed = parse(source, scope, () => {})
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(walk)
    else if (isNode(part)) {
      if (part.op === 'id') names.add(part.args)
      else walk(part.args)
    }
  }
  walk(parsed?.ast)
  return names
}

const isNode = (part: unknown): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
