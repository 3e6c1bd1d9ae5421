import { readFileSync } from 'node:fs'
import type { SchemaName } from '../topology.ts'

/** An Avro schema as these files use it: primitives, arrays, maps, unions, records. */
export type AvroSchema = SingleSchema | readonly AvroSchema[]
/** Any but a union. */
export type SingleSchema = Primitive | ComplexSchema
export type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string' | 'bytes'
export type ComplexSchema =
  | RecordSchema
  | { readonly type: 'array'; readonly items: AvroSchema }
  /** `keys` is ours: the only keys allowed. */
  | { readonly type: 'map'; readonly values: AvroSchema; readonly keys?: readonly string[] }
  | { readonly type: Primitive; readonly logicalType?: string }

export interface RecordSchema {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
  readonly fields: readonly FieldSchema[]
}

/**
 * A field and, in attributes of our own (Avro carries them along and ignores them), the range of its values. For arrays
 * and maps the range is that of their items.
 */
export interface FieldSchema {
  readonly name: string
  readonly type: AvroSchema
  readonly doc?: string
  readonly default?: unknown
  /** The only strings allowed. */
  readonly values?: readonly string[]
  /** Inclusive. */
  readonly min?: number
  readonly max?: number
  /** In characters (Unicode code points). */
  readonly minLength?: number
  readonly maxLength?: number
  /** Regular expression (flag `u`), anchored by itself. */
  readonly pattern?: string
  /** `date`: a civil date YYYY-MM-DD that exists; `time-zone`: an IANA name that this runtime knows. */
  readonly format?: 'date' | 'time-zone'
}

const folder = new URL('../../schemas/', import.meta.url)

/** The schema of this release: `schemas/<name>.avsc`. */
export function readSchema(name: SchemaName): RecordSchema {
  return JSON.parse(readFileSync(new URL(`${name}.avsc`, folder), 'utf8'))
}

/** The type of a nullable union's other branch, and whether there was one to strip null from. */
export function withoutNull(type: AvroSchema): { readonly type: AvroSchema; readonly nullable: boolean } {
  if (!Array.isArray(type)) return { type, nullable: false }
  const branches = type.filter((branch) => branch !== 'null')
  const [only] = branches
  return {
    type: branches.length === 1 && only !== undefined ? only : branches,
    nullable: branches.length < type.length,
  }
}
