import { CodedError } from '../../../domain/errors.ts'
import type { ShardKeys } from './keys.ts'
import type { Link } from './link.ts'

type Pair = readonly [key: string, value: Buffer]

/** Buckets that are read at a time. */
const together = 4

/**
 * All keys and values of a shard, bucket by bucket, each counted against its length, which commits may change meanwhile: a
 * part of a state would read as 'new subscribers'.
 * @throws CodedError KM_STATE_PARTIAL a bucket did not give what its length says, twice
 */
export async function* scanBuckets(
  link: Link,
  shard: string,
  keys: ShardKeys,
  buckets: number,
): AsyncIterable<readonly Pair[]> {
  for (let from = 0; from < buckets; from += together) {
    const numbers = Array.from({ length: Math.min(together, buckets - from) }, (_, i) => from + i)
    for (const pairs of await Promise.all(numbers.map((number) => readBucket(link, shard, keys.bucket(number))))) {
      if (pairs.length > 0) yield pairs
    }
  }
}

async function readBucket(link: Link, shard: string, bucket: string): Promise<readonly Pair[]> {
  let counts = ''
  for (let attempt = 0; attempt < 2; attempt++) {
    const length = await link.retry(`${shard}: scan`, () => link.client.hlen(bucket))
    if (length === 0) return []
    // A map: HSCAN gives a field twice while the hash grows.
    const found = new Map<string, Buffer>()
    let cursor = '0'
    do {
      const at = cursor
      const [next, fields] = await link.retry(`${shard}: scan`, () =>
        link.client.hscanBuffer(bucket, at, 'COUNT', 1_000),
      )
      for (let i = 0; i + 1 < fields.length; i += 2) found.set(String(fields[i]), fields[i + 1] as Buffer)
      cursor = String(next)
    } while (cursor !== '0')
    const after = await link.retry(`${shard}: scan`, () => link.client.hlen(bucket))
    if (found.size >= Math.min(length, after)) return [...found]
    counts = `${found.size} of ${length}`
  }
  throw new CodedError('KM_STATE_PARTIAL', `${shard}: ${bucket} gave ${counts} states; is another writing to it?`, {
    canRetry: true,
  })
}
