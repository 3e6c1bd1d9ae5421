import { CodedError } from '../domain/errors.ts'
import { allTopics, type SchemaName, type Topic } from '../topology.ts'
import { type AvroType, ownType, resolve, writerType } from './avro.ts'
import type { Codec, Envelope } from './codec.ts'
import { beginsAlike, readEnvelopeAt } from './envelope.ts'
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
  /** By writer's schema id; filled when a schema is learnt. */
  readonly readers: Map<number, Reader>
}

/** Reads what one writer schema wrote. */
interface Reader {
  /** undefined where the schemas are the same. */
  readonly resolver: unknown
  /** The envelope is where this release has it. */
  readonly startsAlike: boolean
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
    own.readers.set(id, { resolver: undefined, startsAlike: true })
  }

  function kindOf(name: SchemaName): Kind {
    let kind = kinds.get(name)
    if (!kind) {
      const schema = readSchema(name)
      kind = { name, schema, type: ownType(schema), validate: createValidate(schema), readers: new Map() }
      kinds.set(name, kind)
    }
    return kind
  }

  function readerOf(kind: Kind, schemaId: number): Reader {
    let reader = kind.readers.get(schemaId)
    if (!reader) {
      const writer = writers.get(schemaId)
      if (!writer) throw unknownSchema(schemaId)
      reader = createReader(kind, writer, schemaId)
      kind.readers.set(schemaId, reader)
    }
    return reader
  }

  /** Grows to the largest record; encoding is synchronous, so that one will do. */
  let scratch = Buffer.allocUnsafeSlow(4096)

  return {
    encode<Name extends SchemaName>(topic: Topic & { readonly schema: Name }, value: RecordTypes[Name]): Buffer {
      const kind = kindOf(topic.schema)
      const id = idsByTopic.get(topic.name)
      if (id === undefined) throw new RangeError(`topic ${topic.name} is not on the map`)
      const problems = kind.validate(value)
      if (problems) throw new CodedError('KM_RECORD_INVALID', `${kind.name}: ${listed(problems)}`)
      let end = kind.type.encode(value, scratch, headerBytes)
      if (end < 0) {
        scratch = Buffer.allocUnsafeSlow(2 * (scratch.length - end))
        end = kind.type.encode(value, scratch, headerBytes)
      }
      writeHeader(scratch, id)
      return Buffer.from(scratch.subarray(0, end))
    },

    decode<Name extends SchemaName>(name: Name, bytes: Buffer, start: number, end: number): RecordTypes[Name] {
      const id = schemaIdOf(bytes, start, end)
      if (id < 0) throw new CodedError('KM_RECORD_UNDECODABLE', 'not in the Confluent wire format (0, schema id, body)')
      const kind = kindOf(name)
      const { resolver } = readerOf(kind, id)
      const value = readBody(kind, resolver, bytes.subarray(start + headerBytes, end))
      const problems = kind.validate(value)
      if (problems) throw new CodedError('KM_RECORD_OUT_OF_RANGE', `${name}: ${listed(problems)}`)
      return value as RecordTypes[Name]
    },

    schemaIdOf,
    isLearnt: (schemaId) => writers.has(schemaId),
    async learn(schemaId) {
      if (!writers.has(schemaId)) writers.set(schemaId, await registry.schema(schemaId))
    },
    writerSchema: (schemaId) => writers.get(schemaId),

    readEnvelope(name: SchemaName, bytes: Buffer, start: number, end: number, envelope: Envelope): boolean {
      const id = schemaIdOf(bytes, start, end)
      if (!writers.get(id)) return false
      return readerOf(kindOf(name), id).startsAlike && readEnvelopeAt(bytes, start + headerBytes, end, envelope)
    },
  }
}

function createReader(kind: Kind, writer: object, schemaId: number): Reader {
  try {
    return { resolver: resolve(kind.type, writerType(writer)), startsAlike: beginsAlike(writer, kind.schema) }
  } catch (cause) {
    const message = `schema ${schemaId} can't be read as ${kind.name}: ${cause instanceof Error ? cause.message : cause}`
    throw new CodedError('KM_SCHEMA_INCOMPATIBLE', message, { cause })
  }
}

function readBody(kind: Kind, resolver: unknown, body: Buffer): unknown {
  let read: { readonly value: unknown; readonly offset: number }
  try {
    read = kind.type.decode(body, 0, resolver)
  } catch (cause) {
    throw new CodedError('KM_RECORD_UNDECODABLE', `${kind.name}: the body isn't of the schema in its header`, { cause })
  }
  if (read.offset !== body.length) {
    const what = read.offset < 0 ? 'the record is cut' : `${body.length - read.offset} bytes too many`
    throw new CodedError('KM_RECORD_UNDECODABLE', `${kind.name}: ${what}`)
  }
  return read.value
}

const unknownSchema = (id: number) =>
  new CodedError('KM_SCHEMA_UNKNOWN', `the registry has no schema ${id}: was the record written for another registry?`)

const listed = (problems: readonly Problem[]): string => problems.map((problem) => problem.message).join('; ')
