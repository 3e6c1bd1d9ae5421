import { formats } from './formats.ts'
import { isObject } from './is-object.ts'
import { type AvroSchema, type FieldSchema, type RecordSchema, type SingleSchema, withoutNull } from './schemas.ts'
import { timestampRange } from './validate.ts'

/**
 * Writes a value's Avro body from `start` on and returns where it ends, or -1: the value isn't of the schema, or not within
 * its declared ranges (`Validate` tells why). An end beyond the buffer's says that it is too small by as much; what it then
 * holds has no meaning.
 */
export type BodyWriter = (bytes: Buffer, start: number, value: unknown) => number

/**
 * Generates the writer of bodies of a schema. It takes what `Validate` takes, and writes the bytes that avsc writes, in one pass
 * over the value.
 *
 * @param named records to which the schema refers by their names
 * @throws RangeError: a union whose branches aren't told apart here
 */
export function compileWriter(schema: AvroSchema, named: ReadonlyMap<string, RecordSchema> = new Map()): BodyWriter {
  const { source, constants } = writerSource(schema, named)
  // Only numbers, and texts made by JSON.stringify, of the schema get into the source.
  return new Function('K', source)(constants)
}

/**
 * Each piece of generated code writes `v` from `p` on and moves `p` behind it, or returns -1. Bytes beyond the buffer's end are
 * dropped by the engine, as typed arrays do, so that room is asked for once: of the whole record, at its end.
 */
const prelude = `'use strict'
const doubles = new Float64Array(1)
const parts = new Uint8Array(doubles.buffer)
const floats = new Float32Array(1)
const floatParts = new Uint8Array(floats.buffer)
function long(b, p, v) {
  if (v >= 0 && v < 64) { b[p] = v << 1; return p + 1 }
  const magnitude = v < 0 ? -v - 1 : v
  let low = (magnitude % 134217728 << 1) | (v < 0 ? 1 : 0), high = Math.floor(magnitude / 134217728)
  for (let i = 0; i < 4; i++) {
    if (low <= 127 && high === 0) { b[p] = low; return p + 1 }
    b[p++] = low & 127 | 128
    low >>>= 7
  }
  while (high > 127) { b[p++] = high % 128 | 128; high = Math.floor(high / 128) }
  b[p] = high
  return p + 1
}
function double(b, p, v) {
  doubles[0] = v
  for (let i = 0; i < 8; i++) b[p + i] = parts[i]
  return p + 8
}
function float(b, p, v) {
  floats[0] = v
  for (let i = 0; i < 4; i++) b[p + i] = floatParts[i]
  return p + 4
}
function string(b, p, v) {
  const n = v.length
  if (n < 64) {
    let i = 0
    for (; i < n; i++) {
      const c = v.charCodeAt(i)
      if (c > 127) break
      b[p + 1 + i] = c
    }
    if (i === n) { b[p] = n << 1; return p + 1 + n }
  }
  if (!v.isWellFormed()) return -1
  const size = utf8Length(v)
  p = long(b, p, size)
  if (p + size <= b.length) b.utf8Write(v, p, size)
  return p + size
}
function bytes(b, p, v) {
  p = long(b, p, v.length)
  if (p + v.length <= b.length) v.copy(b, p)
  return p + v.length
}
function hasOthers(o, names) {
  for (const name in o) if (o[name] !== undefined && !names.has(name)) return true
  return false
}
function isLonger(v, most) {
  if (v.length <= most) return false
  if (v.length > 2 * most) return true
  let count = 0
  for (const _ of v) count++
  return count > most
}
`

