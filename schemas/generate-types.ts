/**
 * Writes services/records/types.ts: one interface a record, so that the code cannot drift from the schemas.
 * `npm run generate`; with `--print` it writes to standard output instead.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type AvroSchema, type FieldSchema, type RecordSchema, withoutNull } from '../services/records/schemas.ts'

const here = new URL('./', import.meta.url)
const target = fileURLToPath(new URL('../services/records/types.ts', here))
const biome = fileURLToPath(new URL('../node_modules/.bin/biome', here))

const scalars: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
}

const docstring = (text: string | undefined, indent = '') => (text ? `${indent}/** ${text} */\n` : '')

function typescript(schemas: ReadonlyMap<string, RecordSchema>): string {
  const interfaces = new Map<string, string>()
  for (const schema of schemas.values()) addInterface(schema)
  const entries = [...schemas].map(([name, schema]) => `  readonly '${name}': ${schema.name}\n`)
  return `// Generated from schemas/*.avsc by \`npm run generate\`; not edited by hand.

/**
 * Schema name to record. A decoded record has every field; a field with a question mark is null when there is nothing,
 * and may be left out of what is encoded. Times are milliseconds since 1970, money is minor units.
 */
export interface RecordTypes {
${entries.join('')}}

${[...interfaces.values()].join('\n')}`

  function addInterface(record: RecordSchema): string {
    if (!interfaces.has(record.name)) {
      interfaces.set(record.name, '') // keeps the place in front of the records that it contains
      const fields = record.fields.map(field).join('')
      interfaces.set(record.name, `${docstring(record.doc)}export interface ${record.name} {\n${fields}}\n`)
    }
    return record.name
  }

  function field(schema: FieldSchema): string {
    const mark = withoutNull(schema.type).nullable && schema.default === null ? '?' : ''
    return `${docstring(schema.doc, '  ')}  readonly ${schema.name}${mark}: ${type(schema.type, schema.values)}\n`
  }

  /** `values`: the only strings allowed at the leaves. */
  function type(schema: AvroSchema, values: readonly string[] | undefined): string {
    if (typeof schema === 'string') {
      if (schema === 'string' && values) return values.map((value) => `'${value}'`).join(' | ')
      const name = scalars[schema]
      if (name === undefined) throw new Error(`no TypeScript type for Avro type '${schema}'`)
      return name
    }
    if ('length' in schema) {
      const { type: rest, nullable } = withoutNull(schema)
      const branches = 'length' in Object(rest) && typeof rest !== 'string' ? schema : [rest]
      const names = branches.filter((branch) => branch !== 'null').map((branch) => type(branch, values))
      return [...new Set(names), ...(nullable ? ['null'] : [])].join(' | ')
    }
    switch (schema.type) {
      case 'record':
        return addInterface(schema)
      case 'array':
        return `ReadonlyArray<${type(schema.items, values)}>`
      case 'map': {
        const item = type(schema.values, values)
        const keys = schema.keys?.map((key) => `'${key}'`).join(' | ')
        return keys ? `Readonly<Partial<Record<${keys}, ${item}>>>` : `Readonly<Record<string, ${item}>>`
      }
      default:
        return type(schema.type, values)
    }
  }
}

const schemas = new Map<string, RecordSchema>()
for (const file of readdirSync(here).sort()) {
  if (file.endsWith('.avsc'))
    schemas.set(file.slice(0, -'.avsc'.length), JSON.parse(readFileSync(new URL(file, here), 'utf8')))
}
const text = execFileSync(biome, ['check', '--write', `--stdin-file-path=${target}`], {
  input: typescript(schemas),
  encoding: 'utf8',
})
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(target, text)
