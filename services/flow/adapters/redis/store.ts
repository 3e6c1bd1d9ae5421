import { randomBytes } from 'node:crypto'
import { Cluster } from 'ioredis'
import { CodedError } from '../../../domain/errors.ts'
import { abortable } from '../../abortable.ts'
import type { StateStore } from '../../state-store.ts'
import { CommitEncoder } from './commit-encoder.ts'
import { createExpiringIndex } from './expiring-index.ts'
import { bucketOf, shardKeys } from './keys.ts'
import { openLink, RoutedCommand, untilAborted } from './link.ts'
import { inspectServers } from './safety.ts'
import { scanBuckets } from './scan.ts'
import { claimScript, runScript } from './scripts.ts'
import type { RedisStoreSettings } from './settings.ts'
import { openShardStore } from './shard-store.ts'
import { WatchedMeta } from './watched-meta.ts'

/**
 * The StateStore on Redis, single node or Cluster. Connects in the background; the first calls wait for it, for as long
 * as `unavailableAfterMs`. The servers are checked at the first claim, and nodes that join a Cluster when they get a slot.
 * @throws RangeError for a number of buckets out of range
 */
export function createRedisStore(settings: RedisStoreSettings): StateStore {
  const { buckets = 256, allowUnsafe = false, prefix = '' } = settings
  if (!Number.isInteger(buckets) || buckets < 1 || buckets > 4_096) throw new RangeError('buckets: from 1 to 4,096')
  const link = openLink(settings)
  const encoder = new CommitEncoder()
  /** Connections of the shards that are held. */
  const metas = new Set<WatchedMeta>()
  function watched(key: string, signal: AbortSignal | undefined): WatchedMeta {
    const meta = new WatchedMeta(link, key)
    metas.add(meta)
    const end = () => {
      metas.delete(meta)
      meta.drop()
    }
    signal?.addEventListener('abort', end, { once: true })
    return meta
  }
  let inspected: Promise<void> | null = null
  function inspect(): Promise<void> {
    inspected ??= inspectServers(link, allowUnsafe).catch((error) => {
      inspected = null
      throw error
    })
    return inspected
  }
  // A node that joins gets slots of shards which are claimed already.
  if (link.client instanceof Cluster) {
    link.client.on('+node', () => {
      if (inspected === null) return
      inspected = null
      inspect().catch((error: Error) => settings.logger?.warn({ error: error.message }, 'a node of the Redis Cluster'))
    })
  }

  return {
    async claim(service, shard, signal) {
      await abortable(inspect(), signal)
      const own = untilAborted(link, signal)
      const name = `${service}.${shard}`
      const keys = shardKeys(prefix, service, shard)
      // An attempt whose answer is lost took the shard under an epoch that nobody has: the next one takes it again.
      const reply = await own.retry(`${name}: claim`, async () => {
        const random = randomBytes(8).toString('hex')
        return runScript(link.client, keys.meta, claimScript, () => {
          const args = [claimScript.sha, 1, keys.meta, Date.now(), random, buckets]
          const command = new RoutedCommand(keys.meta, 'evalsha', args)
          link.client.sendCommand(command)
          return command.promise
        })
      })
      const [epoch, sequence, progress, stored, note] = reply as (string | null)[]
      if (!epoch || !stored) throw new CodedError('KM_STATE_CORRUPT', `${keys.meta} is not what was written to it`)
      return openShardStore({
        link: own,
        meta: watched(keys.meta, signal),
        encoder,
        name,
        keys,
        epoch,
        sequence: Number(sequence ?? 0),
        progress: progress ?? '',
        note: note ?? '',
        buckets: Number(stored),
        replicas: settings.replicas,
        logger: settings.logger,
      })
    },
    async peek(service, shard, key) {
      const keys = shardKeys(prefix, service, shard)
      const bytes = Buffer.from(key)
      return link.retry(`${service}.${shard}: peek`, async () => {
        const [kept, sequence, progress, note] = await link.client.hmget(keys.meta, 'n', 's', 'p', 'm')
        if (!kept || !sequence) return undefined
        const bucket = keys.bucket(bucketOf(bytes, 0, bytes.length, Number(kept)))
        const value = await link.client.hgetBuffer(bucket, key)
        // A note of another commit than the value's might not tell how to read it. By MULTI nothing could be looked at while
        // the shard's slot moves to another node of a Cluster.
        const after = await link.client.hget(keys.meta, 's')
        if (after !== sequence) throw new Error('it was committed to meanwhile')
        return { progress: progress ?? '', note: note ?? '', value }
      })
    },
    progress(service, shard) {
      const { meta } = shardKeys(prefix, service, shard)
      return link.retry(`${service}.${shard}: progress`, async () => {
        const [sequence, progress] = await link.client.hmget(meta, 's', 'p')
        return sequence ? (progress ?? '') : undefined
      })
    },
    async *scan(service, shard) {
      const keys = shardKeys(prefix, service, shard)
      const name = `${service}.${shard}`
      const [kept, sequence] = await link.retry(`${name}: scan`, () => link.client.hmget(keys.meta, 'n', 's'))
      if (kept && sequence) yield* scanBuckets(link, name, keys, Number(kept))
    },
    index: (name) => createExpiringIndex(link, prefix, name),
    async close() {
      for (const meta of metas) meta.drop()
      await link.close()
    },
  }
}
