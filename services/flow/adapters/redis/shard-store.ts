import { CodedError } from '../../../domain/errors.ts'
import type { CommitGroup, OutboxRow, ShardStore, StoredShard, TimerEntry } from '../../state-store.ts'
import { type CommitEncoder, type Transaction, timerOf } from './commit-encoder.ts'
import { bucketOf, type ShardKeys } from './keys.ts'
import type { Link } from './link.ts'
import { createReplicaWait } from './replicas.ts'
import { scanBuckets } from './scan.ts'
import type { RedisLogger } from './settings.ts'
import { settle } from './settle.ts'
import type { WatchedMeta } from './watched-meta.ts'

export interface ClaimedShard {
  readonly link: Link
  readonly meta: WatchedMeta
  readonly encoder: CommitEncoder
  readonly name: string
  readonly keys: ShardKeys
  readonly epoch: string
  readonly sequence: number
  readonly progress: string
  readonly note: string
  readonly buckets: number
  /** See `ReplicaSettings`. */
  readonly replicas: number | undefined
  readonly logger: RedisLogger | undefined
}

export async function openShardStore(claimed: ClaimedShard): Promise<ShardStore> {
  const { link, meta, encoder, name, keys, epoch, buckets, replicas, logger } = claimed
  const awaitReplicas = createReplicaWait(link, meta, { shard: name, metaKey: keys.meta, demanded: replicas, logger })
  const [timers, outbox] = await Promise.all([readTimers(link, name, keys), readOutbox(link, keys)])
  const { sequence, progress, note } = claimed
  const stored: StoredShard = { sequence, progress, note, timers, outbox }

  let untrimmed = outbox.map((row) => row.sequence)
  let last: Promise<unknown> = Promise.resolve()
  /** Greatest sequence that was sent; 0 after a failure, which all that follow share. */
  let sent = sequence

  async function finish(transaction: Transaction, sequence: number, before: Promise<unknown>): Promise<void> {
    const atOnce = await settle(link, meta, { shard: name, epoch, sequence, transaction }, before)
    // Otherwise a connection that hangs may still hold the bytes.
    if (atOnce) encoder.recycle(transaction)
    await awaitReplicas(sequence)
  }

  return {
    epoch,
    stored,

    async load(wanted) {
      const byBucket = new Map<number, { keys: string[]; places: number[] }>()
      for (const [place, key] of wanted.entries()) {
        const bytes = Buffer.from(key)
        const bucket = bucketOf(bytes, 0, bytes.length, buckets)
        const group = byBucket.get(bucket) ?? { keys: [], places: [] }
        group.keys.push(key)
        group.places.push(place)
        byBucket.set(bucket, group)
      }
      const groups = [...byBucket]
      // No pipeline: where a slot is on its way to another node, ioredis would ask that node for all of them again, which
      // knows nothing yet of the buckets that are still here, and says so: their subscribers would read as new.
      const replies = await link.retry(`${name}: load`, () =>
        Promise.all(groups.map(([bucket, group]) => link.client.hmgetBuffer(keys.bucket(bucket), ...group.keys))),
      )
      const found: (Buffer | null)[] = new Array(wanted.length).fill(null)
      for (const [at, [, group]] of groups.entries()) {
        for (const [i, place] of group.places.entries()) found[place] = replies[at]?.[i] ?? null
      }
      return found
    },

    commit(group: CommitGroup): Promise<void> {
      // The store would take it for the answer to a commit that is in, and drop it.
      if (group.sequence <= sent) throw new RangeError(`${name}: commit ${group.sequence} was sent before`)
      sent = group.sequence
      const trimmed = untrimmed.filter((sequence) => sequence <= group.trimThrough)
      untrimmed = untrimmed.filter((sequence) => sequence > group.trimThrough)
      if (group.outbox && group.outbox.length > 0) untrimmed.push(group.sequence)
      const transaction = encoder.encode(group, { keys, buckets, trimmed })
      const done = finish(transaction, group.sequence, last)
      // A commit that fails takes those behind it along; each is reported by its own promise.
      last = done
      done.catch(() => {
        sent = 0
      })
      return done
    },

    scan: () => scanBuckets(link, name, keys, buckets),
  }
}

/**
 * Counted, as nobody but the owner writes: a set that goes to another server between two pages has another order there, and
 * what a page left out would never come due.
 */
async function readTimers(link: Link, shard: string, keys: ShardKeys): Promise<TimerEntry[]> {
  let counts = ''
  for (let attempt = 0; attempt < 3; attempt++) {
    const count = await link.retry('timers', () => link.client.scard(keys.timers))
    const found = await scanTimers(link, keys)
    if (found.size === count) return timersOf(found, keys)
    counts = `${found.size} of ${count}`
  }
  throw new CodedError(
    'KM_STATE_PARTIAL',
    `${shard}: ${keys.timers} gave ${counts} timers; is another writing to it?`,
    {
      canRetry: true,
    },
  )
}

async function scanTimers(link: Link, keys: ShardKeys): Promise<Set<string>> {
  const found = new Set<string>()
  let cursor = '0'
  do {
    const at = cursor
    const [next, members] = await link.retry('timers', () => link.client.sscan(keys.timers, at, 'COUNT', 5_000))
    for (const member of members) found.add(member)
    cursor = next
  } while (cursor !== '0')
  return found
}

function timersOf(members: ReadonlySet<string>, keys: ShardKeys): TimerEntry[] {
  const timers = [...members].map(timerOf)
  if (timers.some(({ slot }) => !Number.isFinite(slot))) {
    throw new CodedError('KM_STATE_CORRUPT', `${keys.timers} holds members that are not '<slot> <key>'`)
  }
  return timers.sort((a, b) => a.slot - b.slot || (a.key < b.key ? -1 : 1))
}

async function readOutbox(link: Link, keys: ShardKeys): Promise<OutboxRow[]> {
  const rows = await link.retry('outbox', () => link.client.hgetallBuffer(keys.outbox))
  return Object.entries(rows)
    .map(([sequence, bytes]) => ({ sequence: Number(sequence), bytes }))
    .sort((a, b) => a.sequence - b.sequence)
}
