import { Redis } from 'ioredis'
import { type Link, openLink } from './link.ts'
import type { RedisStoreSettings } from './settings.ts'
import { serveSnapshot } from './snapshot-server.ts'

/** What of a snapshot was put back. */
export interface PutBack {
  /** Names such as `detect.3`. */
  readonly shards: readonly string[]
  /** Those of the snapshot that the store has: they were left as they are. */
  readonly kept: readonly string[]
  readonly bytes: number
}

/** Keys that are copied at a time. */
const together = 32
const scanCount = 2_000

/**
 * Copies the shards of a snapshot that the store has no state of, one behind the other: what is stored of a shard, and its meta
 * at last, so that nobody finds a part of it. `snapshots`: RDB files, one of each master, or URLs of servers which have loaded
 * them. Shards that the store has are left alone, as is what edges remember. Done again it goes on where it was.
 * @throws CodedError KM_SNAPSHOT_UNREADABLE, KM_STORE_UNAVAILABLE
 */
export async function putBack(settings: RedisStoreSettings, snapshots: readonly string[]): Promise<PutBack> {
  const target = openLink(settings)
  try {
    const done = { shards: [] as string[], kept: [] as string[], bytes: 0 }
    for (const snapshot of snapshots) {
      const { client, close } = await openSnapshot(snapshot)
      try {
        await copyShards(client, target, settings.prefix ?? '', done)
      } finally {
        await close()
      }
    }
    return done
  } finally {
    await target.close()
  }
}

async function openSnapshot(snapshot: string): Promise<{ client: Redis; close(): Promise<void> }> {
  if (!/^rediss?:\/\//.test(snapshot)) return serveSnapshot(snapshot)
  const client = new Redis(snapshot, { maxRetriesPerRequest: 2 })
  client.on('error', () => undefined)
  return { client, close: async () => client.disconnect() }
}

async function copyShards(
  source: Redis,
  target: Link,
  prefix: string,
  done: { shards: string[]; kept: string[]; bytes: number },
): Promise<void> {
  const shards = new Map<string, string[]>()
  const edges: string[] = []
  for await (const key of keysOf(source, `${prefix}km:`)) {
    const [, shard] = /^km:\{(.+?)\}:/.exec(key.slice(prefix.length)) ?? []
    if (shard === undefined) edges.push(key)
    else shards.set(shard, [...(shards.get(shard) ?? []), key])
  }
  for (const [shard, keys] of shards) {
    const meta = `${prefix}km:{${shard}}:meta`
    // A shard that was claimed and never committed to has no state.
    if ((await source.hget(meta, 's')) === null) continue
    if ((await target.retry(`${shard}: meta`, () => target.client.hget(meta, 's'))) !== null) {
      done.kept.push(shard)
      continue
    }
    const states = keys.filter((key) => key !== meta)
    done.bytes += (await copy(source, target, states, 'REPLACE')) + (await copy(source, target, [meta], 'REPLACE'))
    done.shards.push(shard)
  }
  done.bytes += await copy(source, target, edges)
}

async function* keysOf(source: Redis, beginning: string): AsyncGenerator<string> {
  const pattern = `${beginning.replace(/[\\*?[\]^]/g, '\\$&')}*`
  const seen = new Set<string>()
  let cursor = '0'
  do {
    const [next, keys] = await source.scan(cursor, 'MATCH', pattern, 'COUNT', scanCount)
    for (const key of keys) {
      if (!seen.has(key)) yield key
      seen.add(key)
    }
    cursor = next
  } while (cursor !== '0')
}

/** @returns bytes; without `REPLACE` what is there stays */
async function copy(source: Redis, target: Link, keys: readonly string[], replace?: 'REPLACE'): Promise<number> {
  let bytes = 0
  for (let from = 0; from < keys.length; from += together) {
    await Promise.all(
      keys.slice(from, from + together).map(async (key) => {
        const [dump, life] = await Promise.all([source.dumpBuffer(key), source.pttl(key)])
        if (!dump) return
        bytes += dump.length
        const left = Math.max(0, life)
        await target.retry(`${key}: RESTORE`, async () => {
          if (replace) await target.client.restore(key, left, dump, replace)
          else await target.client.restore(key, left, dump).catch(unlessBusy)
        })
      }),
    )
  }
  return bytes
}

function unlessBusy(error: unknown): void {
  if (!(error instanceof Error) || !error.message.startsWith('BUSYKEY')) throw error
}
