import avsc from 'avsc'
import type { AvroSchema, FieldSchema, RecordSchema, SingleSchema } from './schemas.ts'

export type UnionType = avsc.types.UnwrappedUnionType | avsc.types.WrappedUnionType

export const isUnion = (type: avsc.Type): type is UnionType => type.typeName.startsWith('union')

/** The field of the reader which takes what the writer calls `name`. */
export function readerField(reader: RecordSchema, name: string): FieldSchema | undefined {
  return reader.fields.find((field) => field.name === name)
}

/** What each Avro type of the writer may become; the first of the reader's branches that is among these takes it. */
const readableAs: Readonly<Record<string, readonly string[]>> = {
  null: ['null'],
  boolean: ['boolean'],
  int: ['int', 'long', 'float', 'double'],
  long: ['long', 'float', 'double'],
  float: ['float', 'double'],
  double: ['double'],
  string: ['string', 'bytes'],
  bytes: ['bytes', 'string'],
  record: ['record'],
  array: ['array'],
  map: ['map'],
}

/** The reader's type for the writer's: itself, or a branch of its union. That there is one was checked by avsc. */
export function branchFor(from: avsc.Type, to: AvroSchema): SingleSchema | undefined {
  if (typeof to === 'object' && 'length' in to) {
    for (const branch of to) {
      const found = branchFor(from, branch)
      if (found !== undefined) return found
    }
    return undefined
  }
  const name = typeof to === 'string' ? to : to.type
  return readableAs[from.typeName]?.includes(name) ? to : undefined
}

export const isString = (type: SingleSchema | undefined): boolean =>
  type === 'string' || (typeof type === 'object' && 'type' in type && type.type === 'string')

export const isTimestamp = (type: SingleSchema | undefined): boolean =>
  typeof type === 'object' && 'logicalType' in type && type.logicalType === 'timestamp-millis'

/** Takes no bytes, so that a count alone could say any number of them. */
export function isEmpty(type: avsc.Type): boolean {
  if (type instanceof avsc.types.RecordType) return type.fields.every((field) => isEmpty(field.type))
  if (type instanceof avsc.types.FixedType) return type.size === 0
  return type.typeName === 'null'
}
