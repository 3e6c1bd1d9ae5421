import { CodedError } from '../domain/errors.ts'
import { deterministicId } from '../domain/ids.ts'
import type { Clock } from '../flow/clock.ts'
import type { AppendRecord } from '../flow/event-log.ts'
import { keyBytesMax } from '../flow/head-check.ts'
import type { Rerun } from '../records/types.ts'
import { topics } from '../topology.ts'
import { readLedger } from './ledger.ts'
import { planReruns, type Verdict } from './plan.ts'
import type { Reading } from './read-records.ts'
import { cursorAt, type Filter, type Found, type Selection, selectLetters } from './select.ts'

export interface Acting extends Reading {
  readonly clock: Clock
}

/** Who acts on which letters, and why. */
export interface ActRequest {
  readonly filter: Filter
  /** Letters at most; the oldest first. */
  readonly limit: number
  readonly from?: string | undefined
  readonly author: string
  readonly reason: string
  /** Says what would happen, and changes nothing. */
  readonly dryRun: boolean
  readonly acceptUnchecked?: boolean | undefined
}

export interface Acted {
  readonly done: readonly Found[]
  readonly refused: readonly Extract<Verdict, { kind: 'refused' }>[]
  readonly next: string | undefined
}

/** Bytes of records that a request holds in memory. */
const plannedBytesMost = 32 * 1_048_576
/** Bytes that go to the log together. */
const appendBytesMost = 4 * 1_048_576

/**
 * Has the records of letters handled once more. The request on the log is the re-run and the mark of it in one: whatever
 * breaks in the middle, a letter was re-run exactly if its request is there.
 * @throws CodedError KM_LOG_UNAVAILABLE: not known how many were; asking again re-runs the others
 */
export async function rerunLetters(acting: Acting, request: ActRequest): Promise<Acted> {
  const ledger = await readLedger(acting)
  const { found, next } = withinMemory(await selectLetters(acting, ledger, request.filter, pageOf(request)))
  const verdicts = await planReruns(acting, ledger, found, { acceptUnchecked: request.acceptUnchecked })
  const taken = verdicts.flatMap((verdict) => (verdict.kind === 'rerun' ? [verdict] : []))
  // The older event first, as it would have come.
  const inOrder = taken.toSorted((a, b) => a.planned.time - b.planned.time)
  const requests = inOrder.map(({ letter, planned }): Rerun => {
    const { dead_letter_id, service, topic, shard, position, appended_at, value } = letter
    return {
      ...entryOf(acting, 'rerun', dead_letter_id, request),
      subscriber_id: planned.subscriber,
      origin_id: planned.originId,
      attempt: planned.attempt,
      record_id: planned.recordId,
      service,
      topic,
      shard,
      position,
      appended_at,
      value,
    }
  })
  if (!request.dryRun) await append(acting, requests)
  return {
    done: taken.map((verdict) => verdict.found),
    refused: verdicts.flatMap((verdict) => (verdict.kind === 'refused' ? [verdict] : [])),
    next,
  }
}

/** Marks letters as not to be handled any more: they leave the list. Their bytes leave with the log's retention. */
export async function purgeLetters(acting: Acting, request: ActRequest): Promise<Acted> {
  const ledger = await readLedger(acting)
  const { found, next } = await selectLetters(acting, ledger, request.filter, pageOf(request))
  const done = found.filter(({ state }) => state === 'open')
  const entries = done.map(({ letter }): Rerun => {
    const { dead_letter_id, subscriber_id, origin_id, attempt, service, topic, shard, position, appended_at } = letter
    return {
      ...entryOf(acting, 'purge', dead_letter_id, request),
      subscriber_id: isKey(subscriber_id) ? subscriber_id : dead_letter_id.slice(0, keyBytesMax),
      origin_id: origin_id ?? dead_letter_id,
      attempt: attempt ?? 1,
      record_id: '',
      service,
      topic,
      shard,
      position,
      appended_at,
      value: Buffer.alloc(0),
    }
  })
  if (!request.dryRun) await append(acting, entries)
  const refused = found
    .filter(({ state }) => state !== 'open')
    .map((one) => ({
      kind: 'refused' as const,
      found: one,
      code: one.state === 'rerun' ? 'KM_DEAD_LETTER_RERUN' : 'KM_DEAD_LETTER_PURGED',
      message: `it was ${one.state === 'rerun' ? 're-run' : 'purged'} already`,
    }))
  return { done, refused, next }
}

/** As many of a page as may be in memory with their bytes, at least one. */
function withinMemory({ found, next }: Pick<Selection, 'found' | 'next'>): Pick<Selection, 'found' | 'next'> {
  let bytes = 0
  const over = found.findIndex(({ letter }, i) => {
    bytes += letter.bytes
    return i > 0 && bytes > plannedBytesMost
  })
  if (over < 0) return { found, next }
  const kept = found.slice(0, over)
  return { found: kept, next: cursorAt(kept.at(-1)) }
}

const pageOf = ({ limit, from }: ActRequest) => ({ order: 'oldest-first' as const, limit, from })

const isKey = (subscriber: string): boolean => subscriber !== '' && Buffer.byteLength(subscriber) <= keyBytesMax

const entryOf = ({ clock }: Acting, action: Rerun['action'], letter: string, { author, reason }: ActRequest) => ({
  rerun_id: deterministicId('rerun', action, letter),
  dead_letter_id: letter,
  requested_at: Math.max(0, clock.now()),
  action,
  author,
  reason,
})

async function append({ log, codec }: Acting, entries: readonly Rerun[]): Promise<void> {
  let records: AppendRecord[] = []
  let bytes = 0
  const flush = async () => {
    if (records.length > 0) await log.append(records)
    records = []
    bytes = 0
  }
  for (const entry of entries) {
    const value = codec.encode(topics.reruns, entry)
    records.push({ topic: topics.reruns.name, key: entry.subscriber_id, value })
    bytes += value.length
    if (bytes >= appendBytesMost) await flush()
  }
  await flush()
}

/** One at a time in a process: the second would not see what the first one is doing. */
export function oneAtATime(): <T>(act: () => Promise<T>) => Promise<T> {
  let busy = false
  return async (act) => {
    if (busy) {
      throw new CodedError('KM_DEAD_LETTERS_BUSY', 'somebody else acts on dead letters; try again', { canRetry: true })
    }
    busy = true
    try {
      return await act()
    } finally {
      busy = false
    }
  }
}
