import type { ExpiringIndex } from '../../state-store.ts'
import { indexKey } from './keys.ts'
import type { Link } from './link.ts'

export function createExpiringIndex(link: Link, system: string, name: string): ExpiringIndex {
  const { client } = link
  const keyOf = (key: string) => indexKey(system, name, key)
  return {
    async put(key, value, lifetimeMs) {
      await link.retry(`index ${name}`, () => client.set(keyOf(key), value, 'PX', Math.ceil(lifetimeMs)))
    },
    // A first attempt may have stored our value though its answer was lost: the second then finds it, which is right.
    putIfAbsent: (key, value, lifetimeMs) =>
      link.retry(`index ${name}`, async () => {
        const stored = await client.set(keyOf(key), value, 'PX', Math.ceil(lifetimeMs), 'NX')
        if (stored === 'OK') return value
        const found = await client.get(keyOf(key))
        if (found === null) throw new Error('it expired between two commands')
        return found
      }),
    get: (key) => link.retry(`index ${name}`, () => client.get(keyOf(key))),
    async remove(key) {
      await link.retry(`index ${name}`, () => client.del(keyOf(key)))
    },
  }
}
