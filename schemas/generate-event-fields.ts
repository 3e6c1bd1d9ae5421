/**
 * Writes services/rules/event-fields.ts: the fields of each event as conditions see them. `npm run generate`.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type FieldSchema, readSchema, withoutNull } from '../services/records/schemas.ts'
import { eventTypes } from '../services/topology.ts'

const target = fileURLToPath(new URL('../services/rules/event-fields.ts', import.meta.url))
const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url))

const kinds: Readonly<Record<string, string>> = {
  int: 'int',
  long: 'int',
  double: 'double',
  boolean: 'bool',
  string: 'string',
  map: 'map',
  record: 'map',
  array: 'list',
}

function kindOf({ type, format }: FieldSchema): string {
  const { type: present } = withoutNull(type)
  if (typeof present === 'object' && 'logicalType' in present) return 'time'
  const name = typeof present === 'object' && 'type' in present ? present.type : present
  const kind = kinds[String(name)]
  if (kind === undefined) throw new Error(`conditions have no word for Avro type ${JSON.stringify(type)}`)
  return kind === 'string' && format === 'date' ? 'date' : kind
}

/** What a number can be: as the schema says, or what an Avro int holds. */
function range({ type, min, max }: FieldSchema): string {
  const isInt = withoutNull(type).type === 'int'
  const [least, most] = [min ?? (isInt ? -(2 ** 31) : undefined), max ?? (isInt ? 2 ** 31 - 1 : undefined)]
  return `${least === undefined ? '' : `, min: ${least}`}${most === undefined ? '' : `, max: ${most}`}`
}

function field(schema: FieldSchema): string {
  const { name, type, values } = schema
  const listed = values ? `, values: ${JSON.stringify(values)}` : ''
  return `${name}: { type: '${kindOf(schema)}', optional: ${withoutNull(type).nullable}${range(schema)}${listed} },`
}

const source = `// Generated from schemas/*.avsc by \`npm run generate\`; not edited by hand.
import type { EventType } from '../topology.ts'
import type { ValueType } from './expression.ts'

export interface EventField {
  /** date: read as days since 1970-01-01; time: as milliseconds since 1970. Maps and lists are not read. */
  readonly type: ValueType | 'date' | 'time' | 'map' | 'list'
  readonly optional: boolean
  /** Of a number: the least and the greatest that it can be, where there is a limit. */
  readonly min?: number
  readonly max?: number
  /** The texts that the field may hold, where they are listed. */
  readonly values?: readonly string[]
}

/** The fields of each event as conditions see them. */
export const eventFields: Readonly<Record<EventType, Readonly<Record<string, EventField>>>> = {
${eventTypes.map((type) => `'${type}': {\n${readSchema(type).fields.map(field).join('\n')}\n},`).join('\n')}
}
`
const text = execFileSync(biome, ['check', '--write', `--stdin-file-path=${target}`], {
  input: source,
  encoding: 'utf8',
})
writeFileSync(target, text)
