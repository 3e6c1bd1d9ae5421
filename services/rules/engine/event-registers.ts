import type { EventType } from '../../topology.ts'
import { eventFields } from '../event-fields.ts'
import type { Names } from '../javascript.ts'

/** Registers that every event fills: event_id and source as spans, then event_time. Fields that rules read follow. */
export const registerOf = { eventIdStart: 0, eventIdEnd: 1, sourceStart: 2, sourceEnd: 3, eventTime: 4 } as const
const firstField = 5

/** A field of the events of one type that some condition reads: where it goes, and for a text the codes of its words. */
export interface FieldRegister {
  readonly name: string
  readonly at: number
  readonly words: ReadonlyMap<string, number> | undefined
}

/** Collects the fields that generated code names. */
export interface EventRegisters {
  readonly names: (factor: (id: string) => string) => Names
  readonly fields: () => readonly FieldRegister[]
}

export function createEventRegisters(type: EventType): EventRegisters {
  const fields = new Map<string, { at: number; words: Map<string, number> | undefined }>()
  const fieldOf = (name: string) => {
    let field = fields.get(name)
    if (!field) {
      const isText = eventFields[type][name]?.type === 'string'
      field = { at: firstField + fields.size, words: isText ? new Map() : undefined }
      fields.set(name, field)
    }
    return field
  }
  return {
    names: (factor) => ({
      field: (name) => `R[${fieldOf(name).at}]`,
      has: (name) => `R[${fieldOf(name).at}] === R[${fieldOf(name).at}]`,
      word(name, literal) {
        const { words } = fieldOf(name)
        if (!words) return 'NaN'
        const code = words.get(literal) ?? words.size
        words.set(literal, code)
        return String(code)
      },
      factor,
    }),
    fields: () => [...fields].map(([name, field]) => ({ name, ...field })),
  }
}

export const registersNeeded = (fields: readonly FieldRegister[]): number =>
  Math.max(firstField, ...fields.map((field) => field.at + 1))
