import { Environment } from '@marcbachmann/cel-js'
import type { EventType } from '../topology.ts'
import type { Checked } from './condition.ts'
import { type EventField, eventFields } from './event-fields.ts'
import type { Expression, ValueType } from './expression.ts'
import type { Range } from './ranges.ts'
import { nowFields, virtualFields } from './virtual-fields.ts'

/** What is known of a factor before any event. */
export interface KnownFactor {
  readonly type: ValueType
  /** Of a number; without one it can be anything. */
  readonly range?: Range
  /** The texts that it can be, where they are listed. */
  readonly values?: readonly string[]
  /** It is never unknown. */
  readonly always?: boolean
  /** It counts events of these types, where the condition is true: also the one in hand. */
  readonly counts?: { readonly on: readonly EventType[]; readonly where?: Expression }
}

/** What an expression may read. */
export interface Scope {
  /** The types of the event in hand; empty: there is none. */
  readonly on: readonly EventType[]
  /** What a bare name means; `event.<name>` is a field everywhere. */
  readonly bare: 'field' | 'factor'
  /** The fields that all of `on` have with the same type, and `local_…`. */
  readonly fields: ReadonlyMap<string, EventField>
  /** The fields that only some of `on` have, with one type; readable where `has` asks for them. */
  readonly partial: ReadonlyMap<string, PartialField>
  /** By id; undefined for a factor which is itself faulty: reading it is no further fault. */
  readonly factors: ReadonlyMap<string, KnownFactor | undefined>
  /** The segments that `segment("…")` may name; undefined: it has no place here. */
  readonly segments?: ReadonlySet<string>
  /** Type of `value`, in the condition of a streak. */
  readonly value?: 'int' | 'double'
  /** The library's view of the same, for its type check. */
  readonly environment: Environment
  /** What was checked before in this scope: many rules say the same. */
  readonly checked: Map<string, Checked>
}

export interface PartialField {
  readonly field: EventField
  readonly of: readonly EventType[]
}

/** Nobody writes more by hand; a generated condition beyond it would cost every event. */
const limits = { maxAstNodes: 400, maxDepth: 40, maxListElements: 200, maxMapEntries: 10, maxCallArguments: 4 }

const createEnvironment = (): Environment => {
  const environment = new Environment({ limits })
  for (const type of ['int', 'double'] as const) {
    environment.registerFunction(`min(${type}, ${type}): ${type}`, (a, b) => (a < b ? a : b))
    environment.registerFunction(`max(${type}, ${type}): ${type}`, (a, b) => (a > b ? a : b))
    environment.registerFunction(`abs(${type}): ${type}`, (a) => (a < 0 ? -a : a))
  }
  environment.registerFunction('segment(string): bool', () => true)
  for (const type of ['int', 'double', 'bool', 'string'] as const)
    environment.registerFunction(`known(${type}): bool`, () => true)
  return environment
}

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
  const partial = partialFields(on, fields)
  const environment = withEvent(createEnvironment(), fields, partial)
  const readable = [...fields, ...[...partial].map(([name, { field }]) => [name, field] as const)]
  for (const [name, field] of readable) {
    const type = readAs(field.type)
    if (type) environment.registerVariable(name, type)
  }
  return { on, bare: 'field', fields, partial, factors: new Map(), environment, checked: new Map() }
}

/** The scopes in which bare names are factors. */
export interface FactorScopes {
  readonly factors: ReadonlyMap<string, KnownFactor | undefined>
  /** Makes a factor known, undefined one that is faulty. Not after `scope` was called with arguments. */
  add(id: string, known: KnownFactor | undefined): void
  /** From now on, in the conditions of rules, `segment("…")` may name these. */
  knowSegments(segments: ReadonlySet<string>): void
  /** `on`: the types of the event in hand, none by default. `value`: the type of `value`. */
  scope(on?: readonly EventType[], value?: 'int' | 'double'): Scope
}

/** For `when`, `derive` and the like. Scopes of the same events share what is costly. */
export function createFactorScopes(initial: Iterable<readonly [string, KnownFactor | undefined]> = []): FactorScopes {
  const base = createEnvironment().registerVariable({
    name: 'now',
    schema: Object.fromEntries(Object.entries(nowFields).map(([name, { type }]) => [name, type])),
  })
  const factors = new Map<string, KnownFactor | undefined>()
  const none = { fields: new Map(), partial: new Map() }
  let alone: Scope = { on: [], bare: 'factor', ...none, factors, environment: base, checked: new Map() }
  const scopes = new Map<string, Scope>([['|', alone]])
  const add: FactorScopes['add'] = (id, known) => {
    if (known) base.registerVariable(id, known.type)
    factors.set(id, known)
  }
  for (const [id, known] of initial) add(id, known)
  return {
    factors,
    add,
    knowSegments(segments) {
      alone = { ...alone, segments, checked: new Map() }
      scopes.clear()
      scopes.set('|', alone)
    },
    scope(on = [], value) {
      const key = `${on.join()}|${value ?? ''}`
      const held = scopes.get(key)
      if (held) return held
      const fields = on.length > 0 ? commonFields(on) : new Map<string, EventField>()
      const partial = partialFields(on, fields)
      const environment = on.length > 0 ? withEvent(base.clone(), fields, partial) : base.clone()
      if (value) environment.registerVariable('value', value)
      const scope: Scope = { ...alone, on, fields, partial, ...(value && { value }), environment, checked: new Map() }
      scopes.set(key, scope)
      return scope
    },
  }
}

/** The type in which conditions read a field; undefined for what they can't read. */
export function readAs(type: EventField['type']): ValueType | undefined {
  if (type === 'map' || type === 'list') return undefined
  return type === 'date' || type === 'time' ? 'int' : type
}

function withEvent(
  environment: Environment,
  fields: ReadonlyMap<string, EventField>,
  partial: ReadonlyMap<string, PartialField>,
): Environment {
  const schema: Record<string, string> = {}
  for (const [name, { field }] of partial) {
    const type = readAs(field.type)
    if (type) schema[name] = type
  }
  for (const [name, field] of fields) {
    const type = readAs(field.type)
    if (type) schema[name] = type
  }
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
  for (const [name, field] of virtualFields) common.set(name, field)
  return common
}

/** Those that some types have and others don't; none whose types differ. */
function partialFields(
  on: readonly EventType[],
  common: ReadonlyMap<string, EventField>,
): ReadonlyMap<string, PartialField> {
  const partial = new Map<string, PartialField>()
  for (const name of new Set(on.flatMap((type) => Object.keys(eventFields[type])))) {
    if (common.has(name)) continue
    const of = on.filter((type) => eventFields[type][name])
    const fields = of.flatMap((type) => eventFields[type][name] ?? [])
    const joint = fields.reduce<EventField | undefined>((a, b) => a && join(a, b), fields[0])
    if (joint) partial.set(name, { field: { ...joint, optional: true }, of })
  }
  return partial
}

function join(a: EventField, b: EventField | undefined): EventField | undefined {
  if (!b || a.type !== b.type) return undefined
  return {
    type: a.type,
    optional: a.optional || b.optional,
    ...(a.min !== undefined && b.min !== undefined && { min: Math.min(a.min, b.min) }),
    ...(a.max !== undefined && b.max !== undefined && { max: Math.max(a.max, b.max) }),
    ...(a.values && b.values && { values: [...new Set([...a.values, ...b.values])] }),
  }
}
