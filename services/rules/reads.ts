import type { Expression } from './expression.ts'

/** The factors that an expression reads, by id. */
export function factorsReadBy(expression: Expression, found = new Set<string>()): ReadonlySet<string> {
  switch (expression.kind) {
    case 'factor':
      found.add(expression.id)
      break
    case 'not':
    case 'negate':
    case 'convert':
    case 'in':
      factorsReadBy(expression.operand, found)
      break
    case 'binary':
      factorsReadBy(expression.left, found)
      factorsReadBy(expression.right, found)
      break
    case 'conditional':
      factorsReadBy(expression.condition, found)
      factorsReadBy(expression.then, found)
      factorsReadBy(expression.otherwise, found)
      break
  }
  return found
}
