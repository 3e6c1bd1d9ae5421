import avsc from 'avsc'
import { CodedError } from '../domain/errors.ts'
import { byteDictionary } from './byte-dictionary.ts'
import { formats } from './formats.ts'
import { patternSource } from './pattern-source.ts'
import type { Slot } from './projection.ts'
import { branchFor, isEmpty, isString, isTimestamp, isUnion, readerField, type UnionType } from './schema-pairs.ts'
import type { AvroSchema, FieldSchema, RecordSchema, SingleSchema } from './schemas.ts'
import { utf8Characters } from './utf8.ts'
import { timestampRange } from './validate.ts'
import { wordSource } from './word-source.ts'

/** The body of a function of (K constants, outOfRange, undecodable) which returns a function of a record and registers R. */
export interface GeneratedBody {
  readonly source: string
  readonly constants: readonly unknown[]
  /** Names of the places that `outOfRange` is told by number. */
  readonly paths: readonly string[]
}

/**
 * Reads on from `p`; every piece of generated code moves `p` behind what it read. Running over the end is noticed at
 * strings, blocks and at the very end: until then only numbers can be read from beyond it. A value out of range is only
 * remembered (`fault`), because bytes that aren't of the schema matter more. `N[0]` is the number that was read last: in an
 * array it costs no object.
 */
const prelude = `'use strict'
const N = new Float64Array(1)
let fault = -1
function cut() { undecodable('the record is cut') }
function long(b, p) {
  let x = b[p++], low = x & 127
  if (x > 127) { x = b[p++]; low |= (x & 127) << 7
    if (x > 127) { x = b[p++]; low |= (x & 127) << 14
      if (x > 127) { x = b[p++]; low |= (x & 127) << 21
        if (x > 127) {
          let high = 0, factor = 1, left = 6
          do { x = b[p++]; high += (x & 127) * factor; factor *= 128; left-- } while (x > 127 && left > 0)
          if (x > 127) undecodable('a number of more than 10 bytes')
          const magnitude = (low >>> 1) + high * 134217728
          N[0] = low & 1 ? -magnitude - 1 : magnitude
          return p
        } } } }
  N[0] = low >>> 1 ^ -(low & 1)
  return p
}
function characters(b, i, q) {
  const count = utf8(b, i, q)
  if (count < 0) undecodable('a string that is not UTF-8')
  return count
}
`

const locals = 'let x = 0, n = 0, q = 0, i = 0, c = 0\n'

/** A field of the reader, for its attributes, and the place of a value in it. */
interface Place {
  readonly field: FieldSchema
  readonly path: string
}

