/**
 * Writes services/rules/event-fields.ts: the fields of each event as conditions see them. `npm run generate`.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type AvroSchema, type FieldSchema, readSchema, withoutNull } from '../services/records/schemas.ts'
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
  array: 'list',
}

function kindOf(type: AvroSchema): string {
  if (typeof type === 'object' && 'logicalType' in type) return 'time'
  const name = typeof type === 'object' && 'type' in type ? type.type : type
  const kind = kinds[String(name)]
  if (kind === undefined) throw new Error(`conditions have no word for Avro type ${JSON.stringify(type)}`)
  return kind
}

function field({ name, type, values }: FieldSchema): string {
  const { type: present, nullable } = withoutNull(type)
  const listed = values ? `, values: ${JSON.stringify(values)}` : ''
  return `${name}: { type: '${kindOf(present)}', optional: ${nullable}${listed} },`
}

const source = `// Generated from schemas/*.avsc by \`npm run generate\`; not edited by hand.
import type { EventType } from '../topology.ts'
import type { ValueType } from './expression.ts'

export interface EventField {
  /** Conditions read the types of values only. */
  readonly type: ValueType | 'time' | 'map' | 'list'
  readonly optional: boolean
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
