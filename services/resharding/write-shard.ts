import type { Progress } from '../flow/progress.ts'
import type { CommitGroup, ShardStore, StateWrites, TimerEntry } from '../flow/state-store.ts'

export interface NewShard {
  /** Whether a subscriber is of this shard. */
  readonly isOf: (key: string) => boolean
  /** With which it goes on. */
  readonly progress: Progress
}

/** Of states in one commit. */
const portionBytes = 4 * 1_048_576
const portionTimers = 20_000

/** Not readable: a shard that is only half there must not be worked on. */
const unfinished = 'this shard is being written by a split'

/** Writes a new shard from what the old one has of its subscribers. */
export async function writeShard(
  target: ShardStore,
  source: ShardStore,
  { isOf, progress }: NewShard,
): Promise<{ states: number; timers: number }> {
  const { note } = source.stored
  const timers = source.stored.timers.filter(({ key }) => isOf(key))
  let sequence = 0
  let states = 0
  const commit = (entries: readonly Entry[], timersAdded: readonly TimerEntry[], text: string) =>
    target.commit(groupOf(++sequence, { entries, timersAdded, progress: text, note: sequence === 1 ? note : null }))

  let portion: Entry[] = []
  let bytes = 0
  for await (const page of source.scan()) {
    for (const [key, value] of page) {
      if (!isOf(key)) continue
      portion.push([Buffer.from(key), value])
      bytes += value.length
      states++
    }
    if (bytes < portionBytes) continue
    await commit(portion, [], unfinished)
    portion = []
    bytes = 0
  }
  await commit(portion, [], unfinished)
  for (let at = 0; at < timers.length; at += portionTimers) {
    await commit([], timers.slice(at, at + portionTimers), unfinished)
  }
  await commit([], [], JSON.stringify(progress))
  return { states, timers: timers.length }
}

type Entry = readonly [key: Buffer, value: Buffer]

interface Portion extends Pick<CommitGroup, 'timersAdded' | 'progress' | 'note'> {
  readonly entries: readonly Entry[]
}

function groupOf(sequence: number, { entries, ...rest }: Portion): CommitGroup {
  const at = (i: number): Entry => entries[i] as Entry
  const writes: StateWrites = {
    count: entries.length,
    keyLength: (i) => at(i)[0].length,
    copyKey: (i, target, start) => start + at(i)[0].copy(target, start),
    valueLength: (i) => at(i)[1].length,
    copyValue: (i, target, start) => start + at(i)[1].copy(target, start),
  }
  return { sequence, writes, outbox: null, trimThrough: 0, timersRemoved: [], ...rest }
}
