import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { isoDate } from '../domain/time-zones.ts'
import { type ReadEvent, readEvent } from '../records/jsonl.ts'
import { eventFields } from '../rules/event-fields.ts'
import { type EventType, eventTypes } from '../topology.ts'
import type { Word, WordFault } from './words.ts'

export type Fields = Readonly<Record<string, unknown>>

/** What a timeline's event holds where its line says nothing: the fields that its schema requires. */
export const fieldDefaults: Readonly<Record<EventType, Fields>> = {
  cdr: { kind: 'voice', direction: 'mo', other_party: 'somebody', duration_s: 60, end_cause: 'normal' },
  recharge: { amount: 5000, currency: 'CNY', method: 'app' },
  complaint: { ticket_id: 'T1', category: 'network', status: 'opened', severity: 2 },
  'app-usage': {
    app: 'browser',
    app_category: 'web',
    bytes_up: 0,
    bytes_down: 0,
    duration_s: 60,
    bearer: '4g',
    login: false,
  },
  order: { order_id: 'O1', product_id: 'P1', action: 'subscribe' },
  bill: { amount: 5000, currency: 'CNY', status: 'issued' },
  network: { kind: 'outage', service: 'mobile', severity: 2 },
  contact: { call_id: 'C1', phase: 'connected', line: 'hotline' },
  reply: { channel: 'sms' },
  profile: {},
}

/** Set by the line's own time and subscriber. */
const setByTheLine = ['subscriber_id', 'event_time']

/**
 * The value that a field of an event takes from what was written: texts as they stand (a cell of 7 is '7'), the rest as
 * YAML reads it. A string: what is wrong.
 */
export function fieldValue(
  type: EventType,
  name: string,
  { value, plain }: { readonly value: unknown; readonly plain: string },
): { readonly value: unknown } | string {
  const fields = eventFields[type]
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (setByTheLine.includes(name)) return `${name} is given by the line: its time, and 'anna:' for a subscriber`
  if (!field) return `${type} has no field '${name}'${didYouMeanOneOf(name, Object.keys(fields).slice(4))}`
  return { value: field.type === 'string' && value !== null ? plain : value }
}

/** The fields of an event's line, with faults where they stand. */
export function fieldsOf(type: EventType, words: readonly Word[], faults: WordFault[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const word of words) {
    if (word.kind !== 'pair') continue
    const read = fieldValue(type, word.name, word)
    if (typeof read === 'string') faults.push({ message: read, offset: word.offset })
    else fields[word.name] = read.value
  }
  return fields
}

/** The event in full, or what is wrong with its fields. */
export function eventOf(
  type: EventType,
  id: { readonly event_id: string; readonly subscriber_id: string; readonly event_time: number },
  fields: Fields,
  localDay: number,
): ReadEvent | readonly { readonly field: string; readonly message: string }[] {
  const bill = type === 'bill' ? { period: isoDate(localDay).slice(0, 7), due: isoDate(localDay + 14) } : {}
  const reading = readEvent({ type, source: 'timeline', ...fieldDefaults[type], ...bill, ...id, ...fields })
  if (reading.kind === 'event') return reading.event
  return reading.problems.map(({ path, message }) => ({ field: path.split(/[.[]/)[0] ?? '', message }))
}

export const isEventType = (name: string): name is EventType => (eventTypes as readonly string[]).includes(name)
