import calendarSchema from '../schemas/calendar.schema.json' with { type: 'json' }
import campaignSchema from '../schemas/campaign.schema.json' with { type: 'json' }
import factorSchema from '../schemas/factor.schema.json' with { type: 'json' }
import offerSchema from '../schemas/offer.schema.json' with { type: 'json' }
import policySchema from '../schemas/policy.schema.json' with { type: 'json' }
import ruleSchema from '../schemas/rule.schema.json' with { type: 'json' }
import segmentSchema from '../schemas/segment.schema.json' with { type: 'json' }
import tagSchema from '../schemas/tag.schema.json' with { type: 'json' }
import { code, table } from './table.ts'

/** Of JSON Schema what the files of a catalogue use. */
interface Node {
  readonly description?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly $ref?: string
  readonly if?: { readonly type?: string; readonly properties?: object }
  readonly then?: Node
  readonly else?: Node
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: boolean | Node
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly $defs?: Readonly<Record<string, Node>>
}

const schemas: Readonly<Record<string, Node>> = {
  calendar: calendarSchema,
  campaign: campaignSchema,
  factor: factorSchema,
  offer: offerSchema,
  policy: policySchema,
  rule: ruleSchema,
  segment: segmentSchema,
  tag: tagSchema,
}

/** A definition with the schema in which its own references are looked up. */
interface Found {
  readonly node: Node
  readonly schema: string
}

/** Definitions that have words of their own on the page: a reference to one is told by these words. */
const told: Readonly<Record<string, string>> = {
  'factor.text': 'text by language',
  'factor.longText': 'text by language',
  'factor.duration': 'length of time',
  'factor.eventType': 'event type',
  'factor.eventTypes': 'event type, or list of them',
  'factor.window': '[window](#windows)',
  'policy.wallTime': 'time of day',
  'rule.match': '[match](#events-that-match)',
  'rule.matches': '[match](#events-that-match), or `any`: list of them',
  'rule.where': 'condition',
  'rule.date': '[date](#dates)',
  'rule.step': '[step](#steps-of-a-pattern)',
  'rule.eventStep': '[match](#events-that-match), with `times`',
}

/** The keys of a definition and of what stands in it, e.g. `keysTable('rule', 'date')`. A `*` marks those that are needed. */
export const keysTable = (schema: string, definition: string): string =>
  table(['key', 'value', 'meaning'], [...rowsOf(definitionOf(schema, definition), '')])

function definitionOf(schema: string, definition: string): Found {
  const node = schemas[schema]?.$defs?.[definition]
  if (!node) throw new Error(`${schema}.schema.json defines no ${definition}`)
  return { node: mappingOf(node), schema }
}

/** Where a plain value or a mapping is taken, what is said of the mapping. */
const mappingOf = (node: Node): Node => (node.else?.properties ? node.else : node)

function* rowsOf({ node, schema }: Found, prefix: string): Generator<readonly string[]> {
  for (const [key, property] of Object.entries(node.properties ?? {})) {
    const needed = node.required?.includes(key) ? '*' : ''
    yield [`${code(prefix + key)}${needed}`, valueText({ node: property, schema }), wordsOf({ node: property, schema })]
    const inner = property.$ref === undefined ? mappingOf(property) : property
    const items = inner.items?.$ref === undefined ? inner.items : undefined
    yield* rowsOf({ node: items ?? inner, schema }, `${prefix}${key}.`)
  }
}

function referred({ node, schema }: Found): (Found & { readonly name: string }) | undefined {
  if (node.$ref === undefined) return undefined
  const [, file = schema, definition = ''] = /^(?:(\w+)\.schema\.json)?#\/\$defs\/(\w+)$/.exec(node.$ref) ?? []
  const found = schemas[file]?.$defs?.[definition]
  if (!found) throw new Error(`${schema}.schema.json refers to ${node.$ref}, which is not there`)
  return { node: found, schema: file, name: `${file}.${definition}` }
}

const wordsOf = (found: Found): string => found.node.description ?? referred(found)?.node.description ?? ''

function valueText(found: Found): string {
  const { node, schema } = found
  const reference = referred(found)
  if (reference) return told[reference.name] ?? valueText(reference)
  if (node.enum) return node.enum.map((value) => code(String(value))).join(', ')
  if (node.const !== undefined) return code(String(node.const))
  if (node.if?.properties && node.then && node.else) return 'mapping'
  if (node.then && node.else) {
    const [one, other] = [node.then, node.else].map((branch) => valueText({ node: branch, schema }))
    return node.then.items ? `${other}, or list of them` : `${one} or ${other}`
  }
  return plainValue(found)
}

function plainValue({ node, schema }: Found): string {
  switch (node.type) {
    case 'array':
      return `list of ${node.items ? valueText({ node: node.items, schema }) : 'values'}${atMost(node.maxItems)}`
    case 'integer':
    case 'number': {
      const kind = node.type === 'integer' ? 'whole number' : 'number'
      if (node.minimum !== undefined && node.maximum !== undefined) return `${kind}, ${node.minimum} to ${node.maximum}`
      const low = node.minimum ?? node.exclusiveMinimum
      return low === undefined ? kind : `${kind}, ${node.exclusiveMinimum === undefined ? 'from' : 'above'} ${low}`
    }
    case 'boolean':
      return '`true`, `false`'
    case 'string':
      return 'text'
    default:
      return 'mapping'
  }
}

const atMost = (most: number | undefined): string => (most === undefined ? '' : `, ${most} at most`)