/** @throws CodedError KM_SCHEMA_INCOMPATIBLE, RangeError: a slot that its field can't fill */
export function generateBody(
  writer: avsc.Type,
  reader: RecordSchema,
  wanted: ReadonlyMap<string, Slot>,
): GeneratedBody {
  const constants: unknown[] = [utf8Characters]
  const paths: string[] = []
  const functions: string[] = []
  const open = new Set<avsc.Type>()

  for (const name of wanted.keys()) {
    if (!reader.fields.some((field) => field.name === name)) throw new RangeError(`${reader.name} has no field ${name}`)
  }
  const body = `return function project(b, start, end, R) {
let p = start
${locals}fault = -1
${recordFields(writer, reader, '', wanted)}${defaults(writer, reader, wanted)}if (p !== end) { if (p > end) cut(); undecodable((end - p) + ' bytes too many') }
if (fault >= 0) outOfRange(fault)
}`
  const names = constants.map((_, i) => (i === 0 ? 'utf8 = K[0]' : `K${i} = K[${i}]`)).join(', ')
  return { source: `${prelude}const ${names}\n${functions.join('')}${body}`, constants, paths }

  function constant(value: unknown): string {
    return `K${constants.push(value) - 1}`
  }

  function faultAt(path: string): string {
    let number = paths.indexOf(path)
    if (number < 0) number = paths.push(path) - 1
    return `if (fault < 0) fault = ${number}`
  }

  function unreadable(what: string): CodedError {
    return new CodedError('KM_SCHEMA_INCOMPATIBLE', `${reader.name}: the writer's schema ${what}`)
  }

  function recordFields(
    from: avsc.Type,
    to: RecordSchema | undefined,
    path: string,
    slots: ReadonlyMap<string, Slot> = new Map(),
  ): string {
    if (!(from instanceof avsc.types.RecordType)) throw unreadable('is no record')
    // A schema within itself has no end here; none of ours is, and depth is something that a sender could choose.
    if (open.has(from)) throw unreadable('contains itself')
    open.add(from)
    let source = ''
    for (const { name, type } of from.fields) {
      const field = to && readerField(to, name)
      const place = field && { field, path: path ? `${path}.${field.name}` : field.name }
      source += value(type, field?.type, place, field && slots.get(field.name))
    }
    open.delete(from)
    return source
  }

  /** Reads a value that the writer wrote as `from`; `to` is undefined for one that the reader leaves out. */
  function value(
    from: avsc.Type,
    to: AvroSchema | undefined,
    place: Place | undefined,
    slot: Slot | undefined,
  ): string {
    if (from instanceof avsc.types.LogicalType) return value(from.underlyingType, to, place, slot)
    if (isUnion(from)) return union(from, to, place, slot)
    const target = to === undefined ? undefined : branchFor(from, to)
    const at = target === undefined ? undefined : place
    switch (from.typeName) {
      case 'null':
        return nothing(slot)
      case 'boolean':
        return `x = b[p++]\nif (x > 1) undecodable('neither true nor false')\n${store(slot, 'number', 'x')}`
      case 'int':
      case 'long':
        return integer(from.typeName, target, at, slot)
      case 'float':
      case 'double':
        return fraction(from.typeName, at, slot)
      case 'string':
      case 'bytes':
        return `${length()}${isString(target) && at ? string(at, slot) : noSlot(slot, 'p = q\n')}`
      case 'fixed':
        return `p += ${(from as avsc.types.FixedType).size}\n`
      case 'enum': {
        const symbols = (from as avsc.types.EnumType).symbols.length
        return `p = long(b, p)\nif (N[0] < 0 || N[0] >= ${symbols}) undecodable('no such symbol')\n`
      }
      case 'record':
      case 'error': {
        const nested = target && typeof target === 'object' && 'fields' in target ? target : undefined
        return noSlot(slot, call(recordFields(from, nested, at?.path ?? '')))
      }
      case 'array':
        return noSlot(slot, array(from as avsc.types.ArrayType, target, at))
      case 'map':
        return noSlot(slot, map(from as avsc.types.MapType, target, at))
      default:
        throw unreadable(`has the Avro type ${from.typeName}, which isn't read here`)
    }
  }

  function union(
    from: UnionType,
    to: AvroSchema | undefined,
    place: Place | undefined,
    slot: Slot | undefined,
  ): string {
    const branches = from.types.map((branch, i) => `if (x === ${2 * i}) {\n${value(branch, to, place, slot)}}`)
    return `x = b[p++]
if (x > 127) { p = long(b, p - 1); x = 2 * N[0] }
${branches.join(' else ')} else undecodable('no such branch of a union')
`
  }

  function integer(
    from: 'int' | 'long',
    target: SingleSchema | undefined,
    place: Place | undefined,
    slot: Slot | undefined,
  ): string {
    let source = 'x = b[p++]\nif (x < 128) N[0] = x >>> 1 ^ -(x & 1)\nelse p = long(b, p - 1)\n'
    if (from === 'int')
      source += `if (N[0] < ${-(2 ** 31)} || N[0] > ${2 ** 31 - 1}) undecodable('an int of more than 32 bits')\n`
    if (place) {
      const range = isTimestamp(target) ? timestampRange : undefined
      const min = place.field.min ?? range?.min ?? Number.MIN_SAFE_INTEGER
      const max = place.field.max ?? range?.max ?? Number.MAX_SAFE_INTEGER
      source += `if (N[0] < ${min} || N[0] > ${max}) ${faultAt(place.path)}\n`
    }
    return source + store(slot, 'number', 'N[0]')
  }

  function fraction(from: 'float' | 'double', place: Place | undefined, slot: Slot | undefined): string {
    const [size, read] = from === 'float' ? [4, 'readFloatLE'] : [8, 'readDoubleLE']
    if (!place) return `p += ${size}\n`
    const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = place.field
    return `if (end - p < ${size}) cut()
N[0] = b.${read}(p)
p += ${size}
if (!(N[0] >= ${min} && N[0] <= ${max})) ${faultAt(place.path)}
${store(slot, 'number', 'N[0]')}`
  }

  /** n = length, q = end of the bytes that begin at p. */
  function length(): string {
    return `n = b[p++]
if (n > 127) { p = long(b, p - 1); n = N[0] } else n = n >>> 1 ^ -(n & 1)
if (n < 0 || n > end - p) cut()
q = p + n
`
  }

  function string({ field, path }: Place, slot: Slot | undefined): string {
    const fault = faultAt(path)
    let source = ''
    if (field.values) {
      source += `${wordOf(new Map(field.values.map((word, i) => [word, i])), 'i')}if (i < 0) { characters(b, p, q); ${fault} }\n`
    } else {
      source += `i = p
while (i < q && b[i] < 128) i++
c = i - p
if (i < q) c += characters(b, i, q)
`
      if (field.maxLength !== undefined) source += `if (c > ${field.maxLength}) ${fault}\n`
      if (field.minLength !== undefined) source += `if (c < ${field.minLength}) ${fault}\n`
      if (field.pattern !== undefined) {
        const inline = patternSource(field.pattern, fault)
        source += inline ?? `if (!${constant(new RegExp(field.pattern, 'u'))}.test(b.utf8Slice(p, q))) ${fault}\n`
      }
      if (field.format) source += `if (!${constant(formats[field.format].test)}(b.utf8Slice(p, q))) ${fault}\n`
    }
    if (slot?.kind === 'word') source += wordOf(slot.words, `R[${slot.at}]`)
    else if (slot?.kind === 'span') source += `R[${slot.at}] = p\nR[${slot.at + 1}] = q\n`
    else if (slot) throw new RangeError(`${reader.name}: ${path} is a string, for a slot 'word' or 'span'`)
    return `${source}p = q\n`
  }

  /** Puts the number of the word between p and q into `target`; -1: another. */
  function wordOf(words: ReadonlyMap<string, number>, target: string): string {
    return wordSource(words, target) ?? `${target} = ${constant(byteDictionary(words))}(b, p, n)\n`
  }

  function array(from: avsc.types.ArrayType, target: SingleSchema | undefined, place: Place | undefined): string {
    const items = target && typeof target === 'object' && 'items' in target ? target.items : undefined
    return blocks(
      from.itemsType,
      value(from.itemsType, items, place && { ...place, path: `${place.path}[]` }, undefined),
    )
  }

  function map(from: avsc.types.MapType, target: SingleSchema | undefined, place: Place | undefined): string {
    const shape = target && typeof target === 'object' && 'values' in target ? target : undefined
    const inner = place && { ...place, path: `${place.path}.*` }
    let key = `${length()}p = q\n`
    if (inner) {
      const allowed = shape?.keys && constant(byteDictionary(new Map(shape.keys.map((name, i) => [name, i]))))
      const forbidden = allowed ? '' : constant(byteDictionary(new Map([['__proto__', 0]])))
      key = `${length()}characters(b, p, q)
if (${allowed ? `${allowed}(b, p, n) < 0` : `${forbidden}(b, p, n) === 0`}) ${faultAt(inner.path)}
p = q
`
    }
    return blocks(from.valuesType, key + value(from.valuesType, shape?.values, inner, undefined))
  }

  /** A count, negative where the size in bytes follows, and so many items; a count of 0 ends it. */
  function blocks(item: avsc.Type, itemSource: string): string {
    if (isEmpty(item)) throw unreadable('has an array or map of items without bytes')
    return call(`for (;;) {
p = long(b, p)
let count = N[0], stop = -1
if (count === 0) break
if (count < 0) { count = -count; p = long(b, p); stop = p + N[0] }
if (count > end - p) cut()
for (let j = 0; j < count; j++) {
if (p > end) cut()
${itemSource}}
if (stop !== -1 && p !== stop) undecodable('a block of another size than it says')
}
`)
  }

  function call(source: string): string {
    const name = `part${functions.length}`
    functions.push(`function ${name}(b, p, end) {\n${locals}${source}return p\n}\n`)
    return `p = ${name}(b, p, end)\n`
  }

  function store(slot: Slot | undefined, kind: Slot['kind'], expression: string): string {
    if (!slot) return ''
    if (slot.kind !== kind)
      throw new RangeError(`${reader.name}: a slot '${slot.kind}' for a field that needs '${kind}'`)
    return `R[${slot.at}] = ${expression}\n`
  }

  function noSlot(slot: Slot | undefined, source: string): string {
    if (slot) throw new RangeError(`${reader.name}: a slot for a field of arrays, maps, records or bytes`)
    return source
  }

  function defaults(from: avsc.Type, to: RecordSchema, slots: ReadonlyMap<string, Slot>): string {
    const written = new Set(
      from instanceof avsc.types.RecordType ? from.fields.map((field) => readerField(to, field.name)?.name) : [],
    )
    let source = ''
    for (const field of to.fields) {
      const slot = slots.get(field.name)
      if (slot && !written.has(field.name)) source += defaultSource(field, slot)
    }
    return source
  }

  function defaultSource(field: FieldSchema, slot: Slot): string {
    const given = field.default
    if (given === null || given === undefined) return nothing(slot)
    if (slot.kind === 'number' && (typeof given === 'number' || typeof given === 'boolean')) {
      return `R[${slot.at}] = ${Number(given)}\n`
    }
    if (slot.kind === 'word' && typeof given === 'string') return `R[${slot.at}] = ${slot.words.get(given) ?? -1}\n`
    throw new RangeError(`${reader.name}: no slot '${slot.kind}' for the default of ${field.name}`)
  }
}

function nothing(slot: Slot | undefined): string {
  if (!slot) return ''
  return slot.kind === 'span' ? `R[${slot.at}] = NaN\nR[${slot.at + 1}] = NaN\n` : `R[${slot.at}] = NaN\n`
}
