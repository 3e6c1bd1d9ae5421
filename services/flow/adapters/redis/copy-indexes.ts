import { Cluster } from 'ioredis'
import { openLink } from './link.ts'
import type { RedisStoreSettings } from './settings.ts'

/** Copies the entries of all expiring indexes of one system to another, each with what is left of its life. @returns how many */
export async function copyIndexes(from: RedisStoreSettings, to: RedisStoreSettings): Promise<number> {
  const [source, target] = [openLink(from), openLink(to)]
  const [before, after] = [from.prefix ?? '', to.prefix ?? '']
  let count = 0
  try {
    // Before the first answer a Cluster knows no nodes.
    await source.retry('indexes', () => source.client.get(`${before}km:index:`))
    const nodes = source.client instanceof Cluster ? source.client.nodes('master') : [source.client]
    for (const node of nodes) {
      let cursor = '0'
      do {
        const [next, keys] = await node.scan(cursor, 'MATCH', `${before}km:index:*`, 'COUNT', 1_000)
        cursor = next
        for (const key of keys) {
          const [value, left] = await Promise.all([source.client.get(key), source.client.pttl(key)])
          if (value === null || left <= 0) continue
          const copy = after + key.slice(before.length)
          await target.retry('indexes', () => target.client.set(copy, value, 'PX', left))
          count++
        }
      } while (cursor !== '0')
    }
    return count
  } finally {
    await Promise.all([source.close(), target.close()])
  }
}
