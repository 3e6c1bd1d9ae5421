import { randomUUID } from 'node:crypto'
import { Cluster } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { createRedisStore } from '../../../../services/flow/adapters/redis/store.ts'
import { contentOf, groupOf, TestWrites } from '../../../conformance/commit-group.ts'
import { servers } from '../../../support/servers.ts'

it('commits on while the shard’s slot moves to another node of the Cluster', { timeout: 60_000 }, async () => {
  const service = `s${randomUUID().slice(0, 8)}`
  const store = createRedisStore({ url: servers.redisClusterUrl, cluster: true, buckets: 16 })
  onTestFinished(() => store.close())
  const owner = await store.claim(service, shardId(0))
  const { hostname, port } = new URL(servers.redisClusterUrl)
  const direct = new Cluster([{ host: hostname, port: Number(port) }])
  onTestFinished(() => direct.disconnect())
  const slot = Number(await direct.cluster('KEYSLOT', `km:{${service}.0}:meta`))

  let sequence = 0
  const commit = () => {
    sequence++
    const entries = Array.from({ length: 50 }, (_, i) => [`k${i}`, `${sequence}`] as const)
    const writes = new TestWrites([...entries, [`only ${sequence}`, 'x']])
    return owner.commit(
      groupOf(sequence, { writes, outbox: `${sequence}`, timersAdded: [{ slot: sequence, key: 'k' }] }),
    )
  }
  await Promise.all([commit(), commit()])

  const nodes = await Promise.all(
    direct.nodes('master').map(async (node) => {
      const id = String(await node.cluster('MYID'))
      const mine =
        String(await node.cluster('NODES'))
          .split('\n')
          .find((line) => line.includes('myself')) ?? ''
      const ranges = mine
        .split(' ')
        .slice(8)
        .map((range) => range.split('-').map(Number))
      const owns = ranges.some(([from = -1, to = from]) => from <= slot && slot <= to)
      return { node, id, owns, port: Number(node.options.port) }
    }),
  )
  const source = nodes.find(({ owns }) => owns)
  const target = nodes.find(({ owns }) => !owns)
  if (!source || !target) throw new Error('the Cluster has no two masters')
  await target.node.cluster('SETSLOT', slot, 'IMPORTING', source.id)
  await source.node.cluster('SETSLOT', slot, 'MIGRATING', target.id)
  const keys = (await source.node.cluster('GETKEYSINSLOT', slot, 1_000)) as string[]
  const move = (some: string[]) => source.node.call('MIGRATE', hostname, target.port, '', 0, 5_000, 'KEYS', ...some)

  // Half of the keys here, half there: TRYAGAIN until the move is over.
  await move(keys.slice(0, keys.length / 2))
  const pair = Promise.all([commit(), commit()])
  await new Promise((resolve) => setTimeout(resolve, 300))
  await move(keys.slice(keys.length / 2))
  for (const { node } of [target, source, ...nodes]) await node.cluster('SETSLOT', slot, 'NODE', target.id)
  await pair
  await Promise.all([commit(), commit()])

  const { stored } = await store.claim(service, shardId(0))
  expect(stored.sequence).toBe(6)
  expect(stored.outbox.map(({ sequence, bytes }) => `${sequence} ${bytes}`)).toEqual(
    [1, 2, 3, 4, 5, 6].map((number) => `${number} ${number}`),
  )
  expect(stored.timers).toHaveLength(6)
  const content = new Map(await contentOf(owner))
  expect(content.size).toBe(56)
  expect(content.get('k49')).toBe('6')
})
