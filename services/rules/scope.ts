import { Environment } from '@marcbachmann/cel-js'
import type { EventType } from '../topology.ts'
import { type EventField, eventFields } from './event-fields.ts'
import type { ValueType } from './expression.ts'

/** What an expression may read. */
export interface Scope {
  readonly on: readonly EventType[]
  /** What a bare name means; `event.<name>` is a field everywhere. */
  readonly bare: 'field' | 'factor'
  /** The fields that all of `on` have with the same type. */
  readonly fields: ReadonlyMap<string, EventField>
  /** Type by id; undefined for a factor which is itself faulty: reading it is no further fault. */
  readonly factors: ReadonlyMap<string, ValueType | undefined>
  /** The library's view of the same, for its type check. */
  readonly environment: Environment
}

/** Nobody writes more by hand; a generated condition beyond it would cost every event. */
const limits = { maxAstNodes: 400, maxDepth: 40, maxListElements: 200, maxMapEntries: 10, maxCallArguments: 4 }

const fieldScopes = new Map<string, Scope>()

/** For `where` and `value`: fields only. Depends on the types alone, so that each combination is made once. */
export function fieldScope(on: readonly EventType[]): Scope {
  const key = on.join()
  const held = fieldScopes.get(key)
  if (held) return held
  const scope = createFieldScope(on)
  fieldScopes.set(key, scope)
  return scope
}

function createFieldScope(on: readonly EventType[]): Scope {
  const fields = commonFields(on)
  const environment = withEvent(new Environment({ limits }), fields)
  for (const [name, field] of fields) if (isValueType(field.type)) environment.registerVariable(name, field.type)
  return { on, bare: 'field', fields, factors: new Map(), environment }
}

/** For `when`: factors by bare name. Scopes of the same events share what is costly. */
export function createFactorScopes(
  factors: ReadonlyMap<string, ValueType | undefined>,
): (on: readonly EventType[]) => Scope {
  const base = new Environment({ limits })
  for (const [id, type] of factors) if (type) base.registerVariable(id, type)
  const scopes = new Map<string, Scope>()
  return (on) => {
    const key = on.join()
    const held = scopes.get(key)
    if (held) return held
    const fields = commonFields(on)
    const scope: Scope = { on, bare: 'factor', fields, factors, environment: withEvent(base.clone(), fields) }
    scopes.set(key, scope)
    return scope
  }
}

export const isValueType = (type: EventField['type']): type is ValueType =>
  type === 'int' || type === 'double' || type === 'bool' || type === 'string'

function withEvent(environment: Environment, fields: ReadonlyMap<string, EventField>): Environment {
  const schema: Record<string, string> = {}
  for (const [name, field] of fields) if (isValueType(field.type)) schema[name] = field.type
  return environment.registerVariable({ name: 'event', schema })
}

/** Allowed texts of a common field are those of any of the types; without a list in one of them there is no limit. */
function commonFields(on: readonly EventType[]): ReadonlyMap<string, EventField> {
  const [first, ...others] = on
  if (!first) return new Map()
  const common = new Map<string, EventField>()
  for (const [name, field] of Object.entries(eventFields[first])) {
    let joint: EventField | undefined = field
    for (const type of others) joint = joint && join(joint, eventFields[type][name])
    if (joint) common.set(name, joint)
  }
  return common
}

function join(a: EventField, b: EventField | undefined): EventField | undefined {
  if (!b || a.type !== b.type) return undefined
  const both = { type: a.type, optional: a.optional || b.optional }
  return a.values && b.values ? { ...both, values: [...new Set([...a.values, ...b.values])] } : both
}
