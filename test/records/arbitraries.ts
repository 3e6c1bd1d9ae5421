import fc from 'fast-check'
import { type AvroSchema, type FieldSchema, type RecordSchema, withoutNull } from '../../services/records/schemas.ts'
import { timestampRange } from '../../services/records/validate.ts'

/** Samples of texts for patterns and formats; each new one in the schemas needs an entry here. */
const samples: Readonly<Record<string, readonly string[]>> = {
  '^[A-Z]{2}$': ['DE', 'CN'],
  '^[A-Z]{3}$': ['EUR', 'CNY'],
  '^\\+[1-9][0-9]{6,14}$': ['+491512345', '+123456789012345'],
  '^[0-9]{4}-(0[1-9]|1[0-2])$': ['2026-01', '1999-12'],
  '^[a-z]{2}(-[A-Za-z]+)?$': ['de', 'zh-Hant'],
  '^[0-9*#]{1,32}$': ['1', '*100#'],
  '^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$': ['09:00-12:00', '21:00-24:00'],
  date: ['2024-02-29', '2026-12-31'],
  'time-zone': ['Europe/Berlin', 'Asia/Shanghai', 'UTC'],
}

/** Near misses: texts that look like the samples and break a range. */
const strays = [
  '',
  'de',
  'DEU',
  'D€',
  '+49',
  '2026-13',
  '2026-02-30',
  'Mars/Olympus',
  'x'.repeat(129),
  '€'.repeat(64),
  '😀'.repeat(70),
]

export interface Options {
  /** Also values outside their declared ranges, of the right type. */
  readonly strayValues: boolean
}

/** Records of the schema. Optional fields are null, absent or there. */
export function recordOf(schema: RecordSchema, options: Options): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(schema.fields.map((field) => [field.name, arbitraryOf(field.type, field, options)])),
  )
}

function arbitraryOf(type: AvroSchema, field: FieldSchema, options: Options): fc.Arbitrary<unknown> {
  const { type: rest, nullable } = withoutNull(type)
  const value =
    typeof rest === 'object' && 'length' in rest
      ? fc.oneof(...rest.map((branch) => arbitraryOf(branch, field, options)))
      : typed(rest, field, options)
  return nullable ? fc.option(value, { freq: 3 }) : value
}

function typed(
  type: Exclude<AvroSchema, readonly AvroSchema[]>,
  field: FieldSchema,
  options: Options,
): fc.Arbitrary<unknown> {
  const shape = typeof type === 'string' ? { type } : type
  const { strayValues } = options
  switch (shape.type) {
    case 'record':
      return recordOf(shape, options)
    case 'array':
      return fc.array(arbitraryOf(shape.items, field, options), { maxLength: 4 })
    case 'map': {
      const key = shape.keys
        ? fc.constantFrom(...shape.keys)
        : fc.string({ maxLength: 5 }).filter((k) => k !== '__proto__')
      return fc.dictionary(key, arbitraryOf(shape.values, field, options), { maxKeys: 4, noNullPrototype: true })
    }
    case 'string':
      return text(field, options)
    case 'bytes':
      return fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    case 'boolean':
      return fc.boolean()
    case 'int':
      return strayValues
        ? fc.oneof(fc.integer(), fc.constantFrom((field.min ?? 0) - 1, (field.max ?? 0) + 1))
        : fc.integer({ min: field.min ?? -(2 ** 31), max: field.max ?? 2 ** 31 - 1 })
    case 'long': {
      if (strayValues) return fc.maxSafeInteger()
      const isTime = 'logicalType' in shape && shape.logicalType === 'timestamp-millis'
      const range = isTime ? timestampRange : undefined
      return fc.maxSafeInteger().map((n) => inRange(n, field.min ?? range?.min, field.max ?? range?.max))
    }
    default:
      return fc.double(strayValues ? {} : { noNaN: true, noDefaultInfinity: true }).map((n) => n + 0) // no -0
  }
}

/** Folds a number into [min, max]. */
function inRange(n: number, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number {
  if (n >= min && n <= max) return n
  const folded = Number.isSafeInteger(max - min) ? min + (Math.abs(n) % (max - min + 1)) : Math.abs(n)
  return folded
}

function text(field: FieldSchema, { strayValues }: Options): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 200 } = field
  const known = field.values ?? samples[field.pattern ?? field.format ?? '']
  if (!known && (field.pattern !== undefined || field.format)) throw new Error(`no samples for ${field.name}`)
  const right = known
    ? fc.constantFrom(...known)
    : fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 12) })
  if (!strayValues) return right
  const atLimit = field.maxLength === undefined ? [] : ['ö'.repeat(field.maxLength), '😀'.repeat(field.maxLength + 1)]
  return fc.oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...strays, ...atLimit) })
}
