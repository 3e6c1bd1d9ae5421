import type { Codec } from '../records/codec.ts'
import type { DeadLetter, RecordTypes } from '../records/types.ts'
import { allTopics, type SchemaName, topics } from '../topology.ts'
import { codeOf } from './identity.ts'
import type { Action, Ledger } from './ledger.ts'
import { maskedText, maskedValue } from './masked.ts'
import type { Verdict } from './plan.ts'
import { eachRecord, type Reading } from './read-records.ts'
import type { Found } from './select.ts'

/** A letter as it is shown: never a phone number, wherever a producer has put one. Times are ISO-8601. */
export interface LetterView {
  readonly dead_letter_id: string
  readonly state: 'open' | 'rerun' | 'purged'
  readonly failed_at: string
  readonly service: string
  readonly topic: string
  readonly shard: number
  readonly position: number
  readonly appended_at: string
  readonly code: string
  readonly reason: string
  readonly subscriber_id: string
  readonly bytes: number
  /** 1: the record itself failed; then the number of the re-run that did. */
  readonly attempt: number
  readonly origin_id: string
  readonly action?: ActionView
}

interface ActionView {
  readonly action: 'rerun' | 'purge'
  readonly at: string
  readonly author: string
  readonly reason: string
}

export function letterView({ letter, state }: Found, ledger: Ledger): LetterView {
  const action = ledger.byLetter.get(letter.dead_letter_id)
  return {
    dead_letter_id: letter.dead_letter_id,
    state,
    failed_at: iso(letter.failed_at),
    service: letter.service,
    topic: letter.topic,
    shard: letter.shard,
    position: letter.position,
    appended_at: iso(letter.appended_at),
    code: letter.code,
    reason: maskedText(letter.reason),
    subscriber_id: maskedText(letter.subscriber_id),
    bytes: letter.bytes,
    attempt: letter.attempt ?? 1,
    origin_id: letter.origin_id ?? letter.dead_letter_id,
    ...(action && { action: actionView(action) }),
  }
}

const actionView = ({ action, at, author, reason }: Action): ActionView => ({ action, at: iso(at), author, reason })

/** What is in a letter's record, as far as it can be read now. */
export interface RecordView {
  readonly schema_id: number | null
  readonly schema_known: boolean
  readonly decodes: boolean
  readonly code?: string
  readonly message?: string
  readonly fields?: unknown
}

export async function recordView(codec: Codec, { topic: name, value }: DeadLetter): Promise<RecordView> {
  const schemaId = codec.schemaIdOf(value, 0, value.length)
  if (schemaId >= 0 && codec.writerSchema(schemaId) === undefined) await codec.learn(schemaId)
  const about = {
    schema_id: schemaId < 0 ? null : schemaId,
    schema_known: schemaId >= 0 && codec.writerSchema(schemaId) !== undefined,
  }
  const topic = allTopics.find((known) => known.name === name)
  if (!topic) return { ...about, decodes: false, code: 'KM_DEAD_LETTER_NO_RECORD', message: `${name} is no topic` }
  try {
    const record: RecordTypes[SchemaName] = codec.decode(topic.schema, value, 0, value.length)
    const fields = Object.entries(record).map(([field, item]) => {
      const isPlain = topic !== topics.addresses || ['event_id', 'event_time', 'source'].includes(field)
      return [field, maskedValue(item, !isPlain)]
    })
    return { ...about, decodes: true, fields: Object.fromEntries(fields) }
  } catch (error) {
    const { code, message } = codeOf(error)
    return { ...about, decodes: false, code, message: maskedText(message) }
  }
}

/** All attempts at a record, the first one first, with what was done about each. */
export async function attemptsAt(reading: Reading, ledger: Ledger, origin: string): Promise<readonly object[]> {
  const attempts = new Map<string, { attempt: number; view: object }>()
  await eachRecord(reading, topics.deadLetters, (letter) => {
    const { dead_letter_id, origin_id, attempt, failed_at, code, reason } = letter
    if ((origin_id ?? dead_letter_id) !== origin) return
    const action = ledger.byLetter.get(dead_letter_id)
    const view = {
      dead_letter_id,
      attempt: attempt ?? 1,
      failed_at: iso(failed_at),
      code,
      reason: maskedText(reason),
      ...(action && { action: actionView(action) }),
    }
    attempts.set(dead_letter_id, { attempt: attempt ?? 1, view })
  })
  return [...attempts.values()].toSorted((a, b) => a.attempt - b.attempt).map(({ view }) => view)
}

export interface RefusedView {
  readonly dead_letter_id: string
  readonly code: string
  readonly message: string
}

export const refusedView = ({ found, code, message }: Extract<Verdict, { kind: 'refused' }>): RefusedView => ({
  dead_letter_id: found.letter.dead_letter_id,
  code,
  message: maskedText(message),
})

const iso = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : `${time} ms since 1970`
