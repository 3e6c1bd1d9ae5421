import { eventFields } from '../event-fields.ts'
import type { EventFactor, Factor } from '../ruleset.ts'

/** What a value is, as far as filters tell it. date: days since 1970-01-01; time: milliseconds since 1970. */
export type Kind = 'int' | 'double' | 'bool' | 'text' | 'date' | 'time'

/** null: there is none. */
export type Value = number | string | null

/** No name of a plan, a device or a town is longer; what is longer is something else. */
const textMost = 60

/**
 * Whether a text from outside may stand in a message: not blank, not too long, and without what changes how the rest of it
 * is read (control and formatting characters, line ends, braces).
 */
export const isFit = (text: string): boolean =>
  text.trim() !== '' && text.length <= textMost && !/[\p{C}\p{Zl}\p{Zp}{}]/u.test(text)

/** A value as evidence has it, where it is of the kind; null: it is missing, as it is of another one or not fit to be said. */
export function evidentValue(given: unknown, kind: Kind): Value {
  if (kind === 'bool') return null
  if (kind === 'text') return typeof given === 'string' && isFit(given) ? given.trim() : null
  return typeof given === 'number' && Number.isFinite(given) ? given : null
}

/** Aggregates that give a value as an event had it. */
const keeping: ReadonlySet<EventFactor['aggregate']['kind']> = new Set([
  'last',
  'first',
  'previous',
  'current',
  'before',
  'min',
  'max',
])

/** Of a factor. Dates and times read as ints in conditions; what says so is the field that they come from. */
export function kindOfFactor({ type, definition }: Pick<Factor, 'type' | 'definition'>): Kind {
  if (type === 'string') return 'text'
  if (definition.kind !== 'events') return type
  const { aggregate, value, from } = definition
  if (aggregate.kind === 'last-time') return 'time'
  if (!keeping.has(aggregate.kind) || value?.kind !== 'field') return type
  const [first, ...others] = new Set(from.map((event) => eventFields[event][value.name]?.type))
  return others.length === 0 && (first === 'date' || first === 'time') ? first : type
}
