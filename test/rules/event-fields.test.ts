import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type EventField, eventFields } from '../../services/rules/event-fields.ts'
import { type EventType, eventTypes } from '../../services/topology.ts'

interface AvroField {
  readonly name: string
  readonly type: unknown
  readonly format?: string
  readonly min?: number
  readonly max?: number
  readonly values?: readonly string[]
}

const kinds: Readonly<Record<string, EventField['type']>> = {
  int: 'int',
  long: 'int',
  double: 'double',
  boolean: 'bool',
  string: 'string',
  map: 'map',
  record: 'map',
  array: 'list',
}

function kindOf(type: unknown): EventField['type'] {
  if (typeof type === 'object' && type !== null && 'logicalType' in type) return 'time'
  const name = typeof type === 'object' && type !== null && 'type' in type ? type.type : type
  const kind = kinds[String(name)]
  if (!kind) throw new Error(`a type that conditions have no word for: ${JSON.stringify(type)}`)
  return kind
}

/** As the schema says, or what 32 bits hold. */
function rangeOf({ min, max }: AvroField, present: unknown): Pick<EventField, 'min' | 'max'> {
  const isInt = present === 'int'
  const [least, most] = [min ?? (isInt ? -(2 ** 31) : undefined), max ?? (isInt ? 2 ** 31 - 1 : undefined)]
  return { ...(least !== undefined && { min: least }), ...(most !== undefined && { max: most }) }
}

function fieldsOf(type: EventType): Record<string, EventField> {
  const file = new URL(`../../schemas/${type}.avsc`, import.meta.url)
  const { fields }: { fields: AvroField[] } = JSON.parse(readFileSync(file, 'utf8'))
  return Object.fromEntries(
    fields.map((field) => {
      const { name, type, values, format } = field
      const optional = Array.isArray(type)
      const present: unknown = optional ? type.find((branch) => branch !== 'null') : type
      const kind = format === 'date' ? 'date' : kindOf(present)
      return [name, { type: kind, optional, ...rangeOf(field, present), ...(values && { values }) }]
    }),
  )
}

test.each(eventTypes)('conditions see the fields of %s as its schema has them', (type) => {
  expect(eventFields[type]).toEqual(fieldsOf(type))
})
