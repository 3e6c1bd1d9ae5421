import avsc from 'avsc'
import { type AvroType, typeOf } from '../records/avro.ts'
import { type BodyWriter, compileWriter, recordsIn } from '../records/body-writer.ts'
import type { RecordSchema } from '../records/schemas.ts'

/**
 * A document's bytes, and where its parts lie in them. States are changed by making new ones that share what stays, so that a part
 * which is the same object has the same bytes: a subscriber with a thousand entries of which one is new costs one.
 */
export interface EncodedDocument<State> {
  /** What the bytes say. */
  readonly state: State
  /** One byte that the caller gives, and the Avro body. */
  readonly bytes: Buffer
  /** Where each field ends. */
  readonly ends: readonly number[]
  /** Of each field that is an array, where its items end, counted from the first; undefined: it has none. */
  readonly items: readonly (readonly number[] | undefined)[]
}

/** Grows to the largest document; encoding is synchronous, so that one will do. */
let scratch = Buffer.allocUnsafeSlow(16_384)

/** How something in documents is written. */
interface Writer {
  readonly write: BodyWriter
  /** Has the last word on what `write` doesn't take: a state may hold more than its schema says. */
  readonly type: AvroType
}

interface FieldWriter extends Writer {
  readonly name: string
  /** Of an array. */
  readonly item?: Writer
}

const count: Writer = { write: compileWriter('long'), type: avsc.Type.forSchema('long') as AvroType }

/** Of the schemas in use; the shards of a service have the same, as generating code takes milliseconds. */
const writers = new WeakMap<RecordSchema, readonly FieldWriter[]>()

function writersOf(schema: RecordSchema): readonly FieldWriter[] {
  const types = new Map(
    (typeOf(schema) as unknown as avsc.types.RecordType).fields.map(({ name, type }) => [name, type]),
  )
  const named = recordsIn(schema)
  return schema.fields.map(({ name, type: own }) => {
    const type = types.get(name) as AvroType
    const field = { name, write: compileWriter(own, named), type }
    if (typeof own === 'string' || !('type' in own) || own.type !== 'array') return field
    const itemType = (type as unknown as avsc.types.ArrayType).itemsType as AvroType
    return { ...field, item: { write: compileWriter(own.items, named), type: itemType } }
  })
}

/** Encodes documents of a record schema as avsc does, but for what was encoded before. */
export class DocumentEncoder<State> {
  readonly #fields: readonly FieldWriter[]
  #end = 0
  /** What is to be copied behind `#end` before anything else is written: neighbours are copied at once. */
  #kept: { bytes: Buffer; start: number; end: number } = { bytes: scratch, start: 0, end: 0 }

  constructor(schema: RecordSchema) {
    this.#fields = writers.get(schema) ?? writersOf(schema)
    writers.set(schema, this.#fields)
  }

  /** `before`: an earlier state of the same subscriber. @throws Error: the state isn't of the schema */
  encode(first: number, state: State, before: EncodedDocument<State> | undefined): EncodedDocument<State> {
    scratch[0] = first
    this.#end = 1
    this.#kept = { bytes: scratch, start: 0, end: 0 }
    const ends: number[] = []
    const items: (readonly number[] | undefined)[] = []
    let start = 1
    const fields = state as Readonly<Record<string, unknown>>
    const known = before?.state as Readonly<Record<string, unknown>> | undefined
    for (let i = 0; i < this.#fields.length; i++) {
      const field = this.#fields[i] as FieldWriter
      const { name, item } = field
      const value = fields[name]
      const end = before?.ends[i] ?? start
      if (before && known?.[name] === value) {
        this.#copy(before.bytes, start, end)
        items.push(before.items[i])
      } else if (item) {
        const itemEnds = before?.items[i]
        const knownItems = itemEnds && {
          values: known?.[name] as readonly unknown[],
          ends: itemEnds,
          bytes: before.bytes,
          // Behind the last item is the end of the array.
          start: end - 1 - (itemEnds.at(-1) ?? 0),
        }
        items.push(this.#items(item, value as readonly unknown[], knownItems))
      } else {
        this.#write(field, value)
        items.push(undefined)
      }
      ends.push(this.#written)
      start = end
    }
    this.#flush()
    return { state, bytes: Buffer.from(scratch.subarray(0, this.#end)), ends, items }
  }

  /** An array of Avro: the number of items, the items, and an empty block. */
  #items(item: Writer, values: readonly unknown[], known: KnownItems | undefined): readonly number[] | undefined {
    if (values.length > 0) this.#write(count, values.length)
    const start = this.#written
    const ends: number[] = []
    let place = 0
    for (const value of values) {
      // They keep their order: what is found is behind the one before it.
      const found = known ? known.values.indexOf(value, place) : -1
      if (known && found >= 0) {
        const from = found === 0 ? 0 : (known.ends[found - 1] as number)
        this.#copy(known.bytes, known.start + from, known.start + (known.ends[found] as number))
        place = found + 1
      } else this.#write(item, value)
      ends.push(this.#written - start)
    }
    this.#write(count, 0)
    return ends.length > 0 ? ends : undefined
  }

  /** How much there is, with what is yet to be copied. */
  get #written(): number {
    return this.#end + this.#kept.end - this.#kept.start
  }

  #write(writer: Writer, value: unknown): void {
    this.#flush()
    let end = writer.write(scratch, this.#end, value)
    if (end < 0) {
      end = writer.type.encode(value, scratch, this.#end)
      if (end < 0) end = scratch.length - end
    }
    if (end > scratch.length) {
      this.#grow(end)
      this.#write(writer, value)
    } else this.#end = end
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    const kept = this.#kept
    if (kept.bytes === bytes && kept.end === start) kept.end = end
    else {
      this.#flush()
      this.#kept = { bytes, start, end }
    }
  }

  #flush(): void {
    const { bytes, start, end } = this.#kept
    if (start === end) return
    const size = end - start
    if (this.#end + size > scratch.length) this.#grow(this.#end + size)
    bytes.copy(scratch, this.#end, start, end)
    this.#end += size
    this.#kept.start = end
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * least)
    scratch.copy(larger, 0, 0, this.#end)
    scratch = larger
  }
}

interface KnownItems {
  readonly values: readonly unknown[]
  readonly ends: readonly number[]
  readonly bytes: Buffer
  /** Of the first. */
  readonly start: number
}
