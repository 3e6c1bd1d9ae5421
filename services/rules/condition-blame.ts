import { toCel } from './condition-tree.ts'
import { type Environment, evaluate } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { partsOf } from './parts.ts'

/** A part of a condition that makes it come out otherwise than was wanted. */
export interface Blame {
  /** The part as CEL. */
  readonly text: string
  /** null: unknown. */
  readonly value: boolean | null
  /** What it would have to be. */
  readonly wanted: boolean
  /** Of a value that is compared with a literal: what would be right, as `>= 3`. */
  readonly needs: string | undefined
  /** Factors, fields and parts of now that it reads, with their values. */
  readonly reads: readonly Reading[]
}

export interface Reading {
  readonly kind: 'factor' | 'field' | 'now' | 'value'
  /** As a condition names it. */
  readonly text: string
  /** The factor's id, or the field's name. */
  readonly name: string
  readonly value: number | boolean | string | null
}

/** The smallest parts of a condition that keep it from being `wanted`; none where it is. */
export function blameFor(expression: Expression, environment: Environment, wanted = true): readonly Blame[] {
  if (evaluate(expression, environment) === wanted) return []
  switch (expression.kind) {
    case 'not':
      return blameFor(expression.operand, environment, !wanted)
    case 'conditional': {
      const condition = evaluate(expression.condition, environment)
      if (condition === undefined) return [partOf(expression.condition, environment, true)]
      return blameFor(condition ? expression.then : expression.otherwise, environment, wanted)
    }
    case 'binary': {
      const { operator, left, right } = expression
      // Of `a && b` that should be true, and `a || b` that should be false, each that isn't; else either would do.
      if (operator === '&&' || operator === '||') {
        return [...blameFor(left, environment, wanted), ...blameFor(right, environment, wanted)]
      }
    }
  }
  return [partOf(expression, environment, wanted)]
}

function partOf(expression: Expression, environment: Environment, wanted: boolean): Blame {
  const value = evaluate(expression, environment)
  return {
    text: toCel(expression),
    value: typeof value === 'boolean' ? value : null,
    wanted,
    needs: needsOf(expression, wanted),
    reads: readingsOf(expression, environment),
  }
}

const opposites: Readonly<Record<string, string>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
}

function needsOf(expression: Expression, wanted: boolean): string | undefined {
  if (expression.kind === 'in' && isReading(expression.operand)) {
    const list = toCel(expression).slice(toCel(expression.operand).length + 1)
    return wanted ? list : `not ${list}`
  }
  if (expression.kind === 'search') {
    const { name, text } = expression
    return `${wanted ? '' : 'not '}${name}(${JSON.stringify(text)})`
  }
  if (expression.kind !== 'binary' || expression.right.kind !== 'literal' || !isReading(expression.left))
    return undefined
  const operator = wanted ? expression.operator : opposites[expression.operator]
  return operator && `${operator} ${toCel(expression.right)}`
}

const isReading = ({ kind }: Expression): boolean =>
  kind === 'factor' || kind === 'field' || kind === 'now' || kind === 'value'

/** What an expression reads, each once, in its order. */
function readingsOf(expression: Expression, environment: Environment): readonly Reading[] {
  const found = new Map<string, Reading>()
  const walk = (part: Expression): void => {
    const text = toCel(part)
    if (part.kind === 'factor' || part.kind === 'field' || part.kind === 'now' || part.kind === 'value') {
      const name = part.kind === 'factor' ? part.id : part.kind === 'value' ? 'value' : part.name
      found.set(text, { kind: part.kind, text, name, value: evaluate(part, environment) ?? null })
    } else if (part.kind === 'has') {
      found.set(text, { kind: 'field', text, name: part.name, value: evaluate(part, environment) ?? null })
    } else partsOf(part).forEach(walk)
  }
  walk(expression)
  return [...found.values()]
}
