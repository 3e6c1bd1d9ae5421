import avsc from 'avsc'
import type { AvroType } from '../records/avro.ts'

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

const count = avsc.Type.forSchema('long') as AvroType

/** Grows to the largest document; encoding is synchronous, so that one will do. */
let scratch = Buffer.allocUnsafeSlow(16_384)

/** Encodes documents of a record type as avsc does, but for what was encoded before. */
export class DocumentEncoder<State> {
  readonly #fields: readonly { readonly name: keyof State; readonly type: AvroType; readonly itemType?: AvroType }[]
  #end = 0

  /** @throws TypeError of a type that isn't a record */
  constructor(type: AvroType) {
    if (!avsc.Type.isType(type, 'record')) throw new TypeError('a document is a record')
    this.#fields = (type as avsc.types.RecordType).fields.map((field) => {
      const name = field.name as keyof State
      const own = field.type as AvroType
      if (!avsc.Type.isType(own, 'array')) return { name, type: own }
      return { name, type: own, itemType: (own as unknown as avsc.types.ArrayType).itemsType as AvroType }
    })
  }

  /** `before`: an earlier state of the same subscriber. @throws Error: the state isn't of the type */
  encode(first: number, state: State, before: EncodedDocument<State> | undefined): EncodedDocument<State> {
    scratch[0] = first
    this.#end = 1
    const ends: number[] = []
    const items: (readonly number[] | undefined)[] = []
    let start = 1
    this.#fields.forEach(({ name, type, itemType }, i) => {
      const value = state[name]
      const end = before?.ends[i] ?? start
      if (before && before.state[name] === value) {
        this.#copy(before.bytes, start, end)
        items.push(before.items[i])
      } else if (itemType) {
        const known = before?.items[i] && {
          values: before.state[name] as readonly unknown[],
          ends: before.items[i],
          bytes: before.bytes,
          // Behind the last item is the end of the array.
          start: end - 1 - (before.items[i].at(-1) ?? 0),
        }
        items.push(this.#items(itemType, value as readonly unknown[], known))
      } else {
        this.#write(type, value)
        items.push(undefined)
      }
      ends.push(this.#end)
      start = end
    })
    return { state, bytes: Buffer.from(scratch.subarray(0, this.#end)), ends, items }
  }

  /** An array of Avro: the number of items, the items, and an empty block. */
  #items(type: AvroType, values: readonly unknown[], known: KnownItems | undefined): readonly number[] | undefined {
    if (values.length > 0) this.#write(count, values.length)
    const start = this.#end
    const ends: number[] = []
    let place = 0
    for (const value of values) {
      // They keep their order: what is found is behind the one before it.
      const found = known ? known.values.indexOf(value, place) : -1
      if (known && found >= 0) {
        const from = found === 0 ? 0 : (known.ends[found - 1] as number)
        this.#copy(known.bytes, known.start + from, known.start + (known.ends[found] as number))
        place = found + 1
      } else this.#write(type, value)
      ends.push(this.#end - start)
    }
    this.#write(count, 0)
    return ends.length > 0 ? ends : undefined
  }

  #write(type: AvroType, value: unknown): void {
    let end = type.encode(value, scratch, this.#end)
    if (end < 0) {
      this.#grow(scratch.length - end)
      end = type.encode(value, scratch, this.#end)
    }
    this.#end = end
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    if (this.#end + end - start > scratch.length) this.#grow(this.#end + end - start)
    bytes.copy(scratch, this.#end, start, end)
    this.#end += end - start
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
