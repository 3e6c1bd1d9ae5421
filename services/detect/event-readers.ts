import { CodedError } from '../domain/errors.ts'
import { dayNumber } from '../domain/time-zones.ts'
import { type ByteDictionary, byteDictionary } from '../records/byte-dictionary.ts'
import { type ByteSearch, byteSearch } from '../records/byte-search.ts'
import type { Codec } from '../records/codec.ts'
import { compileProjection, type Projection, type Slot } from '../records/projection.ts'
import { readSchema } from '../records/schemas.ts'
import { type FieldRegister, registerOf, type SearchRegister } from '../rules/engine/event-registers.ts'
import { textHashOf } from '../rules/text-hash.ts'
import type { EventType } from '../topology.ts'

/** Bytes of the wire format before the record's body. */
const headerBytes = 5

/** What is made of a text's bytes once the record was read. */
interface Finish extends Omit<FieldRegister, 'searches'> {
  readonly code: ByteDictionary
  readonly searches: readonly (SearchRegister & { readonly found: ByteSearch })[]
}

/** Reads events of one type into registers; one generated reader for each writer's schema. */
export class EventReader {
  private readonly codec: Codec
  private readonly type: EventType
  private readonly registers: Float64Array
  private readonly wanted = new Map<string, Slot>()
  private readonly finishes: Finish[] = []
  /** Registers of fields that events of other types have. */
  private readonly missing: number[] = []
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
    for (const field of fields) {
      const { name, kind, at, words, span, hash, searches } = field
      if (kind === 'none') this.missing.push(at, ...searches.map((search) => search.at), ...(hash < 0 ? [] : [hash]))
      else if (kind === 'number') this.wanted.set(name, { kind, at })
      else if (span < 0) this.wanted.set(name, { kind: 'word', at, words })
      else {
        this.wanted.set(name, { kind: 'span', at: span })
        const searched = searches.map((search) => ({ ...search, found: byteSearch(search.how, search.text) }))
        this.finishes.push({ ...field, searches: searched, code: byteDictionary(words) })
      }
    }
  }

  /** @throws CodedError KM_RECORD_UNDECODABLE, KM_SCHEMA_UNKNOWN, KM_SCHEMA_INCOMPATIBLE, KM_RECORD_OUT_OF_RANGE */
  read(bytes: Buffer, start: number, end: number): void {
    const id = this.codec.schemaIdOf(bytes, start, end)
    if (id !== this.schemaId || this.projection === undefined) this.use(id)
    ;(this.projection as Projection)(bytes, start + headerBytes, end)
    for (let i = 0; i < this.missing.length; i++) this.registers[this.missing[i] as number] = Number.NaN
    for (let i = 0; i < this.finishes.length; i++) this.finish(this.finishes[i] as Finish, bytes)
  }

  private finish({ kind, at, span, hash, code, searches }: Finish, bytes: Buffer): void {
    const { registers } = this
    const start = registers[span] as number
    const end = registers[span + 1] as number
    if (Number.isNaN(start)) {
      registers[at] = Number.NaN
      if (hash >= 0) registers[hash] = Number.NaN
      for (let i = 0; i < searches.length; i++) registers[(searches[i] as SearchRegister).at] = Number.NaN
      return
    }
    registers[at] = kind === 'date' ? dayAt(bytes, start) : code(bytes, start, end - start)
    if (hash >= 0) registers[hash] = textHashOf(bytes, start, end)
    for (let i = 0; i < searches.length; i++) {
      const search = searches[i] as Finish['searches'][number]
      registers[search.at] = search.found(bytes, start, end) ? 1 : 0
    }
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

/** Day number of a date YYYY-MM-DD, which the projection has checked. */
function dayAt(bytes: Buffer, at: number): number {
  const digits = (from: number, count: number): number => {
    let value = 0
    for (let i = from; i < from + count; i++) value = value * 10 + ((bytes[i] as number) - 48)
    return value
  }
  return dayNumber(digits(at, 4), digits(at + 5, 2), digits(at + 8, 2))
}
