import type { ASTNode } from '@marcbachmann/cel-js'
import { didYouMean } from '../domain/nearest-name.ts'
import type { Fault } from './condition.ts'
import type { Expression, TextSearch } from './expression.ts'
import { valuesOf } from './ranges.ts'
import type { Scope } from './scope.ts'

type Report = (fault: Fault) => void
type Lower = (node: ASTNode, scope: Scope, report: Report) => Expression | undefined

/** What a text can be asked, in words. */
export const textSearches: Readonly<Record<TextSearch, string>> = {
  startsWith: 'begins with',
  endsWith: 'ends with',
  contains: 'contains',
}

const isSearch = (name: string): name is TextSearch => Object.hasOwn(textSearches, name)

/** In bytes: what is longer is longer than what most texts are, and costs every event. */
const textMost = 64

/** `x.startsWith("…")`, `endsWith`, `contains`; `lower` is for what stands before the point. */
export function lowerSearch(
  node: ASTNode & { op: 'rcall' },
  scope: Scope,
  report: Report,
  lower: Lower,
): Expression | undefined {
  const [name, receiver, operands] = node.args
  const fault = (code: Fault['code'], message: string, offset: number) => {
    report({ code, message, offset })
    return undefined
  }
  const nameAt = Math.max(node.input.indexOf(name, receiver.end), node.start)
  if (!isSearch(name)) {
    const known = Object.keys(textSearches)
    const hint = didYouMean(name, known) || `; a text is compared with ==, != and in, and takes ${known.join(', ')}`
    return fault('KM_RULE_UNSUPPORTED', `'${name}()' is not supported${hint}`, nameAt)
  }
  const operand = lower(receiver, scope, report)
  const [sought] = operands
  if (!operand) return undefined
  if (operand.type !== 'string')
    return fault('KM_RULE_TYPE', `${name}() asks a text, not ${operand.type}`, receiver.start)
  if (operand.kind !== 'field') {
    const message =
      operand.kind === 'factor'
        ? `${name}() asks a field of the event; make a factor whose value asks it, as value: plan.${name}("…")`
        : `${name}() asks a field of the event`
    return fault('KM_RULE_UNSUPPORTED', message, receiver.start)
  }
  const literal = operands.length === 1 && sought ? lower(sought, scope, report) : undefined
  if (operands.length === 1 && sought && !literal) return undefined
  if (literal?.kind !== 'literal' || typeof literal.value !== 'string') {
    return fault('KM_RULE_UNSUPPORTED', `${name}() takes one text in quotes`, sought?.start ?? nameAt)
  }
  const { value: text } = literal
  const { length } = new TextEncoder().encode(text)
  if (length === 0 || length > textMost) {
    const message = `${name}() takes a text of 1 to ${textMost} bytes, not ${length}`
    return fault('KM_RULE_UNSUPPORTED', message, sought?.start ?? nameAt)
  }
  const values = valuesOf(operand, scope)
  if (values && !values.some((value) => (name === 'contains' ? value.includes(text) : value[name](text)))) {
    const message = `'${operand.name}' never ${textSearches[name]} '${text}'; it is one of ${values.join(', ')}`
    return fault('KM_RULE_IMPOSSIBLE_VALUE', message, sought?.start ?? nameAt)
  }
  return { kind: 'search', type: 'bool', name, operand, text }
}
