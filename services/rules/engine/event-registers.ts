import type { EventType } from '../../topology.ts'
import { eventFields } from '../event-fields.ts'
import type { NowField, TextSearch } from '../expression.ts'

/** Registers that every event fills: event_id and source as spans, then event_time. Fields that rules read follow. */
export const registerOf = { eventIdStart: 0, eventIdEnd: 1, sourceStart: 2, sourceEnd: 3, eventTime: 4 } as const
const firstField = 5

/** What conditions read of a field, and where it goes. NaN in all registers: the event doesn't have the field. */
export interface FieldRegister {
  readonly name: string
  /** none: events of the type never have it. */
  readonly kind: 'number' | 'text' | 'date' | 'none'
  /** The value: a number or bool as it is, a date in days since 1970-01-01, of a text the code of its word (-1: none). */
  readonly at: number
  /** What a text is compared with, by codes from 1. */
  readonly words: ReadonlyMap<string, number>
  /** Start and end of the text's bytes, in this register and the next; -1: not asked for. */
  readonly span: number
  /** `textHashOf` the text; -1: not asked for. */
  readonly hash: number
  /** What the text is searched for. */
  readonly searches: readonly SearchRegister[]
}

export interface SearchRegister {
  readonly how: TextSearch
  readonly text: string
  /** 1: it holds the text, 0: it doesn't. */
  readonly at: number
}

/** A virtual field of every event: civil time of its own instant. */
export interface LocalRegister {
  readonly name: NowField
  readonly at: number
}

const localPrefix = 'local_'
const isLocal = (name: string): boolean => name.startsWith(localPrefix)

interface Field {
  readonly at: number
  readonly words: Map<string, number>
  span: number
  hash: number
  readonly searches: SearchRegister[]
}

/**
 * Gives registers to the fields that generated code names. A field has the same registers and the same words in events of
 * all types, so that a condition on several of them is compiled once.
 */
export class EventRegisters {
  private readonly fields = new Map<string, Field>([
    ['event_time', { at: registerOf.eventTime, words: new Map(), span: -1, hash: -1, searches: [] }],
  ])
  private readonly usedBy = new Map<EventType, Set<string>>()
  private count = firstField

  /** Registers in use. */
  get size(): number {
    return this.count
  }

  /** Where the field's value is. `types`: those of which an expression that reads the field is judged. */
  field(name: string, types: readonly EventType[]): number {
    return this.use(name, types).at
  }

  word(name: string, literal: string, types: readonly EventType[]): number {
    const { words } = this.use(name, types)
    const code = words.get(literal) ?? words.size + 1
    words.set(literal, code)
    return code
  }

  /** Where the hash of the text is, and its span. */
  text(name: string, types: readonly EventType[]): { readonly hash: number; readonly span: number } {
    const field = this.use(name, types)
    if (field.span < 0) field.span = this.reserve(2)
    if (field.hash < 0) field.hash = this.reserve(1)
    return field
  }

  /** Where it is whether the text holds another one. */
  search(name: string, how: TextSearch, text: string, types: readonly EventType[]): number {
    const field = this.use(name, types)
    if (field.span < 0) field.span = this.reserve(2)
    const known = field.searches.find((search) => search.how === how && search.text === text)
    if (known) return known.at
    const at = this.reserve(1)
    field.searches.push({ how, text, at })
    return at
  }

  fieldsOf(type: EventType): readonly FieldRegister[] {
    return this.namesOf(type).flatMap((name) => {
      const field = this.fields.get(name)
      return isLocal(name) || name === 'event_time' || !field ? [] : [{ name, kind: kindOf(type, name), ...field }]
    })
  }

  localsOf(type: EventType): readonly LocalRegister[] {
    return this.namesOf(type).flatMap((name) => {
      const field = this.fields.get(name)
      return isLocal(name) && field ? [{ name: name.slice(localPrefix.length) as NowField, at: field.at }] : []
    })
  }

  private namesOf(type: EventType): readonly string[] {
    return [...(this.usedBy.get(type) ?? [])]
  }

  private use(name: string, types: readonly EventType[]): Field {
    for (const type of types) this.usedBy.set(type, (this.usedBy.get(type) ?? new Set()).add(name))
    let field = this.fields.get(name)
    if (!field) {
      const needsSpan = name in spans || types.some((type) => kindOf(type, name) === 'date')
      const span = spans[name] ?? (needsSpan ? this.reserve(2) : -1)
      field = { at: this.reserve(1), words: new Map(), span, hash: -1, searches: [] }
      this.fields.set(name, field)
    }
    return field
  }

  private reserve(count: number): number {
    this.count += count
    return this.count - count
  }
}

/** Texts whose bytes every event tells. */
const spans: Readonly<Record<string, number>> = { event_id: registerOf.eventIdStart, source: registerOf.sourceStart }

/** How the field's bytes become what conditions see. */
function kindOf(type: EventType, name: string): FieldRegister['kind'] {
  const field = eventFields[type][name]?.type
  if (field === undefined) return 'none'
  if (field === 'date') return 'date'
  return field === 'string' ? 'text' : 'number'
}
