import type { Expression } from './expression.ts'

/** The pieces directly below. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'not':
    case 'negate':
    case 'convert':
    case 'known':
    case 'in':
    case 'search':
      return [expression.operand]
    case 'binary':
      return [expression.left, expression.right]
    case 'conditional':
      return [expression.condition, expression.then, expression.otherwise]
    case 'call':
      return expression.operands
    default:
      return []
  }
}
