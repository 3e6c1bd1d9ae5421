import { byteDictionary } from './byte-dictionary.ts'
import { type AvroSchema, type FieldSchema, type RecordSchema, type SingleSchema, withoutNull } from './schemas.ts'
import { wordSource } from './word-source.ts'

/** Reads the Avro body that begins at `start`. The bytes were checked before (`Projection`): it takes them as they say. */
export type BodyReader = (bytes: Buffer, start: number) => unknown

/** Generates the reader of bodies that were written with the same schema. It gives what avsc gives. */
export function compileReader(schema: RecordSchema): BodyReader {
  const { source, constants } = readerSource(schema)
  // Only numbers, and texts made by JSON.stringify, of the schema get into the source.
  return new Function('K', source)(constants)
}

/**
 * Each piece of generated code reads on from `p`, shared by all as reading makes one value after the other. The keys of maps come
 * again and again: those seen lately are found by their bytes, and are then the strings by which engines know properties.
 */
const prelude = `'use strict'
let p = 0
const doubles = new Float64Array(1)
const parts = new Uint8Array(doubles.buffer)
const floats = new Float32Array(1)
const floatParts = new Uint8Array(floats.buffer)
function long(b) {
  let x = b[p++], low = x & 127
  if (x > 127) { x = b[p++]; low |= (x & 127) << 7
    if (x > 127) { x = b[p++]; low |= (x & 127) << 14
      if (x > 127) { x = b[p++]; low |= (x & 127) << 21
        if (x > 127) {
          let high = 0, factor = 1
          do { x = b[p++]; high += (x & 127) * factor; factor *= 128 } while (x > 127)
          const magnitude = (low >>> 1) + high * 134217728
          return low & 1 ? -magnitude - 1 : magnitude
        } } } }
  return low >>> 1 ^ -(low & 1)
}
function double(b) {
  for (let i = 0; i < 8; i++) parts[i] = b[p++]
  return doubles[0]
}
function float(b) {
  for (let i = 0; i < 4; i++) floatParts[i] = b[p++]
  return floats[0]
}
function string(b) {
  const n = long(b), start = p
  p += n
  return n === 0 ? '' : b.utf8Slice(start, p)
}
function bytes(b) {
  const n = long(b), start = p
  p += n
  return Buffer.from(b.subarray(start, p))
}
const seen = new Array(1024).fill('')
const seenBytes = new Array(1024).fill(Buffer.alloc(0))
function key(b) {
  const n = long(b), start = p
  p += n
  let hash = n
  for (let i = start; i < p; i++) hash = Math.imul(hash, 31) + b[i] | 0
  const slot = (hash ^ hash >>> 11) & 1023
  const known = seenBytes[slot]
  if (known.length === n) {
    let i = 0
    while (i < n && known[i] === b[start + i]) i++
    if (i === n) return seen[slot]
  }
  const text = b.utf8Slice(start, p)
  if (n <= 64) { seen[slot] = text; seenBytes[slot] = Buffer.from(b.subarray(start, p)) }
  return text
}
`

function readerSource(schema: RecordSchema) {
  const constants: unknown[] = []
  const functions: string[] = []
  const root = record(schema)
  const names = constants.map((_, i) => `const K${i} = K[${i}]\n`).join('')
  const body = `return function read(b, start) {\np = start\nreturn ${root}\n}`
  return { source: `${prelude}${names}${functions.join('')}${body}`, constants }

  function constant(value: unknown): string {
    return `K${constants.push(value) - 1}`
  }

  /** An expression that reads a value. */
  function value(type: AvroSchema, field: FieldSchema): string {
    if (!Array.isArray(type)) return present(type as SingleSchema, field)
    const { type: rest, nullable } = withoutNull(type)
    if (nullable && !Array.isArray(rest)) {
      return `(b[p++] === ${2 * type.indexOf('null')} ? null : ${present(rest as SingleSchema, field)})`
    }
    const cases = type.map((branch, i) => `case ${2 * i}: return ${present(branch as SingleSchema, field)}\n`)
    return call(`switch (b[p++]) {\n${cases.join('')}}\n`)
  }

  function present(type: SingleSchema, field: FieldSchema): string {
    const shape = typeof type === 'string' ? { type } : type
    switch (shape.type) {
      case 'record':
        return record(shape)
      case 'array':
        return call(`const items = []
for (let n = long(b); n !== 0; n = long(b)) {
if (n < 0) { n = -n; long(b) }
while (n-- > 0) items.push(${value(shape.items, field)})
}
return items
`)
      case 'map':
        return call(`const entries = {}
for (let n = long(b); n !== 0; n = long(b)) {
if (n < 0) { n = -n; long(b) }
while (n-- > 0) { const name = key(b); entries[name] = ${value(shape.values, field)} }
}
return entries
`)
      case 'string':
        return field.values ? word(field.values) : 'string(b)'
      case 'int':
      case 'long':
        return 'long(b)'
      case 'boolean':
        return 'b[p++] === 1'
      case 'null':
        return 'null'
      default:
        return `${shape.type}(b)`
    }
  }

  function record(schema: RecordSchema): string {
    const fields = schema.fields.map((field) => `${JSON.stringify(field.name)}: ${value(field.type, field)}`)
    return call(`return { ${fields.join(',\n')} }\n`)
  }

  /** One of few: no new string. */
  function word(values: readonly string[]): string {
    const numbers = new Map(values.map((word, i) => [word, i]))
    const find = wordSource(numbers, 'i') ?? `i = ${constant(byteDictionary(numbers))}(b, p, n)\n`
    return call(`const n = long(b)
let i = -1
${find}p += n
return i < 0 ? b.utf8Slice(p - n, p) : ${constant(values)}[i]
`)
  }

  function call(source: string): string {
    const name = `part${functions.length}`
    functions.push(`function ${name}(b) {\n${source}}\n`)
    return `${name}(b)`
  }
}
