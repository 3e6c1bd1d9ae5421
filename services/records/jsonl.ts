import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { nearestName } from '../domain/nearest-name.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { isObject } from './is-object.ts'
import { instantOf } from './iso-time.ts'
import { type AvroSchema, type RecordSchema, readSchema, withoutNull } from './schemas.ts'
import type { Address, RecordTypes } from './types.ts'
import { createValidate, type Problem, type ProblemCode, type Validate } from './validate.ts'

/** An event as it goes to the log: its record with every field, and the addresses that were split off a profile. */
export type ReadEvent = {
  [Type in EventType]: {
    readonly type: Type
    readonly record: RecordTypes[Type]
    /** For the topic of addresses; of a profile event only. */
    readonly address?: Address
  }
}[EventType]

export interface EventProblem {
  /** As in the JSON: `addresses.sms`, `products[2]`; empty for the event itself. */
  readonly path: string
  readonly code: EventProblemCode
  /** Names the field and what to do, never the value: it may be personal. */
  readonly message: string
}

export type EventProblemCode =
  | Exclude<ProblemCode, 'KM_FIELD_UNKNOWN'>
  | 'KM_EVENT_NOT_JSON'
  | 'KM_EVENT_UNKNOWN_TYPE'
  | 'KM_EVENT_UNKNOWN_FIELD'

export type EventReading =
  | { readonly kind: 'event'; readonly event: ReadEvent }
  | { readonly kind: 'problems'; readonly problems: readonly EventProblem[] }

/** Reads one line of JSONL, as `readEvent`; KM_EVENT_NOT_JSON where it isn't JSON. */
export function readEventLine(line: string): EventReading {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return refused([problem('', 'KM_EVENT_NOT_JSON', 'the line is not JSON: one object a line is expected')])
  }
  return readEvent(value)
}

/**
 * Reads an event in its JSON form: the fields of the record, `type`, times as ISO-8601 with a zone or as epoch
 * milliseconds, money as whole minor units, and for a profile `addresses`. Everything wrong with it is told, up to a
 * hundred problems.
 */
export function readEvent(value: unknown): EventReading {
  if (!isObject(value)) return refused([problem('', 'KM_FIELD_TYPE', 'the event is not a JSON object')])
  const { type: typeName, addresses, ...rest } = value
  const type = eventTypes.find((name) => name === typeName)
  if (!type) return refused([unknownType(typeName)])
  const problems: EventProblem[] = []
  const splits = type === 'profile'
  const fields = splits || addresses === undefined ? rest : { ...rest, addresses }

  const { schema, validate } = kindOf(type)
  const record = fill(schema, fields)
  problems.push(...(validate(record) ?? []).map(inEvent))
  const address = !splits || isAbsent(addresses) ? undefined : readAddress(addresses, record, problems)
  if (problems.length > 0) return refused(problems)
  // What hasn't the addresses still knows that there are new ones.
  if (address && 'addressed' in record) record.addressed ??= addressedBy(address)
  // Checked against the schema that the types are generated from.
  return { kind: 'event', event: { type, record, ...(address ? { address } : {}) } as unknown as ReadEvent }
}

interface Kind {
  readonly schema: RecordSchema
  readonly validate: Validate
}

const kinds = new Map<EventType | 'address', Kind>()

function kindOf(name: EventType | 'address'): Kind {
  let kind = kinds.get(name)
  if (!kind) {
    const schema = readSchema(name)
    kind = { schema, validate: createValidate(schema) }
    kinds.set(name, kind)
  }
  return kind
}

/** Every field of the schema in its order, absent ones with their defaults, times as numbers; others are left to the check. */
function fill(schema: RecordSchema, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled: Record<string, unknown> = {}
  for (const field of schema.fields) {
    const given = value[field.name]
    if (given !== undefined) filled[field.name] = convert(field.type, given)
    else if ('default' in field) filled[field.name] = structuredClone(field.default)
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(filled, name)) return { ...value, ...filled }
  }
  return filled
}

