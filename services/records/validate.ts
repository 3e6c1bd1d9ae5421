import { didYouMean } from '../domain/nearest-name.ts'
import { formats } from './formats.ts'
import { isObject } from './is-object.ts'
import { type AvroSchema, type FieldSchema, type RecordSchema, withoutNull } from './schemas.ts'

/** Something wrong with one field. */
export interface Problem {
  /** As in the record: `severity`, `products[2]`, `consent.sms.marketing.state`; empty for the record itself. */
  readonly path: string
  readonly code: ProblemCode
  readonly message: string
}

export type ProblemCode =
  /** A field without default is absent or null. */
  | 'KM_FIELD_MISSING'
  | 'KM_FIELD_UNKNOWN'
  | 'KM_FIELD_TYPE'
  /** Not one of the declared values. */
  | 'KM_FIELD_VALUE'
  /** Below min, above max, not finite, beyond ±2^53. */
  | 'KM_FIELD_RANGE'
  /** More or fewer characters than declared. */
  | 'KM_FIELD_LENGTH'
  /** Not of the declared pattern or format. */
  | 'KM_FIELD_FORMAT'

/** All that is wrong with a value (up to a hundred problems); undefined when it is right. */
export type Validate = (value: unknown) => Problem[] | undefined

/** Every timestamp lies in [1970-01-01, 2100-01-01], in milliseconds. */
export const timestampRange = { min: 0, max: Date.UTC(2100, 0, 1) } as const

/** Adds what is wrong with `value`, found at `path`, to `problems`. */
type Check = (value: unknown, path: Path | undefined, problems: Problem[]) => void

/** Linked, so that a right value costs no text. */
interface Path {
  readonly parent: Path | undefined
  readonly part: string | number
}

/**
 * Checks values against a schema: types, absent and unknown fields, and the declared ranges. It is the one judge of JSON
 * events, of what is encoded and of what was decoded.
 */
export function createValidate(schema: RecordSchema): Validate {
  const check = recordCheck(schema)
  return function validate(value) {
    const problems: Problem[] = []
    check(value, undefined, problems)
    return problems.length > 0 ? problems : undefined
  }
}

function recordCheck(schema: RecordSchema): Check {
  const fields = schema.fields.map((field) => ({
    name: field.name,
    path: { parent: undefined, part: field.name },
    optional: 'default' in field,
    check: check(field.type, field),
  }))
  const names = new Set(schema.fields.map((field) => field.name))
  return function checkRecord(value, path, problems) {
    if (!isObject(value)) return wrongType(value, path, problems, 'an object')
    let present = 0
    for (const field of fields) {
      const fieldValue = value[field.name]
      if (fieldValue !== undefined) {
        present++
        field.check(fieldValue, path ? { parent: path, part: field.name } : field.path, problems)
      } else if (!field.optional) {
        report(problems, { parent: path, part: field.name }, 'KM_FIELD_MISSING', 'is missing')
      }
    }
    let keys = 0
    for (const _ in value) keys++
    if (keys > present) unknownFields(value, names, path, problems)
  }
}

function unknownFields(value: object, names: ReadonlySet<string>, path: Path | undefined, problems: Problem[]): void {
  for (const [name, fieldValue] of Object.entries(value)) {
    if (!names.has(name) && fieldValue !== undefined) {
      const hint = didYouMean(name, [...names])
      report(problems, { parent: path, part: name.slice(0, 64) }, 'KM_FIELD_UNKNOWN', `is not a field here${hint}`)
    }
  }
}

function check(type: AvroSchema, field: FieldSchema): Check {
  const rest = withoutNull(type)
  const inner = Array.isArray(rest.type) ? anyOf(rest.type, field) : notNull(rest.type, field)
  if (!rest.nullable) return inner
  return (value, path, problems) => {
    if (value !== null) inner(value, path, problems)
  }
}

/** A union of more than one type apart from null: evidence. */
function anyOf(types: readonly AvroSchema[], field: FieldSchema): Check {
  const checks = types.map((type) => notNull(type, field))
  return function checkAnyOf(value, path, problems) {
    let fewest: Problem[] | undefined
    for (const candidate of checks) {
      const found: Problem[] = []
      candidate(value, path, found)
      if (found.length === 0) return
      if (!fewest || fewest[0]?.code === 'KM_FIELD_TYPE') fewest = found
    }
    problems.push(...(fewest ?? []))
  }
}

function notNull(type: AvroSchema, field: FieldSchema): Check {
  const inner = typed(type, field)
  return function checkPresent(value, path, problems) {
    if (value === null) report(problems, path, 'KM_FIELD_MISSING', 'may not be null')
    else inner(value, path, problems)
  }
}