function writerSource(schema: AvroSchema, named: ReadonlyMap<string, RecordSchema>) {
  const constants: unknown[] = [Buffer.byteLength, isObject]
  const functions: string[] = []
  const body = value(schema, { name: '', type: schema })
  const names = constants.map((_, i) => `${['utf8Length', 'isObject'][i] ?? `K${i}`} = K[${i}]`).join(', ')
  return {
    source: `${prelude}const ${names}\n${functions.join('')}return function write(b, p, v) {\n${body}return p\n}`,
    constants,
  }

  function constant(value: unknown): string {
    return `K${constants.push(value) - 1}`
  }

  function value(type: AvroSchema, field: FieldSchema): string {
    if (!Array.isArray(type)) return present(type as SingleSchema, field)
    const place = new Map(type.map((branch, i) => [branch, `b[p++] = ${2 * i}\n`]))
    const { type: rest, nullable } = withoutNull(type)
    const some = Array.isArray(rest)
      ? anyOf(rest, place, field)
      : `${place.get(rest)}${present(rest as SingleSchema, field)}`
    return nullable ? `if (v === null) ${place.get('null')}else {\n${some}}\n` : some
  }

  /** Told apart by what they are in JavaScript; a whole number is a long where there is one. */
  function anyOf(types: readonly AvroSchema[], place: ReadonlyMap<AvroSchema, string>, field: FieldSchema): string {
    const cases = types.map((type) => {
      const single = type as SingleSchema
      const test = testOf(single, types)
      return `if (${test}) {\n${place.get(type)}${present(single, field)}} else `
    })
    return `${cases.join('')}return -1\n`
  }

  function present(type: SingleSchema, field: FieldSchema): string {
    const shape = typeof type === 'string' ? { type } : type
    switch (shape.type) {
      case 'record':
        return call(record(shape))
      case 'array':
        return call(array(value(shape.items, field)))
      case 'map':
        return call(map(value(shape.values, field), shape.keys))
      case 'string':
        return string(field)
      case 'int':
        return integer(Math.max(field.min ?? -Infinity, -(2 ** 31)), Math.min(field.max ?? Infinity, 2 ** 31 - 1))
      case 'long': {
        const declared = 'logicalType' in shape && shape.logicalType === 'timestamp-millis' ? timestampRange : undefined
        const min = field.min ?? declared?.min ?? Number.MIN_SAFE_INTEGER
        return integer(min, field.max ?? declared?.max ?? Number.MAX_SAFE_INTEGER)
      }
      case 'float':
      case 'double': {
        const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = field
        return `if (typeof v !== 'number' || !(v >= ${min} && v <= ${max})) return -1\np = ${shape.type}(b, p, v)\n`
      }
      case 'boolean':
        return `if (typeof v !== 'boolean') return -1\nb[p++] = v ? 1 : 0\n`
      case 'bytes':
        return `if (!${constant(Buffer.isBuffer)}(v)) return -1\np = bytes(b, p, v)\n`
      case 'null':
        return `if (v !== null) return -1\n`
      default: {
        const known = named.get((shape as { readonly type: string }).type)
        if (!known) throw new RangeError(`the type ${JSON.stringify(shape)} is not written here`)
        return call(record(known))
      }
    }
  }

  function integer(min: number, max: number): string {
    const test = `typeof v !== 'number' || !(v >= ${min} && v <= ${max}) || !Number.isInteger(v)`
    return `if (${test}) return -1\np = long(b, p, v)\n`
  }

  function string({ values, minLength = 0, maxLength, pattern, format }: FieldSchema): string {
    const right = [`typeof v === 'string'`]
    if (values) right.push(`${constant(new Set(values))}.has(v)`)
    else {
      if (minLength > 0) right.push(`v.length >= ${minLength}`)
      if (maxLength !== undefined) right.push(`!isLonger(v, ${maxLength})`)
      if (pattern !== undefined) right.push(`${constant(new RegExp(pattern, 'u'))}.test(v)`)
      if (format) right.push(`${constant(formats[format].test)}(v)`)
    }
    return `if (!(${right.join(' && ')})) return -1\np = string(b, p, v)\nif (p < 0) return -1\n`
  }

  function record(schema: RecordSchema): string {
    const fields = schema.fields.map((field) => {
      const none = 'default' in field ? `v = ${constant(field.default)}\n` : 'return -1\n'
      return `v = o[${JSON.stringify(field.name)}]
if (v !== undefined) known++
else ${none}${value(field.type, field)}`
    })
    return `if (!isObject(v)) return -1
const o = v
let known = 0
${fields.join('')}for (const name in o) known--
if (known < 0 && hasOthers(o, ${constant(new Set(schema.fields.map(({ name }) => name)))})) return -1
`
  }

  function array(item: string): string {
    return `if (!Array.isArray(v)) return -1
const items = v
if (items.length > 0) p = long(b, p, items.length)
for (let i = 0; i < items.length; i++) {
v = items[i]
${item}}
b[p++] = 0
`
  }

  function map(item: string, allowed: readonly string[] | undefined): string {
    const isKey = allowed ? `${constant(new Set(allowed))}.has(key)` : `key !== '__proto__'`
    return `if (!isObject(v)) return -1
const entries = v
const keys = Object.keys(entries)
if (keys.length > 0) p = long(b, p, keys.length)
for (let i = 0; i < keys.length; i++) {
const key = keys[i]
if (!(${isKey})) return -1
p = string(b, p, key)
if (p < 0) return -1
v = entries[key]
${item}}
b[p++] = 0
`
  }

  function call(source: string): string {
    const name = `part${functions.length}`
    functions.push(`function ${name}(b, p, v) {\n${source}return p\n}\n`)
    return `p = ${name}(b, p, v)\nif (p < 0) return -1\n`
  }
}

function testOf(type: SingleSchema, beside: readonly AvroSchema[]): string {
  const name = typeof type === 'string' ? type : type.type
  switch (name) {
    case 'boolean':
    case 'string':
      return `typeof v === '${name}'`
    case 'long':
    case 'int':
      return beside.length > 1 ? 'Number.isSafeInteger(v)' : `typeof v === 'number'`
    case 'float':
    case 'double':
      return `typeof v === 'number'`
    default:
      throw new RangeError(`a union of ${name} and others is not told apart here`)
  }
}

/** The records that lie in a schema, by their names. */
export function recordsIn(schema: AvroSchema, found = new Map<string, RecordSchema>()): Map<string, RecordSchema> {
  if (typeof schema === 'string') return found
  if ('length' in schema) for (const branch of schema) recordsIn(branch, found)
  else if ('fields' in schema) {
    found.set(schema.name, schema)
    for (const field of schema.fields) recordsIn(field.type, found)
  } else if ('items' in schema) recordsIn(schema.items, found)
  else if ('values' in schema) recordsIn(schema.values, found)
  return found
}