function convert(type: AvroSchema, value: unknown): unknown {
  const shape = withoutNull(type).type
  if (value === null || typeof shape === 'string' || 'length' in shape) return value
  if (shape.type === 'record') return isObject(value) ? fill(shape, value) : value
  if (shape.type === 'array') return Array.isArray(value) ? value.map((item) => convert(shape.items, item)) : value
  if (shape.type === 'map') {
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(shape.values, item)]))
  }
  const isTime = 'logicalType' in shape && shape.logicalType === 'timestamp-millis'
  return isTime && typeof value === 'string' ? (instantOf(value) ?? value) : value
}

/** Splits the addresses off: a record of their own with the event's id, subscriber, time and source. */
function readAddress(
  addresses: unknown,
  { event_id, subscriber_id, event_time, source }: Readonly<Record<string, unknown>>,
  problems: EventProblem[],
): Record<string, unknown> | undefined {
  if (!isObject(addresses)) {
    problems.push(problem('addresses', 'KM_FIELD_TYPE', 'addresses is not an object'))
    return undefined
  }
  const numbers: Record<string, unknown> = {}
  for (const field of ['sms', 'ivr'] as const) {
    const given = addresses[field]
    if (typeof given === 'string') numbers[field] = e164(given) ?? given
  }
  const own = new Set(['event_id', 'subscriber_id', 'event_time', 'source'])
  const foreign = Object.keys(addresses).filter((name) => own.has(name))
  problems.push(
    ...foreign.map((name) => unknownField(`addresses.${name}`, `addresses.${name} is not a field of addresses`)),
  )

  const { schema, validate } = kindOf('address')
  const record = fill(schema, { ...addresses, ...numbers, event_id, subscriber_id, event_time, source })
  for (const found of validate(record) ?? []) {
    if (own.has(found.path)) continue // told already, of the profile itself
    problems.push(
      found.code === 'KM_FIELD_FORMAT' && numbers[found.path] !== undefined ? notE164(found.path) : inAddresses(found),
    )
  }
  return record
}

const addressedBy = ({ sms, ivr, push }: Readonly<Record<string, unknown>>): readonly string[] => [
  ...(isAbsent(sms) ? [] : ['sms']),
  ...(isAbsent(ivr) ? [] : ['ivr']),
  ...(Array.isArray(push) && push.length > 0 ? ['push'] : []),
]

/** undefined: no number in international form. Only the length is judged: numbering plans change faster than releases. */
function e164(text: string): string | undefined {
  const number = parsePhoneNumberFromString(text)
  return number?.isPossible() ? number.number : undefined
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

const problem = (path: string, code: EventProblemCode, message: string): EventProblem => ({ path, code, message })
const unknownField = (path: string, message: string) => problem(path, 'KM_EVENT_UNKNOWN_FIELD', message)
const refused = (problems: readonly EventProblem[]): EventReading => ({ kind: 'problems', problems })

function inEvent({ path, code, message }: Problem): EventProblem {
  if (code === 'KM_FIELD_UNKNOWN') return unknownField(path, message)
  const isTime = code === 'KM_FIELD_TYPE' && /(^|\.)(event_time|since|checked_at)$/.test(path)
  const hint = isTime ? '; give ISO-8601 with a zone (2026-01-31T09:00:00Z) or epoch milliseconds' : ''
  return problem(path, code, `${message}${hint}`)
}

function inAddresses(found: Problem): EventProblem {
  const { path, code, message } = inEvent(found)
  return problem(`addresses.${path}`, code, `addresses.${message}`)
}

const notE164 = (field: string) =>
  problem(
    `addresses.${field}`,
    'KM_FIELD_FORMAT',
    `addresses.${field} is not a phone number with country code (E.164: +…)`,
  )

function unknownType(given: unknown): EventProblem {
  if (isAbsent(given)) return problem('type', 'KM_FIELD_MISSING', `type is missing: one of ${eventTypes.join(', ')}`)
  const nearest = typeof given === 'string' ? nearestName(given, eventTypes) : undefined
  const hint = nearest ? `did you mean '${nearest}'?` : `one of ${eventTypes.join(', ')}`
  return problem('type', 'KM_EVENT_UNKNOWN_TYPE', `type is not a type of event; ${hint}`)
}