function typed(type: AvroSchema, field: FieldSchema): Check {
  const shape = typeof type === 'string' ? { type } : type
  if ('length' in shape) throw new RangeError(`field ${field.name}: a union within a union`)
  switch (shape.type) {
    case 'record':
      return recordCheck(shape)
    case 'array':
      return arrayCheck(check(shape.items, field))
    case 'map':
      return mapCheck(check(shape.values, field), shape.keys)
    case 'string':
      return stringCheck(field)
    case 'int':
      return integerCheck(Math.max(field.min ?? -Infinity, -(2 ** 31)), Math.min(field.max ?? Infinity, 2 ** 31 - 1))
    case 'long': {
      const declared = 'logicalType' in shape && shape.logicalType === 'timestamp-millis' ? timestampRange : undefined
      return integerCheck(
        field.min ?? declared?.min ?? Number.MIN_SAFE_INTEGER,
        field.max ?? declared?.max ?? Number.MAX_SAFE_INTEGER,
      )
    }
    case 'float':
    case 'double':
      return numberCheck(field.min ?? -Number.MAX_VALUE, field.max ?? Number.MAX_VALUE)
    case 'boolean':
      return (value, path, problems) => {
        if (typeof value !== 'boolean') wrongType(value, path, problems, 'true or false')
      }
    case 'bytes':
      return (value, path, problems) => {
        if (!Buffer.isBuffer(value)) wrongType(value, path, problems, 'bytes')
      }
    case 'null':
      return (value, path, problems) => wrongType(value, path, problems, 'null')
  }
}

function arrayCheck(item: Check): Check {
  return function checkArray(value, path, problems) {
    if (!Array.isArray(value)) return wrongType(value, path, problems, 'an array')
    for (let i = 0; i < value.length; i++) item(value[i], { parent: path, part: i }, problems)
  }
}

function mapCheck(item: Check, keys: readonly string[] | undefined): Check {
  const allowed = keys && new Set(keys)
  return function checkMap(value, path, problems) {
    if (!isObject(value)) return wrongType(value, path, problems, 'an object')
    for (const key of Object.keys(value)) {
      const at = { parent: path, part: key.slice(0, 64) }
      if (allowed ? !allowed.has(key) : key === '__proto__' || !key.isWellFormed()) {
        report(problems, at, 'KM_FIELD_UNKNOWN', keys ? `is none of ${keys.join(', ')}` : 'is not a key for a map')
      } else item(value[key], at, problems)
    }
  }
}

function stringCheck(field: FieldSchema): Check {
  const { values, minLength = 0, maxLength = Infinity } = field
  const allowed = values && new Set(values)
  const pattern = field.pattern === undefined ? undefined : new RegExp(field.pattern, 'u')
  const format = field.format && formats[field.format]
  return function checkString(value, path, problems) {
    if (typeof value !== 'string') return wrongType(value, path, problems, 'a string')
    if (allowed) {
      if (!allowed.has(value)) report(problems, path, 'KM_FIELD_VALUE', `is none of ${values?.join(', ')}`)
      return
    }
    // A character is one or two UTF-16 units: only in between does it need counting.
    if (value.length > maxLength && (value.length > 2 * maxLength || characters(value) > maxLength)) {
      return report(problems, path, 'KM_FIELD_LENGTH', `is longer than ${maxLength} characters`)
    }
    if (value.length < minLength) report(problems, path, 'KM_FIELD_LENGTH', `has fewer than ${minLength} characters`)
    if (!value.isWellFormed()) report(problems, path, 'KM_FIELD_FORMAT', 'is not well-formed Unicode')
    if (pattern && !pattern.test(value)) report(problems, path, 'KM_FIELD_FORMAT', `does not match ${pattern.source}`)
    if (format && !format.test(value)) report(problems, path, 'KM_FIELD_FORMAT', `is not ${format.name}`)
  }
}

function characters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function integerCheck(min: number, max: number): Check {
  return function checkInteger(value, path, problems) {
    if (typeof value !== 'number' || (Number.isFinite(value) && !Number.isInteger(value))) {
      return wrongType(value, path, problems, 'a whole number')
    }
    if (!(value >= min && value <= max)) report(problems, path, 'KM_FIELD_RANGE', `is not in ${min}..${max}`)
  }
}

function numberCheck(min: number, max: number): Check {
  return function checkNumber(value, path, problems) {
    if (typeof value !== 'number') return wrongType(value, path, problems, 'a number')
    if (!(value >= min && value <= max)) report(problems, path, 'KM_FIELD_RANGE', `is not in ${min}..${max}`)
  }
}

function wrongType(value: unknown, path: Path | undefined, problems: Problem[], expected: string): void {
  report(problems, path, 'KM_FIELD_TYPE', `is ${typeName(value)}, not ${expected}`)
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A record of a million wrong items needn't be told a million times. */
const problemLimit = 100

/** Values are never named: they may be personal. */
function report(problems: Problem[], path: Path | undefined, code: ProblemCode, what: string): void {
  if (problems.length >= problemLimit) return
  const text = pathText(path)
  problems.push({ path: text, code, message: `${text || 'the record'} ${what}` })
}

function pathText(path: Path | undefined): string {
  if (!path) return ''
  const parent = pathText(path.parent)
  if (typeof path.part === 'number') return `${parent}[${path.part}]`
  return parent ? `${parent}.${path.part}` : path.part
}
