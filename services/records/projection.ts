import { CodedError } from '../domain/errors.ts'
import { resolve, typeOf, writerType } from './avro.ts'
import { generateBody } from './projection-source.ts'
import type { RecordSchema } from './schemas.ts'

/** Where a field goes in the registers. NaN when it is null. */
export type Slot =
  /** int, long, double; boolean as 0 or 1. */
  | { readonly kind: 'number'; readonly at: number }
  /** The number of the string among `words` (from 0), -1 for another. */
  | { readonly kind: 'word'; readonly at: number; readonly words: ReadonlyMap<string, number> }
  /** registers[at], [at + 1]: start and end of the string's UTF-8 bytes in the buffer. */
  | { readonly kind: 'span'; readonly at: number }

/**
 * Reads one record body in [start, end) into the registers. After an exception their content has no meaning.
 * @throws CodedError KM_RECORD_UNDECODABLE, KM_RECORD_OUT_OF_RANGE
 */
export type Projection = (bytes: Buffer, start: number, end: number) => void

/**
 * Generates the reader of record bodies (behind the 5 bytes of the wire format's header) for one writer's schema. It
 * allocates nothing, checks the whole record (bytes, types, every declared range), and fills the wanted fields of the
 * reader's schema; fields that the writer lacks get their defaults. `Codec.decode` accepts and refuses the same bytes.
 *
 * @param wanted slots by field name of the reader's schema; fields of a string, a number or a boolean (or null) only
 * @throws CodedError KM_SCHEMA_INCOMPATIBLE: the reader can't read what the writer writes
 * @throws RangeError: a wanted field doesn't exist or has no such slot
 */
export function compileProjection(
  writerSchema: object,
  readerSchema: RecordSchema,
  wanted: ReadonlyMap<string, Slot>,
  registers: Float64Array,
): Projection {
  const key = JSON.stringify([readerSchema, writerSchema, [...wanted].map(([name, slot]) => [name, keyOf(slot)])])
  let project = made.get(key)
  if (!project) {
    project = generate(writerSchema, readerSchema, wanted)
    if (made.size >= madeMost) made.clear()
    made.set(key, project)
  }
  const read = project
  return (bytes, start, end) => read(bytes, start, end, registers)
}

type SharedProjection = (bytes: Buffer, start: number, end: number, registers: Float64Array) => void

/** The same for all shards of a process, so that an engine makes fast code of it once. */
const made = new Map<string, SharedProjection>()
const madeMost = 1_000

const keyOf = (slot: Slot): unknown => (slot.kind === 'word' ? { ...slot, words: [...slot.words] } : slot)

function generate(
  writerSchema: object,
  readerSchema: RecordSchema,
  wanted: ReadonlyMap<string, Slot>,
): SharedProjection {
  const writer = compatibleWriter(writerSchema, readerSchema)
  const { source, constants, paths } = generateBody(writer, readerSchema, wanted)
  const outOfRange = (path: number) => {
    throw new CodedError(
      'KM_RECORD_OUT_OF_RANGE',
      `${readerSchema.name}: ${paths[path] ?? 'a field'} is outside its declared range`,
    )
  }
  const undecodable = (what: string) => {
    throw new CodedError('KM_RECORD_UNDECODABLE', `${readerSchema.name}: ${what}`)
  }
  // Only numbers, and texts made by JSON.stringify, of the schemas get into the source.
  return new Function('K', 'outOfRange', 'undecodable', source)(constants, outOfRange, undecodable)
}

function compatibleWriter(writerSchema: object, readerSchema: RecordSchema) {
  try {
    const writer = writerType(writerSchema)
    resolve(typeOf(readerSchema), writer)
    return writer
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('KM_SCHEMA_INCOMPATIBLE', `the schema can't be read as ${readerSchema.name}: ${reason}`, {
      cause,
    })
  }
}
