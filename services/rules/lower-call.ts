import type { ASTNode } from '@marcbachmann/cel-js'
import { didYouMean, didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { Fault } from './condition.ts'
import type { Expression } from './expression.ts'
import { isIdentifier, lowerField } from './lower-name.ts'
import type { Scope } from './scope.ts'
import { virtualFields } from './virtual-fields.ts'

type Report = (fault: Fault) => void
type Lower = (node: ASTNode, scope: Scope, report: Report) => Expression | undefined

/** How many operands each function takes. */
export const functions = { has: 1, known: 1, double: 1, int: 1, abs: 1, min: 2, max: 2, segment: 1 } as const
type FunctionName = keyof typeof functions

const isFunction = (name: string): name is FunctionName => Object.hasOwn(functions, name)

/** A call of one of the few functions; `lower` is for the operands. */
export function lowerCall(
  node: ASTNode & { op: 'call' },
  scope: Scope,
  report: Report,
  lower: Lower,
): Expression | undefined {
  const [name, operands] = node.args
  const unsupported = (message: string) => {
    report({ code: 'KM_RULE_UNSUPPORTED', message, offset: node.start })
    return undefined
  }
  if (!isFunction(name)) {
    return unsupported(`'${name}()' is not supported${didYouMeanOneOf(name, Object.keys(functions))}`)
  }
  const [first] = operands
  if (name === 'has' && !(first?.op === '.' && isIdentifier(first.args[0], 'event')))
    return unsupported('has() asks for a field of the event: has(event.x)')
  if (!first || operands.length !== functions[name]) {
    const count = functions[name] === 1 ? 'one value' : 'two values'
    return unsupported(`${name}() takes ${count}, not ${operands.length}`)
  }
  if (name === 'has') return lowerHas(first as ASTNode & { op: '.' }, scope, report)
  if (name === 'segment') return lowerSegment(first, scope, report)
  const lowered = operands.map((operand) => lower(operand, scope, report))
  if (!lowered.every((operand) => operand !== undefined)) return undefined
  const [left, right = left] = lowered
  if (!left || !right) return undefined
  if (name === 'known') return { kind: 'known', type: 'bool', operand: left }
  const wrong = lowered.findIndex(({ type }) => type !== 'int' && type !== 'double')
  if (wrong >= 0) {
    const message = `${name}() takes int or double, not ${lowered[wrong]?.type}`
    report({ code: 'KM_RULE_TYPE', message, offset: operands[wrong]?.start ?? node.start })
    return undefined
  }
  if (name === 'double' || name === 'int') return { kind: 'convert', type: name, operand: left }
  if (left.type !== right.type) {
    const message = `${name}() mixes ${left.type} with ${right.type}; write double(…) or a literal with .0`
    report({ code: 'KM_RULE_TYPE', message, offset: operands[1]?.start ?? node.start })
    return undefined
  }
  const type = left.type === 'int' ? 'int' : 'double'
  return { kind: 'call', type, name, operands: name === 'abs' ? [left] : [left, right] }
}

/** The hidden factor behind `segment("id")` has the call for its id, which no catalogue can write: it is shown as written. */
export const segmentFactorId = (segment: string): string => `segment(${JSON.stringify(segment)})`

/** `segment("id")`: whether the subscriber is in it; a hidden factor tells. */
function lowerSegment(node: ASTNode, { segments }: Scope, report: Report): Expression | undefined {
  const fault = (code: Fault['code'], message: string) => {
    report({ code, message, offset: node.start })
    return undefined
  }
  const id = node.op === 'value' ? node.args : undefined
  if (typeof id !== 'string') return fault('KM_RULE_UNSUPPORTED', 'segment() takes the id of a segment in quotes')
  if (!segments) {
    return fault(
      'KM_RULE_UNSUPPORTED',
      'segment() is asked by rules and by other segments, where they read factors; factors make segments',
    )
  }
  if (segments.has(id)) return { kind: 'factor', type: 'bool', id: segmentFactorId(id) }
  return fault('KM_RULE_UNKNOWN_SEGMENT', `no segment '${id}'${didYouMean(id, [...segments])}`)
}

function lowerHas(node: ASTNode & { op: '.' }, scope: Scope, report: Report): Expression | undefined {
  const name = node.args[1]
  const offset = node.end - name.length
  if (virtualFields.has(name)) {
    const message = `every event has '${name}'; known(…) asks whether there is a value`
    report({ code: 'KM_RULE_UNSUPPORTED', message, offset })
    return undefined
  }
  const field = lowerField(name, offset, scope, report)
  return field?.kind === 'field' ? { kind: 'has', type: 'bool', name: field.name } : undefined
}
