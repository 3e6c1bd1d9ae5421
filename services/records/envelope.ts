import type { Envelope } from './codec.ts'
import { compileProjection, type Slot } from './projection.ts'
import type { RecordSchema } from './schemas.ts'
import { timestampRange } from './validate.ts'

/** Reads the envelope of one writer's record bodies; false, with nothing read, where that is impossible. */
export type EnvelopeReader = (bytes: Buffer, start: number, end: number, envelope: Envelope) => boolean

/** @throws CodedError KM_SCHEMA_INCOMPATIBLE */
export function envelopeReader(writer: object, reader: RecordSchema): EnvelopeReader {
  return beginsAlike(writer, reader) ? readEnvelopeAt : envelopeSearcher(writer, reader)
}

/** For writers who order their fields otherwise: reads, and checks, the whole record. */
function envelopeSearcher(writer: object, reader: RecordSchema): EnvelopeReader {
  const registers = new Float64Array(3)
  const wanted = new Map<string, Slot>([
    ['subscriber_id', { kind: 'span', at: 0 }],
    [reader.fields[2]?.name ?? '', { kind: 'number', at: 2 }],
  ])
  const project = compileProjection(writer, reader, wanted, registers)
  return function searchEnvelope(bytes, start, end, envelope) {
    try {
      project(bytes, start, end)
    } catch {
      return false // why is told by whoever decodes the record
    }
    const [subscriberStart = 0, subscriberEnd = 0, time = 0] = registers
    Object.assign(envelope, { time, subscriberStart, subscriberEnd })
    return true
  }
}

/** Both begin with the same three fields: a string, subscriber_id as string, a long. */
function beginsAlike(writer: object, reader: RecordSchema): boolean {
  const fields = 'fields' in writer && Array.isArray(writer.fields) ? writer.fields : []
  const kinds = ['string', 'string', 'long']
  return kinds.every((kind, i) => {
    const field: unknown = fields[i]
    if (typeof field !== 'object' || field === null || !('name' in field) || !('type' in field)) return false
    return field.name === reader.fields[i]?.name && primitive(field.type) === kind
  })
}

function primitive(type: unknown): unknown {
  return typeof type === 'object' && type !== null && 'type' in type ? type.type : type
}

/**
 * Reads (string, string, long) at `start` without decoding what follows. False, with nothing read, where the bytes are
 * cut or the time isn't within the timestamp range. Runs for every record: allocates nothing.
 */
function readEnvelopeAt(bytes: Buffer, start: number, end: number, envelope: Envelope): boolean {
  const idLength = readLong(bytes, start, end)
  if (!(idLength >= 0)) return false
  const subscriberLength = readLong(bytes, next + idLength, end)
  if (!(subscriberLength >= 0)) return false
  const subscriberStart = next
  const subscriberEnd = subscriberStart + subscriberLength
  const time = readLong(bytes, subscriberEnd, end)
  if (!(time >= timestampRange.min && time <= timestampRange.max)) return false
  envelope.time = time
  envelope.subscriberStart = subscriberStart
  envelope.subscriberEnd = subscriberEnd
  return true
}

/** Behind the long that was read last. */
let next = 0

/** A zigzag varint of at most 10 bytes; NaN where there is none before `end`. Beyond ±2^53 it is rounded. */
function readLong(bytes: Buffer, from: number, end: number): number {
  let value = 0
  let factor = 1
  const limit = Math.min(end, from + 10)
  for (let at = from; at < limit; at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 127) * factor
    if (byte < 128) {
      next = at + 1
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    factor *= 128
  }
  return Number.NaN
}
