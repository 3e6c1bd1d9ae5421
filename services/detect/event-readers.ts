import { CodedError } from '../domain/errors.ts'
import { type ByteDictionary, byteDictionary } from '../records/byte-dictionary.ts'
import type { Codec } from '../records/codec.ts'
import { compileProjection, type Projection, type Slot } from '../records/projection.ts'
import { readSchema } from '../records/schemas.ts'
import { type FieldRegister, registerOf } from '../rules/engine/event-registers.ts'
import type { EventType } from '../topology.ts'

/** Bytes of the wire format before the record's body. */
const headerBytes = 5

/** Reads events of one type into registers; one generated reader for each writer's schema. */
export class EventReader {
  private readonly codec: Codec
  private readonly type: EventType
  private readonly registers: Float64Array
  private readonly wanted = new Map<string, Slot>()
  /** Texts that are read as spans for their own sake, and compared in conditions too. */
  private readonly spans: { readonly from: number; readonly at: number; readonly code: ByteDictionary }[] = []
  private readonly projections = new Map<number, Projection>()
  private schemaId = -1
  private projection: Projection | undefined

  constructor(codec: Codec, type: EventType, fields: readonly FieldRegister[], registers: Float64Array) {
    this.codec = codec
    this.type = type
    this.registers = registers
    this.wanted.set('event_id', { kind: 'span', at: registerOf.eventIdStart })
    this.wanted.set('source', { kind: 'span', at: registerOf.sourceStart })
    this.wanted.set('event_time', { kind: 'number', at: registerOf.eventTime })
    for (const { name, at, words } of fields) {
      const taken = this.wanted.get(name)
      if (taken?.kind === 'span') this.spans.push({ from: taken.at, at, code: byteDictionary(words ?? new Map()) })
      else this.wanted.set(name, words ? { kind: 'word', at, words } : { kind: 'number', at })
    }
  }

  /** @throws CodedError KM_RECORD_UNDECODABLE, KM_SCHEMA_UNKNOWN, KM_SCHEMA_INCOMPATIBLE, KM_RECORD_OUT_OF_RANGE */
  read(bytes: Buffer, start: number, end: number): void {
    const id = this.codec.schemaIdOf(bytes, start, end)
    if (id !== this.schemaId || this.projection === undefined) this.use(id)
    ;(this.projection as Projection)(bytes, start + headerBytes, end)
    for (let i = 0; i < this.spans.length; i++) this.readSpan(i, bytes)
  }

  private readSpan(i: number, bytes: Buffer): void {
    const span = this.spans[i]
    if (!span) return
    const from = this.registers[span.from] as number
    this.registers[span.at] = span.code(bytes, from, (this.registers[span.from + 1] as number) - from)
  }

  private use(id: number): void {
    if (id < 0) throw new CodedError('KM_RECORD_UNDECODABLE', `${this.type}: not in the wire format`)
    let projection = this.projections.get(id)
    if (!projection) {
      const writer = this.codec.writerSchema(id)
      if (!writer) throw new CodedError('KM_SCHEMA_UNKNOWN', `${this.type}: the registry has no schema ${id}`)
      projection = compileProjection(writer, readSchema(this.type), this.wanted, this.registers)
      this.projections.set(id, projection)
    }
    this.schemaId = id
    this.projection = projection
  }
}
