import type { ASTNode } from '@marcbachmann/cel-js'
import { didYouMean, didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { Fault } from './condition.ts'
import type { Expression, NowField } from './expression.ts'
import { readAs, type Scope } from './scope.ts'
import { nowFields } from './virtual-fields.ts'

type Report = (fault: Fault) => void

export const isIdentifier = (node: ASTNode, name: string): boolean => node.op === 'id' && node.args === name

/** A bare name: a field in `where` and `value`, a factor elsewhere. */
export function lowerName(name: string, offset: number, scope: Scope, report: Report): Expression | undefined {
  if (name === 'event' || name === 'now') {
    const what = name === 'event' ? 'a field of it: event.<name>' : 'a part of it: now.<name>'
    report({ code: 'KM_RULE_UNSUPPORTED', message: `'${name}' alone is no value; read ${what}`, offset })
    return undefined
  }
  if (name === 'value' && scope.value) return { kind: 'value', type: scope.value }
  return scope.bare === 'field' ? lowerField(name, offset, scope, report) : lowerFactor(name, offset, scope, report)
}

/** `<owner>.<name>`: a field of the event, or a part of now. */
export function lowerMember(
  owner: ASTNode,
  name: string,
  offset: number,
  scope: Scope,
  report: Report,
): Expression | undefined {
  if (isIdentifier(owner, 'event')) return lowerField(name, offset, scope, report)
  if (isIdentifier(owner, 'now')) return lowerNow(name, offset, scope, report)
  const message = `only fields of the event can be read, as event.${name}, and the time, as now.hour`
  report({ code: 'KM_RULE_UNSUPPORTED', message, offset })
  return undefined
}

export function lowerField(name: string, offset: number, scope: Scope, report: Report): Expression | undefined {
  if (scope.on.length === 0) {
    const message = `there is no event here of which to read '${name}'; read a factor that keeps it`
    report({ code: 'KM_RULE_UNKNOWN_FIELD', message, offset })
    return undefined
  }
  const field = scope.fields.get(name)
  const partial = scope.partial.get(name)
  if (!field && partial) {
    const message = `only ${partial.of.join(', ')} of ${scope.on.join(', ')} has '${name}'; ask has(event.${name}) beside it`
    report({ code: 'KM_RULE_UNKNOWN_FIELD', message, offset })
    return undefined
  }
  if (!field) {
    const who = scope.on.length === 1 ? `${scope.on[0]} has no field` : `${scope.on.join(', ')} have no common field`
    const message = `${who} '${name}'${didYouMean(name, [...scope.fields.keys()])}`
    report({ code: 'KM_RULE_UNKNOWN_FIELD', message, offset })
    return undefined
  }
  const type = readAs(field.type)
  if (type) return { kind: 'field', type, name, optional: field.optional }
  const message = `'${name}' is a ${field.type}, which conditions cannot read`
  report({ code: 'KM_RULE_UNSUPPORTED', message, offset })
  return undefined
}

function lowerNow(name: string, offset: number, scope: Scope, report: Report): Expression | undefined {
  if (scope.bare === 'field') {
    const message = `an event is judged at its own time: local_${name} in place of now.${name}`
    report({ code: 'KM_RULE_UNSUPPORTED', message, offset })
    return undefined
  }
  const known = Object.keys(nowFields)
  if (!known.includes(name)) {
    const message = `now has no part '${name}'${didYouMeanOneOf(name, known)}`
    report({ code: 'KM_RULE_UNKNOWN_FIELD', message, offset })
    return undefined
  }
  return { kind: 'now', type: name === 'workday' ? 'bool' : 'int', name: name as NowField }
}

function lowerFactor(id: string, offset: number, scope: Scope, report: Report): Expression | undefined {
  const known = scope.factors.get(id)
  if (known) return { kind: 'factor', type: known.type, id }
  if (scope.factors.has(id)) return undefined
  const hint = scope.fields.has(id) ? `; the event's field is event.${id}` : didYouMean(id, [...scope.factors.keys()])
  report({ code: 'KM_RULE_UNKNOWN_FACTOR', message: `no factor '${id}'${hint}`, offset })
  return undefined
}
