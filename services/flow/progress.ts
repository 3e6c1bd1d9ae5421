import { CodedError } from '../domain/errors.ts'
import type { StoredFailures } from './failing-timers.ts'
import type { HandledReruns } from './reruns.ts'

/** A commit, by which another service follows what becomes of it (see `Upstream`). */
export interface CommitMark {
  /** Epoch of the shard's owner: where it changes, the state may have gone back. */
  readonly owner: string
  /** Number of the commit. */
  readonly number: number
  /** Up to which commit all outputs were on the log. */
  readonly relayed: number
}

/** What is committed with the states of a shard: where it is in its inputs and outputs, and its clocks. */
export interface Progress {
  /** By input topic, the position from which to go on. */
  readonly positions: Readonly<Record<string, number>>
  /** By output topic, the position behind this shard's outputs that the state knows to be on the log. */
  readonly ends: Readonly<Record<string, number>>
  /** By output topic, up to which position outputs behind `ends` were adopted; missing: nothing is being adopted. */
  readonly adopted?: Readonly<Record<string, number>>
  /** Shard clock and greatest event time; null before the first event. */
  readonly clock: number | null
  readonly head: number | null
  /** By how much the feed was behind (see `FeedDelay`), in milliseconds; missing: it wasn't. */
  readonly feedDelay?: number
  /** Dead letters' records that were handled once more of late; missing: none. */
  readonly reruns?: HandledReruns
  /** The state was lost, and it was decided to begin without it; missing: it never was. */
  readonly genesis?: Genesis
  /** What waits in the states, by lane (see `Processor.waiting`); missing: nothing does. */
  readonly waiting?: Readonly<Record<string, number>>
  /** Timers that throw; missing: none. */
  readonly failing?: StoredFailures
  /** Where on their topic dead letters begin whose records are still to be passed over (`AdoptedLetters`); missing: none. */
  readonly letters?: number
  /** Missing in what was stored before there were marks. */
  readonly commit?: CommitMark
  /** The processor's own (see `Processor.note`), of before it had a place of its own in the store. */
  readonly note?: string
}

/** Who decided that a shard begins without its state, when (milliseconds since 1970) and why. */
export interface Genesis {
  readonly at: number
  readonly by: string
  readonly reason: string
  /** Since when the log had all that the service had put out; null: from the beginning, so that nothing of it was lost. */
  readonly knownSince: number | null
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null)

export function encodeProgress(progress: {
  positions: Record<string, number>
  ends: Record<string, number>
  adopted: Record<string, number> | undefined
  clock: number
  head: number
  feedDelay: number
  reruns: HandledReruns | undefined
  genesis: Genesis | undefined
  waiting: Readonly<Record<string, number>> | undefined
  failing: StoredFailures | undefined
  letters: number | undefined
  commit: CommitMark
}): string {
  const { feedDelay, ...rest } = progress
  const delay = feedDelay > 0 ? { feedDelay } : {}
  return JSON.stringify({ ...rest, clock: finite(progress.clock), head: finite(progress.head), ...delay })
}

/** What the processor is given back of what a shard's store, or a look into it, has. */
export const noteOf = (stored: { readonly note: string }, progress: Progress): string =>
  stored.note === '' ? (progress.note ?? '') : stored.note

/** @throws CodedError KM_STATE_UNREADABLE */
export function decodeProgress(text: string): Progress {
  if (text === '') return { positions: {}, ends: {}, clock: null, head: null }
  try {
    return JSON.parse(text) as Progress
  } catch (cause) {
    throw new CodedError('KM_STATE_UNREADABLE', 'the progress stored with the shard is not readable', { cause })
  }
}
