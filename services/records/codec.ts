import type { SchemaName, Topic } from '../topology.ts'
import type { RecordTypes } from './types.ts'

/**
 * Records to bytes and back: Confluent wire format (byte 0, schema id as uint32 big endian, Avro body). Records written
 * with an older or newer compatible schema are read into the schema of this release.
 */
export interface Codec {
  /** @throws CodedError KM_RECORD_INVALID: the value isn't of the topic's schema, or a field is out of range. */
  encode<Name extends SchemaName>(topic: Topic & { readonly schema: Name }, value: RecordTypes[Name]): Buffer

  /**
   * @throws CodedError KM_RECORD_UNDECODABLE (no wire format, cut, trailing bytes), KM_SCHEMA_UNKNOWN,
   * KM_SCHEMA_INCOMPATIBLE, KM_RECORD_OUT_OF_RANGE (a field outside its declared range).
   */
  decode<Name extends SchemaName>(name: Name, bytes: Buffer, start: number, end: number): RecordTypes[Name]

  /** The schema id in the bytes' header; -1 where there is no wire format. */
  schemaIdOf(bytes: Buffer, start: number, end: number): number
  /** The id was learnt (also: learnt that it is unknown), so that decoding needs no I/O. */
  isLearnt(schemaId: number): boolean
  /** Fetches a schema that isn't learnt, or wasn't known when it was asked for. @throws CodedError KM_REGISTRY_UNAVAILABLE (canRetry) */
  learn(schemaId: number): Promise<void>
  /** Writer schema of a learnt id; undefined where the registry doesn't know it. */
  writerSchema(schemaId: number): object | undefined

  /**
   * Reads the three fields with which every record begins (id, subscriber_id, time) without decoding the rest.
   * Returns false, with nothing read, where that is impossible.
   */
  readEnvelope(name: SchemaName, bytes: Buffer, start: number, end: number, envelope: Envelope): boolean
}

/** Filled in place, so that reading makes no object. */
export interface Envelope {
  /** Milliseconds since 1970 by which the record is merged. */
  time: number
  /** UTF-8 bytes of subscriber_id in the buffer that was read. */
  subscriberStart: number
  subscriberEnd: number
}
