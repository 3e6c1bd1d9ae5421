import { CodedError, isCoded } from '../domain/errors.ts'
import { allTopics, type SchemaName, type Topic } from '../topology.ts'
import { type AvroType, type Resolver, resolve, typeOf, writerType } from './avro.ts'
import { type BodyReader, compileReader } from './body-reader.ts'
import { type BodyWriter, compileWriter } from './body-writer.ts'
import type { Codec, Envelope } from './codec.ts'
import { type EnvelopeReader, envelopeReader } from './envelope.ts'
import { compileProjection, type Projection } from './projection.ts'
import type { SchemaRegistry } from './registry.ts'
import { type RecordSchema, readSchema } from './schemas.ts'
import type { RecordTypes } from './types.ts'
import { createValidate, type Problem, type Validate } from './validate.ts'
import { headerBytes, schemaIdOf, writeHeader } from './wire-format.ts'

/** What the codec knows of one of our own record kinds. */
interface Kind {
  readonly name: SchemaName
  readonly schema: RecordSchema
  readonly type: AvroType
  readonly validate: Validate
  readonly write: BodyWriter
  readonly read: BodyReader
  /** By writer's schema id; filled when a schema is learnt. */
  readonly readers: Map<number, Reader | CodedError>
}

/** Reads what one writer schema wrote. */
interface Reader {
  /**
   * Checks every byte and range first: avsc itself takes bodies that end too early or hold an array of 2^40 nothings for
   * what they say.
   */
  readonly check: Projection
  /** undefined where the schemas are the same. */
  readonly resolver: Resolver | undefined
  readonly envelope: EnvelopeReader
}

/**
 * The codec of this release. Registers the value schema of every topic on the map under `<topic>-value` (Confluent's
 * TopicNameStrategy), so that encoding never needs I/O.
 *
 * @throws CodedError KM_SCHEMA_INCOMPATIBLE (the registry holds a schema that this release doesn't read),
 * KM_REGISTRY_UNAVAILABLE (canRetry)
 */
export async function createCodec(registry: SchemaRegistry): Promise<Codec> {
  const kinds = new Map<SchemaName, Kind>()
  const idsByTopic = new Map<string, number>()
  /** undefined: the registry doesn't know the id. */
  const writers = new Map<number, object | undefined>()

  for (const topic of allTopics) {
    const own = kindOf(topic.schema)
    const id = await registry.register(`${topic.name}-value`, own.schema)
    idsByTopic.set(topic.name, id)
    writers.set(id, own.schema)
    findReader(own, id)
  }

  function kindOf(name: SchemaName): Kind {
    let kind = kinds.get(name)
    if (!kind) {
      const schema = readSchema(name)
      const type = typeOf(schema)
      const write = compileWriter(schema)
      kind = {
        name,
        schema,
        type,
        validate: createValidate(schema),
        write,
        read: compileReader(schema),
        readers: new Map(),
      }
      kinds.set(name, kind)
    }
    return kind
  }

  function findReader(kind: Kind, schemaId: number): Reader | CodedError {
    const known = kind.readers.get(schemaId)
    if (known) return known
    const writer = writers.get(schemaId)
    if (!writer) return unknownSchema(schemaId) // not kept: the id may be learnt later
    const reader = readerOrError(kind, writer)
    kind.readers.set(schemaId, reader)
    return reader
  }

  /** Grows to the largest record; encoding is synchronous, so that one will do. */
  let scratch = Buffer.allocUnsafeSlow(4096)

  return {
    encode<Name extends SchemaName>(topic: Topic & { readonly schema: Name }, value: RecordTypes[Name]): Buffer {
      const kind = kindOf(topic.schema)
      const id = idsByTopic.get(topic.name)
      if (id === undefined) throw new RangeError(`topic ${topic.name} is not on the map`)
      let end = kind.write(scratch, headerBytes, value)
      if (end < 0) throw new CodedError('KM_RECORD_INVALID', `${kind.name}: ${listed(kind.validate(value) ?? [])}`)
      if (end > scratch.length) {
        scratch = Buffer.allocUnsafeSlow(2 * end)
        end = kind.write(scratch, headerBytes, value)
      }
      writeHeader(scratch, id)
      return Buffer.from(scratch.subarray(0, end))
    },

    decode<Name extends SchemaName>(name: Name, bytes: Buffer, start: number, end: number): RecordTypes[Name] {
      const id = schemaIdOf(bytes, start, end)
      if (id < 0) throw new CodedError('KM_RECORD_UNDECODABLE', 'not in the Confluent wire format (0, schema id, body)')
      const kind = kindOf(name)
      const reader = findReader(kind, id)
      if (reader instanceof CodedError) throw reader
      reader.check(bytes, start + headerBytes, end)
      const body = start + headerBytes
      const { resolver } = reader
      return (resolver ? kind.type.decode(bytes, body, resolver).value : kind.read(bytes, body)) as RecordTypes[Name]
    },

    schemaIdOf,
    isLearnt: (schemaId) => writers.has(schemaId),
    async learn(schemaId) {
      if (writers.get(schemaId) === undefined) writers.set(schemaId, await registry.schema(schemaId))
    },
    writerSchema: (schemaId) => writers.get(schemaId),

    readEnvelope(name: SchemaName, bytes: Buffer, start: number, end: number, envelope: Envelope): boolean {
      const id = schemaIdOf(bytes, start, end)
      const reader = findReader(kindOf(name), id)
      return !(reader instanceof CodedError) && reader.envelope(bytes, start + headerBytes, end, envelope)
    },
  }
}

/** An incompatible schema is remembered as its error: a topic full of its records must not cost a compilation each. */
function readerOrError(kind: Kind, writer: object): Reader | CodedError {
  try {
    const check = compileProjection(writer, kind.schema, new Map(), new Float64Array(0))
    const resolver = writer === kind.schema ? undefined : resolve(kind.type, writerType(writer))
    return { check, resolver, envelope: envelopeReader(writer, kind.schema) }
  } catch (error) {
    if (isCoded(error, 'KM_SCHEMA_INCOMPATIBLE')) return error
    throw error
  }
}

const unknownSchema = (id: number) =>
  new CodedError('KM_SCHEMA_UNKNOWN', `the registry has no schema ${id}: was the record written for another registry?`)

const listed = (problems: readonly Problem[]): string => problems.map((problem) => problem.message).join('; ')
