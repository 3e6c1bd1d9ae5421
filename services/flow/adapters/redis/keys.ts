import type { ShardId } from '../../../domain/ids.ts'

/** The Redis keys of one shard, behind the prefix of its system. One hash tag: on a Cluster they share a slot, so that one script may write them all. */
export interface ShardKeys {
  readonly meta: string
  readonly timers: string
  readonly outbox: string
  bucket(number: number): string
}

export function shardKeys(system: string, service: string, shard: ShardId): ShardKeys {
  const prefix = `${system}km:{${service}.${shard}}`
  return {
    meta: `${prefix}:meta`,
    timers: `${prefix}:timers`,
    outbox: `${prefix}:outbox`,
    bucket: (number) => `${prefix}:b${number}`,
  }
}

export const indexKey = (system: string, name: string, key: string): string => `${system}km:index:${name}:${key}`

/**
 * The bucket of the key in `bytes` from `start` to `end`: FNV-1a, mixed once more, modulo `buckets`. Stored states
 * depend on it: it must never change. It is not murmur2, which has already chosen the shard: within one shard
 * murmur2's remainders repeat, and most buckets would stay empty.
 */
export function bucketOf(bytes: Uint8Array, start: number, end: number, buckets: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0) % buckets
}
