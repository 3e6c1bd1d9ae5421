import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { typeOf } from '../../services/records/avro.ts'
import { compileReader } from '../../services/records/body-reader.ts'
import { compileWriter } from '../../services/records/body-writer.ts'
import { readSchema } from '../../services/records/schemas.ts'
import { createValidate } from '../../services/records/validate.ts'
import { allTopics } from '../../services/topology.ts'
import { recordOf } from './arbitraries.ts'

const names = [...new Set(allTopics.map(({ schema }) => schema))]
const room = Buffer.alloc(100_000)

describe.each(names)('%s', (name) => {
  const schema = readSchema(name)
  const type = typeOf(schema)
  const validate = createValidate(schema)
  const write = compileWriter(schema)
  const read = compileReader(schema)
  const optional = schema.fields.filter((field) => 'default' in field).map((field) => field.name)
  /** With some of the fields that may be absent left out. */
  const sparse = (options: { strayValues: boolean }) =>
    fc.tuple(recordOf(schema, options), fc.subarray(optional, { minLength: 0 })).map(([record, absent]) => {
      return Object.fromEntries(Object.entries(record).filter(([key]) => !absent.includes(key)))
    })

  test('what is right has the bytes of avsc, and is read as avsc reads it', () => {
    fc.assert(
      fc.property(sparse({ strayValues: false }), fc.nat(7), (value, start) => {
        expect(validate(value)).toBeUndefined()
        const end = write(room, start, value)
        const bytes = type.toBuffer(value)
        expect(room.subarray(start, end)).toEqual(bytes)
        expect(read(room, start)).toEqual(type.fromBuffer(bytes))
      }),
    )
  })

  test('what the validator refuses is refused, and nothing else', () => {
    fc.assert(
      fc.property(sparse({ strayValues: true }), strange(schema.fields.map((field) => field.name)), (value, odd) => {
        const given = { ...value, ...odd }
        expect(write(room, 0, given) < 0).toBe(validate(given) !== undefined)
      }),
    )
  })

  test('a buffer that is too small is said to be so, by how much, and then it is enough', () => {
    fc.assert(
      fc.property(sparse({ strayValues: false }), fc.nat(60), (value, size) => {
        const bytes = type.toBuffer(value)
        const end = write(Buffer.alloc(size), 0, value)
        expect(end).toBe(bytes.length)
        const enough = Buffer.alloc(end)
        expect(write(enough, 0, value)).toBe(end)
        expect(enough).toEqual(bytes)
      }),
    )
  })
})

/** A field that is no value of its type, or isn't a field at all. */
const strange = (fields: readonly string[]) =>
  fc.option(
    fc
      .record({ name: fc.constantFrom(...fields, 'other', 'toString'), value: fc.constantFrom<unknown>(...oddValues) })
      .map(({ name, value }) => ({ [name]: value })),
    { nil: {} },
  )

const oddValues = [
  null,
  undefined,
  '',
  'text',
  '\ud800',
  'x'.repeat(70),
  'é'.repeat(70),
  0,
  -0,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 53,
  -1,
  true,
  [],
  [null],
  [1],
  ['a'],
  {},
  { a: null },
  { a: undefined },
  { a: 1 },
  { a: 'b' },
  { '\ud800': 1 },
  JSON.parse('{"__proto__": 1}'),
  Buffer.from('bytes'),
  new Map(),
  () => 0,
  Symbol.iterator,
  10n,
]
