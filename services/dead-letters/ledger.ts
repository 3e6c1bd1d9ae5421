import type { Rerun } from '../records/types.ts'
import { topics } from '../topology.ts'
import { eachRecord, type Reading } from './read-records.ts'

export type LetterState = 'open' | 'rerun' | 'purged'

/** What was done about a letter, by whom and why. */
export interface Action {
  readonly action: 'rerun' | 'purge'
  readonly at: number
  readonly author: string
  readonly reason: string
  readonly rerunId: string
}

/** A request to handle a record once more. */
export interface Request {
  readonly letter: string
  readonly origin: string
  readonly attempt: number
}

/** Everything that was done about dead letters: km.reruns is both the way of a re-run and the record of it. */
export interface Ledger {
  readonly byLetter: ReadonlyMap<string, Action>
  /** By record_id: the requests of a record, whatever letter they were about. */
  readonly byRecord: ReadonlyMap<string, readonly Request[]>
  stateOf(letter: string): LetterState
}

/** Reads it to its end. Of two who acted on a letter, whose record came first on the log did. */
export async function readLedger(reading: Reading): Promise<Ledger> {
  const byLetter = new Map<string, Action>()
  const byRecord = new Map<string, Request[]>()
  await eachRecord(reading, topics.reruns, (entry) => {
    const { action, dead_letter_id, origin_id, attempt, record_id, author, reason } = entry
    const acted = { action, at: entry.requested_at, author, reason, rerunId: entry.rerun_id }
    if (!byLetter.has(dead_letter_id)) byLetter.set(dead_letter_id, acted)
    if (action !== 'rerun') return
    const requests = byRecord.get(record_id) ?? []
    if (!requests.some(({ letter }) => letter === dead_letter_id)) {
      requests.push({ letter: dead_letter_id, origin: origin_id, attempt })
    }
    byRecord.set(record_id, requests)
  })
  return { byLetter, byRecord, stateOf: (letter) => stateOf(byLetter.get(letter)?.action) }
}

const stateOf = (action: Rerun['action'] | undefined): LetterState =>
  action === undefined ? 'open' : action === 'rerun' ? 'rerun' : 'purged'
