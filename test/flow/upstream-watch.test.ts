import { expect, test } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { nodeScheduler } from '../../services/flow/scheduler.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import { UpstreamWatch } from '../../services/flow/upstream-watch.ts'
import { serviceNodes } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'

/** Nobody has committed anything, and nothing lies on the log: all of it is heard of. */
async function watching(store: Partial<StateStore>) {
  const log = createEmbeddedLog({ file: ':memory:', shards: 2, clock: wallClock })
  const embedded = createEmbeddedStore({ file: ':memory:' })
  const errors: unknown[] = []
  const watch = new UpstreamWatch({
    node: serviceNodes.decide,
    upstream: serviceNodes.detect,
    log,
    store: { ...embedded, ...store },
    clock: wallClock,
    scheduler: nodeScheduler,
    settings: { ...flowDefaults, upstreamMs: 5 },
    observer: { ...silentObserver, retrying: (_, error) => void errors.push(error) },
  })
  const end = async () => {
    await watch.stop()
    await log.close()
    await embedded.close()
  }
  return { watch, errors, end }
}

test('a store that fails for one shard leaves that shard alone without knowledge, until it is asked again', async () => {
  let isAway = true
  const { watch, errors, end } = await watching({
    progress: async (_, shard) => {
      if (isAway && shard === shardId(1)) throw new Error('away')
      return undefined
    },
  })
  const [first, second] = [watch.begin(shardId(0)), watch.begin(shardId(1))]
  await waitFor('the first', () => first.heard === Number.POSITIVE_INFINITY && errors.length > 0)
  expect(second.heard).toBe(Number.NEGATIVE_INFINITY)
  isAway = false
  await waitFor('the second', () => second.heard === Number.POSITIVE_INFINITY)
  await end()
})

test('it stops though the store never answers', async () => {
  let asked = 0
  const { watch, end } = await watching({
    progress: () => {
      asked++
      return new Promise(() => undefined)
    },
  })
  watch.begin(shardId(0))
  await waitFor('the question', () => asked > 0)
  await end()
  expect(asked).toBe(1)
})
