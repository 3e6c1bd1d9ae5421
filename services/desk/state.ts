import type { TaskEntry } from './task-entry.ts'

/** What desk remembers of one subscriber: a plain document, encoded by `stateSchema`. Times in ms since 1970. */
export interface DeskState {
  /** Empty before anything was heard. */
  readonly subscriber_id: string
  readonly tasks: readonly KeptTask[]
  readonly calls: readonly Call[]
  readonly prompts: readonly KeptPrompt[]
}

export interface KeptTask extends TaskEntry {
  /** Nobody ended it in time, and that was told. */
  readonly is_given_up: boolean
}

/** A call with the hotline or a visit to a store. */
export interface Call {
  readonly call_id: string
  readonly agent: string | null
  /** Of the last event that told of it. */
  readonly at: number
  readonly is_over: boolean
}

/** A prompt that an agent was shown. */
export interface KeptPrompt {
  readonly id: string
  readonly call_id: string
  readonly ends_at: number
  /** ended: with the call, and nobody has said how it went; over: somebody has. */
  readonly phase: 'shown' | 'acknowledged' | 'ended' | 'over'
}

export const initialState: DeskState = { subscriber_id: '', tasks: [], calls: [], prompts: [] }

const optional = (type: string) => ['null', type]
const record = (
  name: string,
  fields: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>> = {},
) => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({
    name: field,
    type,
    ...(Object.hasOwn(defaults, field) && { default: defaults[field] }),
  })),
})
const list = (items: unknown) => ({ type: 'array', items })

/** Avro schema of `DeskState`. */
export const stateSchema = record('DeskState', {
  subscriber_id: 'string',
  tasks: list(
    record(
      'KeptTask',
      {
        id: 'string',
        closes_at: 'long',
        attempts_most: 'int',
        due_at: 'long',
        phase: 'string',
        agent: optional('string'),
        taken_at: optional('long'),
        attempts: 'int',
        stage: 'string',
        code: optional('string'),
        means: optional('string'),
        resulted_at: optional('long'),
        withdrawn_at: optional('long'),
        withdrawn_because: optional('string'),
        seen: list('string'),
        is_given_up: 'boolean',
      },
      { withdrawn_at: null, withdrawn_because: null },
    ),
  ),
  calls: list(record('Call', { call_id: 'string', agent: optional('string'), at: 'long', is_over: 'boolean' })),
  prompts: list(record('KeptPrompt', { id: 'string', call_id: 'string', ends_at: 'long', phase: 'string' })),
})
