import avsc from 'avsc'
import { exactLong } from './exact-long.ts'
import type { AvroSchema, RecordSchema } from './schemas.ts'

/** avsc's type of a schema, with the parts used here; what avsc declares is loose. */
export interface AvroType extends avsc.Type {
  decode(bytes: Buffer, start: number, resolver?: Resolver): { value: unknown; offset: number }
}

/**
 * The avsc type of one of our own schemas. Longs are numbers, unions are plain values. A union of long and double
 * (evidence) writes a whole number as long and another as double.
 */
export function typeOf(schema: RecordSchema): AvroType {
  return avsc.Type.forSchema(tellNumbersApart(schema) as avsc.Schema, {
    logicalTypes: { whole: Whole, fraction: Fraction },
    omitRecordMethods: true,
    typeHook: longsExact,
  })
}

/** The avsc type of a schema that somebody else wrote. @throws Error: it is no Avro schema */
export function writerType(schema: object): AvroType {
  return avsc.Type.forSchema(schema as avsc.Schema, { typeHook: longsExact })
}

function longsExact(schema: unknown): avsc.Type | undefined {
  if (schema === 'long') return exactLong
  const plain = typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'long'
  return plain && !('logicalType' in schema && schema.logicalType === 'whole') ? exactLong : undefined
}

export type Resolver = ReturnType<avsc.Type['createResolver']>

/** How the reader reads what the writer wrote; names must agree, namespaces need not. @throws Error: it cannot */
export const resolve = (reader: AvroType, writer: AvroType): Resolver =>
  reader.createResolver(writer, { ignoreNamespaces: true })

class Whole extends avsc.types.LogicalType {
  constructor(schema: avsc.Schema, options: object) {
    super(schema, { ...options, typeHook: () => exactLong })
  }
  protected override _fromValue(value: unknown) {
    return value
  }
  protected override _toValue(value: unknown) {
    return Number.isSafeInteger(value) ? value : undefined
  }
  protected override _resolve(type: avsc.Type) {
    return avsc.Type.isType(type, 'long', 'int') ? this._fromValue : undefined
  }
}

class Fraction extends avsc.types.LogicalType {
  protected override _fromValue(value: unknown) {
    return value
  }
  protected override _toValue(value: unknown) {
    return typeof value === 'number' && !Number.isSafeInteger(value) ? value : undefined
  }
  protected override _resolve(type: avsc.Type) {
    return avsc.Type.isType(type, 'double', 'float', 'long', 'int') ? this._fromValue : undefined
  }
}

function tellNumbersApart(schema: AvroSchema): unknown {
  if (typeof schema === 'string') return schema
  if ('length' in schema) {
    const ambiguous = schema.includes('long') && schema.includes('double')
    return schema.map((branch) => {
      if (ambiguous && branch === 'long') return { type: 'long', logicalType: 'whole' }
      if (ambiguous && branch === 'double') return { type: 'double', logicalType: 'fraction' }
      return tellNumbersApart(branch)
    })
  }
  switch (schema.type) {
    case 'record':
      return { ...schema, fields: schema.fields.map((field) => ({ ...field, type: tellNumbersApart(field.type) })) }
    case 'array':
      return { ...schema, items: tellNumbersApart(schema.items) }
    case 'map':
      return { ...schema, values: tellNumbersApart(schema.values) }
    default:
      return schema
  }
}
