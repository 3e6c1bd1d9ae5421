import { createHash } from 'node:crypto'
import type avsc from 'avsc'
import { CodedError } from '../domain/errors.ts'
import { type AvroType, type Resolver, resolve, typeOf } from '../records/avro.ts'
import type { RecordSchema } from '../records/schemas.ts'

/**
 * Schemas of the states of a shard that are in the store, by the number with which their values begin; the last is the present
 * one. The note that is stored with the shard holds them all.
 */
export class StateSchemas {
  readonly #type: AvroType
  readonly #present: string
  #known: readonly string[]
  #note: string

  constructor(schema: RecordSchema) {
    this.#type = stateTypeOf(schema)
    this.#present = JSON.stringify(schema)
    this.#known = [this.#present]
    this.#note = JSON.stringify(this.#known)
  }

  get note(): string {
    return this.#note
  }

  /** Of the present schema. */
  get number(): number {
    return this.#known.length - 1
  }

  /**
   * All are tried, so that a version which can't read what another has written touches none of it.
   * @throws CodedError KM_STATE_UNREADABLE
   */
  restore(note: string): void {
    const known = note === '' ? [] : parsed(note)
    for (const [number, schema] of known.entries()) this.#resolverOf(number, schema)
    this.#known = known.at(-1) === this.#present ? known : [...known, this.#present]
    this.#note = JSON.stringify(this.#known)
    if (this.#known.length > 255) {
      throw new CodedError('KM_STATE_UNREADABLE', 'more than 255 versions of the state schema')
    }
  }

  /** `key`: whose state it is. @throws CodedError KM_STATE_UNREADABLE */
  decode(key: string, value: Buffer): unknown {
    const number = value[0] ?? Number.NaN
    const schema = this.#known[number]
    if (schema === undefined) {
      const known = `the shard knows 0 to ${this.number}`
      throw new CodedError('KM_STATE_UNREADABLE', `the state of ${key} names schema ${number}; ${known}: ${advice}`)
    }
    try {
      return this.#type.fromBuffer(value.subarray(1), this.#resolverOf(number, schema))
    } catch (cause) {
      if (cause instanceof CodedError) throw cause
      const what = `the state of ${key} is not of its schema (${number}, ${nameOf(schema)})`
      throw new CodedError('KM_STATE_UNREADABLE', `${what}: ${messageOf(cause)}; ${advice}`, { cause })
    }
  }

  /** undefined: it is the present schema. */
  #resolverOf(number: number, schema: string): Resolver | undefined {
    if (schema === this.#present) return undefined
    const own = resolvers.get(this.#type) ?? new Map<string, Resolver>()
    resolvers.set(this.#type, own)
    let resolver = own.get(schema)
    if (!resolver) {
      resolver = this.#resolve(number, schema)
      own.set(schema, resolver)
    }
    return resolver
  }

  #resolve(number: number, schema: string): Resolver {
    let writer: AvroType | undefined
    try {
      writer = typeOf(JSON.parse(schema))
      return resolve(this.#type, writer)
    } catch (cause) {
      const why = (writer && differences(this.#type, writer)) || messageOf(cause)
      const what = `its states are of a schema that this version cannot read (${number}, ${nameOf(schema)})`
      throw new CodedError('KM_STATE_UNREADABLE', `${what}: ${why}; ${advice}`, { cause })
    }
  }
}

const advice = 'run the version that wrote it, or a later one; nothing was changed'

function parsed(note: string): readonly string[] {
  try {
    const known: unknown = JSON.parse(note)
    if (Array.isArray(known) && known.every((schema) => typeof schema === 'string')) return known
  } catch {}
  throw new CodedError('KM_STATE_UNREADABLE', `the note of its states' schemas is damaged: ${advice}`)
}

/** Which fields are written as something that the reader doesn't take; empty: it is none of them alone. */
function differences(reader: AvroType, writer: AvroType): string {
  const written = new Map(fieldsOf(writer).map(({ name, type }) => [name, type]))
  const differing = fieldsOf(reader).flatMap(({ name, type }) => {
    const other = written.get(name)
    if (!other) return []
    try {
      resolve(type as AvroType, other as AvroType)
      return []
    } catch (error) {
      return [`field ${name}: ${messageOf(error)}`]
    }
  })
  return differing.join(', ')
}

const fieldsOf = (type: AvroType): readonly avsc.types.Field[] =>
  (type as unknown as Partial<avsc.types.RecordType>).fields ?? []

/** The name in the schema, and by what two of the same name can be told apart. */
function nameOf(schema: string): string {
  const fingerprint = createHash('sha256').update(schema).digest('hex').slice(0, 8)
  const [, name = 'unnamed'] = schema.match(/"name":"([^"]*)"/) ?? []
  return `${name}, fingerprint ${fingerprint}`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Shards of a service have the same types and resolvers: made once, as each takes milliseconds. */
const types = new WeakMap<object, AvroType>()
const resolvers = new WeakMap<AvroType, Map<string, Resolver>>()

function stateTypeOf(schema: RecordSchema): AvroType {
  const type = types.get(schema) ?? typeOf(schema)
  types.set(schema, type)
  return type
}
