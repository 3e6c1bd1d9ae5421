import type { ASTNode } from '@marcbachmann/cel-js'
import { didYouMean } from '../domain/nearest-name.ts'
import type { Fault } from './condition.ts'
import type { Expression } from './expression.ts'
import { isValueType, type Scope } from './scope.ts'

type Report = (fault: Fault) => void

export const isIdentifier = (node: ASTNode, name: string): boolean => node.op === 'id' && node.args === name

/** A bare name: a field in `where` and `value`, a factor in `when`. */
export function lowerName(name: string, offset: number, scope: Scope, report: Report): Expression | undefined {
  if (name === 'event') {
    const message = "'event' alone is no value; read a field of it: event.<name>"
    report({ code: 'KM_RULE_UNSUPPORTED', message, offset })
    return undefined
  }
  return scope.bare === 'field' ? lowerField(name, offset, scope, report) : lowerFactor(name, offset, scope, report)
}

export function lowerField(name: string, offset: number, scope: Scope, report: Report): Expression | undefined {
  const field = scope.fields.get(name)
  if (!field) {
    const who = scope.on.length === 1 ? `${scope.on[0]} has no field` : `${scope.on.join(', ')} have no common field`
    const message = `${who} '${name}'${didYouMean(name, [...scope.fields.keys()])}`
    report({ code: 'KM_RULE_UNKNOWN_FIELD', message, offset })
    return undefined
  }
  if (!isValueType(field.type)) {
    report({
      code: 'KM_RULE_UNSUPPORTED',
      message: `'${name}' is a ${field.type}, which conditions cannot read`,
      offset,
    })
    return undefined
  }
  return { kind: 'field', type: field.type, name, optional: field.optional }
}

function lowerFactor(id: string, offset: number, scope: Scope, report: Report): Expression | undefined {
  const type = scope.factors.get(id)
  if (type) return { kind: 'factor', type, id }
  if (scope.factors.has(id)) return undefined
  const hint = scope.fields.has(id) ? `; the event's field is event.${id}` : didYouMean(id, [...scope.factors.keys()])
  report({ code: 'KM_RULE_UNKNOWN_FACTOR', message: `no factor '${id}'${hint}`, offset })
  return undefined
}
