import { type ASTNode, ParseError } from '@marcbachmann/cel-js'
import { evaluate } from './evaluate.ts'
import type { Expression, ValueType } from './expression.ts'
import { lower } from './lower.ts'
import type { ProblemCode } from './problem.ts'
import type { Scope } from './scope.ts'

/** What is wrong with an expression, and where: `offset` counts UTF-16 units from its start. */
export interface Fault {
  readonly code: ProblemCode
  readonly message: string
  readonly offset: number
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

/** The same for a condition: bool, and dependent on something. */
export function checkCondition(source: string, scope: Scope, fault: (fault: Fault) => void): Expression | undefined {
  const expression = checkExpression(source, scope, ['bool'], fault)
  const constant = expression && evaluate(expression, nothingKnown)
  if (constant === undefined) return expression
  const message = `is always ${constant}, whatever happens; it must depend on a field or a factor`
  fault({ code: 'KM_RULE_CONSTANT', message, offset: 0 })
  return undefined
}

/** With nothing known, only what doesn't depend on anything has a value. */
const nothingKnown = { field: () => undefined, factor: () => undefined, has: () => undefined }

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

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
