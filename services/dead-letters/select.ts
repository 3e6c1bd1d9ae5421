import { CodedError } from '../domain/errors.ts'
import type { DeadLetter } from '../records/types.ts'
import { topics } from '../topology.ts'
import type { Ledger, LetterState } from './ledger.ts'
import { eachRecord, type LogPlace, type Reading } from './read-records.ts'

/** Which letters are meant: those that meet all that is said. */
export interface Filter {
  readonly ids?: readonly string[] | undefined
  readonly state?: LetterState | 'all' | undefined
  /** `KM_…`. */
  readonly code?: string | undefined
  readonly topic?: string | undefined
  readonly service?: string | undefined
  readonly subscriber?: string | undefined
  /** By the time of the failure, milliseconds since 1970: from `since` on, before `until`. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** A letter without its bytes, and where it is on the log. */
export interface Found {
  readonly letter: Omit<DeadLetter, 'value' | 'key'> & { readonly bytes: number }
  readonly state: LetterState
  readonly place: LogPlace
}

export interface Selection {
  readonly found: readonly Found[]
  /** Where the next page begins; undefined: there is none. */
  readonly next: string | undefined
  /** How many letters the filter meets, whatever page they are on. */
  readonly matching: number
  /** Of those, the open ones by code. */
  readonly openByCode: ReadonlyMap<string, number>
}

export interface Page {
  readonly order: 'newest-first' | 'oldest-first'
  readonly limit: number
  /** What the page before gave as `next`. */
  readonly from?: string | undefined
}

/** The letters of a page. One pass over km.dead-letters; no more than a page is kept in memory, and no bytes of records. */
export async function selectLetters(reading: Reading, ledger: Ledger, filter: Filter, page: Page): Promise<Selection> {
  const seen = new Set<string>()
  const openByCode = new Map<string, number>()
  const ids = filter.ids && new Set(filter.ids)
  const start = page.from === undefined ? undefined : cursorOf(page.from)
  const sign = page.order === 'newest-first' ? -1 : 1
  const order = (a: Key, b: Key) => sign * (a.failed_at - b.failed_at || compare(a.dead_letter_id, b.dead_letter_id))
  let kept: Found[] = []
  let matching = 0
  let behind = 0
  await eachRecord(reading, topics.deadLetters, ({ value, key: _key, ...rest }, place) => {
    const state = ledger.stateOf(rest.dead_letter_id)
    if (!meets(filter, ids, rest, state) || seen.has(rest.dead_letter_id)) return
    // A replay after a rollback writes the same letters again.
    seen.add(rest.dead_letter_id)
    matching++
    if (state === 'open') openByCode.set(rest.code, (openByCode.get(rest.code) ?? 0) + 1)
    if (start && order(rest, start) <= 0) return
    behind++
    kept.push({ letter: { ...rest, bytes: value.length }, state, place })
    if (kept.length >= 2 * page.limit + 100) kept = firstOf(kept, page.limit, order)
  })
  const found = firstOf(kept, page.limit, order)
  const next = behind > found.length ? cursorAt(found.at(-1)) : undefined
  return { found, next, matching, openByCode }
}

type Key = Pick<DeadLetter, 'failed_at' | 'dead_letter_id'>

function meets(
  { state: wanted = 'open', code, topic, service, subscriber, since, until }: Filter,
  ids: ReadonlySet<string> | undefined,
  letter: Omit<DeadLetter, 'value' | 'key'>,
  state: LetterState,
): boolean {
  return (
    (wanted === 'all' || wanted === state) &&
    (ids === undefined || ids.has(letter.dead_letter_id)) &&
    (code === undefined || code === letter.code) &&
    (topic === undefined || topic === letter.topic || `km.${topic}` === letter.topic) &&
    (service === undefined || service === letter.service) &&
    (subscriber === undefined || subscriber === letter.subscriber_id) &&
    (since === undefined || letter.failed_at >= since) &&
    (until === undefined || letter.failed_at < until)
  )
}

const firstOf = (found: Found[], limit: number, order: (a: Key, b: Key) => number): Found[] =>
  found.toSorted((a, b) => order(a.letter, b.letter)).slice(0, limit)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Where a page goes on behind a letter. */
export const cursorAt = (found: Found | undefined): string | undefined =>
  found && `${found.letter.failed_at}.${found.letter.dead_letter_id}`

/** @throws CodedError KM_DEAD_LETTER_CURSOR */
function cursorOf(text: string): Key {
  const [, time, id] = /^(\d{1,16})\.(.{1,128})$/.exec(text) ?? []
  if (time !== undefined && id !== undefined) return { failed_at: Number(time), dead_letter_id: id }
  throw new CodedError('KM_DEAD_LETTER_CURSOR', `'${text}' is no place in the list; take what the page before gave`)
}
