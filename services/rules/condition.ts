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
  return once(`${wanted.join()} ${source}`, scope, fault, (report) => check(source, scope, wanted, report)?.expression)
}

/** The same for a condition: bool, dependent on something, and each part of it possible. */
export function checkCondition(source: string, scope: Scope, fault: (fault: Fault) => void): Expression | undefined {
  return once(`? ${source}`, scope, fault, (report) => {
    const checked = check(source, scope, ['bool'], report)
    return checked && findImpossible(checked.expression, checked.scope, report) ? undefined : checked?.expression
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
): { readonly expression: Expression; readonly scope: Scope } | undefined {
  const parsed = parse(source, scope, fault)
  if (!parsed) return undefined
  const widened = withAskedFields(scope, parsed.ast)
  const expression = lower(parsed.ast, widened, fault)
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
  return { expression, scope: widened }
}

/**
 * A field that only some of the event's types have can be read where has(event.x) asks for it: of the others it is missing.
 * Without the question it is a slip more often than not.
 */
function withAskedFields(scope: Scope, ast: ASTNode): Scope {
  if (scope.partial.size === 0) return scope
  const asked = new Map(scope.fields)
  walk(ast, (node) => {
    if (node.op !== 'call' || node.args[0] !== 'has') return
    const [field] = node.args[1]
    const partial = field?.op === '.' ? scope.partial.get(field.args[1]) : undefined
    if (field?.op === '.' && partial) asked.set(field.args[1], partial.field)
  })
  return asked.size === scope.fields.size ? scope : { ...scope, fields: asked }
}

function walk(part: unknown, visit: (node: ASTNode) => void): void {
  if (Array.isArray(part)) for (const each of part) walk(each, visit)
  else if (isNode(part)) {
    visit(part)
    walk(part.args, visit)
  }
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
    } else {
      const isAtEnd = summary.endsWith('EOF')
      const message = isAtEnd ? 'ends where a value or a closing bracket is still to come' : summary
      fault({ code: 'KM_RULE_SYNTAX', message, offset })
    }
    return undefined
  }
}

/** The names that a source reads as bare ones, in their order; none where it is not CEL. */
export function bareNamesIn(source: string, scope: Scope): ReadonlySet<string> {
  const names = new Set<string>()
  walk(parse(source, scope, () => {})?.ast, (node) => {
    if (node.op === 'id') names.add(node.args)
  })
  return names
}

const isNode = (part: unknown): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
