import fc from 'fast-check'
import { type AvroSchema, type FieldSchema, type RecordSchema, withoutNull } from '../../services/records/schemas.ts'

/** Fields that another release, or another company, may write and this one doesn't know. */
const foreignFields: readonly FieldSchema[] = [
  { name: 'x_text', type: 'string' },
  { name: 'x_long', type: 'long' },
  { name: 'x_double', type: ['null', 'double'] },
  { name: 'x_flags', type: { type: 'array', items: 'boolean' } },
  { name: 'x_map', type: { type: 'map', values: ['null', 'long', 'string'] } },
  {
    name: 'x_place',
    type: {
      type: 'record',
      name: 'Place',
      fields: [
        { name: 'cell', type: 'string' },
        { name: 'lac', type: 'int' },
      ],
    },
  },
  { name: 'x_raw', type: 'bytes' },
]

/** Writer schemas whose records `reader` can read: reordered, with more and fewer fields, narrower numbers, no nulls. */
export function evolvedFrom(reader: RecordSchema): fc.Arbitrary<RecordSchema> {
  const kept = reader.fields.filter((field) => !('default' in field))
  const droppable = reader.fields.filter((field) => 'default' in field)
  return fc
    .tuple(
      fc.subarray(droppable),
      fc.subarray([...foreignFields]),
      fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
      fc.array(fc.nat({ max: 3 }), { minLength: 40, maxLength: 40 }),
    )
    .map(([optional, foreign, order, choices]) => ({
      ...reader,
      namespace: 'elsewhere',
      fields: shuffled([...kept, ...optional, ...foreign], order).map((field, i) => ({
        ...field,
        ...(field.name.startsWith('x_') ? {} : { type: narrower(field.type, choices[i] ?? 0) }),
      })),
    }))
    .map((schema) => JSON.parse(JSON.stringify(schema, (key, value) => (key === 'default' ? undefined : value))))
}

function shuffled<T>(items: readonly T[], order: readonly number[]): T[] {
  return items
    .map((item, i) => ({ item, key: order[i % order.length] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

/** A type whose values the given one can hold. */
function narrower(type: AvroSchema, choice: number): AvroSchema {
  if (typeof type === 'object' && 'length' in type) {
    const { type: rest } = withoutNull(type)
    const single = typeof rest === 'string' || !('length' in rest)
    if (choice === 1 && single) return narrower(rest, choice)
    return choice === 2 ? [...type].reverse() : type
  }
  const name = typeof type === 'string' ? type : type.type
  if (choice !== 3 && choice !== 1) return type
  if (name === 'double') return choice === 3 ? 'int' : 'float'
  return name === 'long' && !(typeof type === 'object' && 'logicalType' in type) ? 'int' : type
}
