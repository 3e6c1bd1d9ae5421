import { Cluster, Redis } from 'ioredis'
import { createRedisStore } from '../../../../services/flow/adapters/redis/store.ts'
import type { StateStore } from '../../../../services/flow/state-store.ts'
import type { StateStoreFixture } from '../../../conformance/state-store.ts'

/** The store on a real server as the conformance suite wants it. */
export async function createRedisFixture(url: string, cluster: boolean): Promise<StateStoreFixture> {
  let stores: StateStore[] = []
  const { hostname, port } = new URL(url)
  const node = { host: hostname, port: Number(port) }
  // Goes behind the store's back.
  const direct = cluster ? new Cluster([node]) : new Redis(node)
  async function connect() {
    const store = createRedisStore({ url, cluster })
    stores.push(store)
    return store
  }
  async function closeAll() {
    const open = stores
    stores = []
    await Promise.all(open.map((store) => store.close()))
  }
  return {
    connect,
    async restart() {
      await closeAll()
      return connect()
    },
    async remember(service, shard) {
      const prefix = `km:{${service}.${shard}}:`
      const keys = ['meta', 'timers', 'outbox', ...Array.from({ length: 256 }, (_, i) => `b${i}`)]
      const dumps = await Promise.all(keys.map((key) => direct.dumpBuffer(prefix + key)))
      return async () => {
        for (const [i, key] of keys.entries()) {
          await direct.del(prefix + key)
          const dump = dumps[i]
          if (dump) await direct.restore(prefix + key, 0, dump)
        }
      }
    },
    async close() {
      await closeAll()
      direct.disconnect()
    },
  }
}
