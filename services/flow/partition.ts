import { type ShardId, shardId } from '../domain/ids.ts'

/** Kafka's murmur2 (Java client's default partitioner) of the bytes from `start` to `end`. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const m = 0x5bd1e995
  const length = end - start
  let h = 0x9747b28c ^ length
  let i = start
  for (const wholeEnd = start + (length & ~3); i < wholeEnd; i += 4) {
    let k =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    k = Math.imul(k, m)
    h = Math.imul(h, m) ^ k
  }
  const rest = length & 3
  if (rest === 3) h ^= (bytes[i + 2] as number) << 16
  if (rest >= 2) h ^= (bytes[i + 1] as number) << 8
  if (rest >= 1) h = Math.imul(h ^ (bytes[i] as number), m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  return h ^ (h >>> 15)
}

/** The shard of a key: what the Java client's default partitioner says for it. */
export function shardOf(key: Uint8Array | string, shards: number): ShardId {
  return shardId((murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % shards)
}

/** The key, or the first one made from it, that belongs to the shard. */
export function keyOn(shard: ShardId, key: string, shards: number): string {
  for (let i = 0; ; i++) {
    const one = i === 0 ? key : `${key}-${i}`
    if (shardOf(one, shards) === shard) return one
  }
}
