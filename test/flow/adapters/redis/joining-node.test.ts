import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { createRedisStore } from '../../../../services/flow/adapters/redis/store.ts'
import { groupOf } from '../../../conformance/commit-group.ts'
import { startRedisCluster } from '../../../support/redis-cluster.ts'
import { waitFor } from '../../../support/wait-for.ts'

it('a node that joins a Cluster without an append-only file is told of, and no shard is claimed there', {
  timeout: 180_000,
}, async () => {
  const cluster = await startRedisCluster()
  const warnings: string[] = []
  const logger = { info: () => undefined, warn: (fields: object) => warnings.push(JSON.stringify(fields)) }
  const store = createRedisStore({ url: cluster.url, cluster: true, logger })
  onTestFinished(() => store.close())
  const owner = await store.claim('detect', shardId(0))
  await owner.commit(groupOf(1))

  const fourth = await cluster.join()
  const direct = new Redis(`redis://${fourth.address}`)
  onTestFinished(() => direct.disconnect())
  await direct.config('SET', 'appendonly', 'no')
  const first = await cluster.ownerOf('km:{detect.0}:meta')
  const from = cluster.masters.find(({ address }) => address === first)?.id ?? ''
  const slot = Number(await direct.cluster('KEYSLOT', 'km:{detect.0}:meta'))
  const source = new Redis(`redis://${first}`)
  onTestFinished(() => source.disconnect())
  await direct.cluster('SETSLOT', slot, 'IMPORTING', from)
  await source.cluster('SETSLOT', slot, 'MIGRATING', fourth.id)
  const keys = (await source.cluster('GETKEYSINSLOT', slot, 1_000)) as string[]
  const [host = '', port = ''] = fourth.address.split(':')
  await source.call('MIGRATE', host, port, '', 0, 5_000, 'KEYS', ...keys)
  for (const node of [direct, source]) await node.cluster('SETSLOT', slot, 'NODE', fourth.id)

  await owner.commit(groupOf(2))
  const told = () => warnings.some((text) => text.includes(fourth.address) && text.includes('appendonly'))
  await waitFor('a warning', told, { deadlineMs: 60_000 })
  await expect(store.claim('detect', shardId(0))).rejects.toMatchObject({ code: 'KM_STORE_UNSAFE' })
})
