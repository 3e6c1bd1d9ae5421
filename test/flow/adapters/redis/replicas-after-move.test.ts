import { expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { createRedisStore } from '../../../../services/flow/adapters/redis/store.ts'
import { groupOf } from '../../../conformance/commit-group.ts'
import { startRedisCluster } from '../../../support/redis-cluster.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { beginMove, directTo } from './slot-under-way.ts'

const meta = 'km:{detect.0}:meta'

it('a commit whose slot moves before a replica has it waits for a replica of the new node', {
  timeout: 180_000,
}, async () => {
  const cluster = await startRedisCluster()
  const owner = await cluster.ownerOf(meta)
  const other = cluster.masters.find(({ address }) => address !== owner)
  if (!other) throw new Error('there is no other master')
  await cluster.join(other)
  const direct = directTo(cluster.url)
  const hasReplica = async () => {
    const said = await Promise.all(direct.nodes('master').map((node) => node.info('replication')))
    return said.some((text) => /slave0:.*state=online/.test(text))
  }
  await waitFor('a replica of the other master', hasReplica, { deadlineMs: 60_000 })

  const store = createRedisStore({ url: cluster.url, cluster: true, replicas: 1, unavailableAfterMs: 30_000 })
  onTestFinished(() => store.close())
  const shard = await store.claim('detect', shardId(0))
  let isDone = false
  const commit = shard.commit(groupOf(1, { writes: { a: '1' } })).then(() => {
    isDone = true
  })
  // It is in, and waits in vain for a replica of a node which has none.
  await waitFor('the commit to be in', async () => (await direct.hget(meta, 's')) === '1')
  const slot = await beginMove(direct, meta, other.address)
  await slot.move(slot.keys)
  expect(isDone).toBe(false)
  await slot.finish()
  await commit
  expect((await shard.load(['a'])).map(String)).toEqual(['1'])
})
