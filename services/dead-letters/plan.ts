import { deterministicId } from '../domain/ids.ts'
import type { DeadLetter } from '../records/types.ts'
import { serviceNodes, topics } from '../topology.ts'
import { deliveredInTime } from './delivered.ts'
import { codeOf, isEventTopic, type ReadRecord, readLetterRecord, refuseUnsafe } from './identity.ts'
import type { Ledger } from './ledger.ts'
import { eachRecord, type Reading, recordAt } from './read-records.ts'
import type { Found } from './select.ts'

/** What a re-run of a letter would do. */
export type Verdict =
  | { readonly kind: 'rerun'; readonly found: Found; readonly letter: DeadLetter; readonly planned: Planned }
  | { readonly kind: 'refused'; readonly found: Found; readonly code: string; readonly message: string }

export interface Planned {
  readonly subscriber: string
  readonly recordId: string
  readonly originId: string
  readonly attempt: number
  readonly time: number
}

export interface PlanOptions {
  /** Also events of which it isn't known whether they came again in time. */
  readonly acceptUnchecked?: boolean | undefined
}

interface Candidate {
  readonly found: Found
  readonly letter: DeadLetter
  readonly read: ReadRecord
  readonly recordId: string
}

/**
 * Says of each letter whether its record can be handled once more, and why not: it was done already, the record can't be read
 * now either, it must not be handled again, or it counts already by another copy. Changes nothing.
 */
export async function planReruns(
  reading: Reading,
  ledger: Ledger,
  selected: readonly Found[],
  { acceptUnchecked = false }: PlanOptions = {},
): Promise<readonly Verdict[]> {
  const verdicts = new Map<Found, Verdict>()
  const refuse = (found: Found, code: string, message: string) =>
    void verdicts.set(found, { kind: 'refused', found, code, message })
  const candidates: Candidate[] = []
  const failed = await failedAttempts(reading, ledger)
  const first = new Map<string, Found>()
  for (const found of selected) {
    const acted = ledger.byLetter.get(found.letter.dead_letter_id)
    if (acted) {
      const code = acted.action === 'rerun' ? 'KM_DEAD_LETTER_RERUN' : 'KM_DEAD_LETTER_PURGED'
      refuse(
        found,
        code,
        `it was ${acted.action === 'rerun' ? 're-run' : 'purged'} by ${acted.author}: ${acted.reason}`,
      )
      continue
    }
    try {
      const letter = await recordAt(reading, topics.deadLetters, found.place)
      if (!letter) {
        refuse(found, 'KM_DEAD_LETTER_GONE', 'the log no longer keeps it')
        continue
      }
      const read = await readLetterRecord(reading.codec, letter)
      refuseUnsafe(letter.service, read)
      const recordId = deterministicId('rerun', letter.service, read.identity)
      const other = first.get(recordId)?.letter.dead_letter_id ?? pending(ledger, failed, recordId)
      if (other !== undefined) refuse(found, 'KM_DEAD_LETTER_SAME', `its record is re-run by letter ${other}`)
      else {
        first.set(recordId, found)
        candidates.push({ found, letter, read, recordId })
      }
    } catch (error) {
      const { code, message } = codeOf(error)
      refuse(found, code, message)
    }
  }
  const events = candidates.filter(
    ({ letter, read }) => letter.service === serviceNodes.detect.name && isEventTopic(read.topic),
  )
  const delivered = await deliveredInTime(
    reading,
    events.map(({ read }) => read),
  )
  for (const { found, letter, read, recordId } of candidates) {
    const isEvent = letter.service === serviceNodes.detect.name
    if (isEvent && delivered.inTime.has(read.identity)) {
      refuse(found, 'KM_DEAD_LETTER_DELIVERED', 'the same event came again in time, and counts')
    } else if (isEvent && delivered.unknown.has(read.identity) && !acceptUnchecked) {
      const message = 'the log holds too much to look whether the event came again; accept_unchecked takes the risk'
      refuse(found, 'KM_DEAD_LETTER_UNCHECKED', message)
    } else {
      const originId = letter.origin_id ?? letter.dead_letter_id
      const attempt = (letter.attempt ?? 1) + 1
      const planned = { subscriber: read.subscriber, recordId, originId, attempt, time: read.time }
      verdicts.set(found, { kind: 'rerun', found, letter, planned })
    }
  }
  return selected.flatMap((found) => verdicts.get(found) ?? [])
}

const attemptOf = (origin: string, attempt: number): string => `${attempt} ${origin}`

/** Re-runs that failed again: there is a letter about each. */
async function failedAttempts(reading: Reading, ledger: Ledger): Promise<ReadonlySet<string>> {
  const failed = new Set<string>()
  if (ledger.byRecord.size === 0) return failed
  await eachRecord(reading, topics.deadLetters, ({ attempt, origin_id }) => {
    if (attempt != null && origin_id != null) failed.add(attemptOf(origin_id, attempt))
  })
  return failed
}

/** A letter by which the record was re-run, or is about to be; undefined: every attempt failed. */
function pending(ledger: Ledger, failed: ReadonlySet<string>, recordId: string): string | undefined {
  const requests = ledger.byRecord.get(recordId) ?? []
  return requests.find(({ origin, attempt }) => !failed.has(attemptOf(origin, attempt)))?.letter
}
