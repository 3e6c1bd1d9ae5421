import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { createRedisStore } from '../../../../services/flow/adapters/redis/store.ts'
import type { ShardStore, StateStore } from '../../../../services/flow/state-store.ts'
import { contentOf, groupOf, TestWrites } from '../../../conformance/commit-group.ts'
import { servers } from '../../../support/servers.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { beginMove, directTo } from './slot-under-way.ts'

const timeout = 120_000
const shard = shardId(0)

interface OnCluster {
  readonly service: string
  readonly store: StateStore
  readonly owner: ShardStore
  /** A key of the shard's slot. */
  readonly meta: string
}

async function claimed(): Promise<OnCluster> {
  const service = `s${randomUUID().slice(0, 8)}`
  const store = open()
  return { service, store, owner: await store.claim(service, shard), meta: `km:{${service}.0}:meta` }
}

function open(): StateStore {
  const store = createRedisStore({ url: servers.redisClusterUrl, cluster: true, buckets: 16 })
  onTestFinished(() => store.close())
  return store
}

const statesOf = (count: number) => new TestWrites(Array.from({ length: count }, (_, i) => [`k${i}`, `v${i}`]))

describe('while the slot of a shard moves to another node of the Cluster', () => {
  it('commits wait and go on', { timeout }, async () => {
    const { store, service, owner, meta } = await claimed()
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

    // Half of the keys here, half there: TRYAGAIN until the move is over.
    const slot = await beginMove(directTo(servers.redisClusterUrl), meta)
    await slot.move(slot.keys.slice(0, slot.keys.length / 2))
    const pair = Promise.all([commit(), commit()])
    await new Promise((resolve) => setTimeout(resolve, 300))
    await slot.move(slot.keys.slice(slot.keys.length / 2))
    await slot.finish()
    await pair
    await Promise.all([commit(), commit()])

    const { stored } = await store.claim(service, shard)
    expect(stored.sequence).toBe(6)
    expect(stored.outbox.map(({ sequence, bytes }) => `${sequence} ${bytes}`)).toEqual(
      [1, 2, 3, 4, 5, 6].map((number) => `${number} ${number}`),
    )
    expect(stored.timers).toHaveLength(6)
    const content = new Map(await contentOf(owner))
    expect(content.size).toBe(56)
    expect(content.get('k49')).toBe('6')
  })

  it('states are loaded from wherever they are: none reads as new', { timeout }, async () => {
    const { owner, meta } = await claimed()
    await owner.commit(groupOf(1, { writes: statesOf(200) }))
    const keys = Array.from({ length: 201 }, (_, i) => `k${i}`)
    const expected = [...Array.from({ length: 200 }, (_, i) => `v${i}`), 'null']

    const slot = await beginMove(directTo(servers.redisClusterUrl), meta)
    const loaded = async () => (await owner.load(keys)).map(String)
    for (const key of slot.keys) {
      expect(await loaded()).toEqual(expected)
      await slot.move([key])
    }
    expect(await loaded()).toEqual(expected)
    await slot.finish()
    expect(await loaded()).toEqual(expected)
  })

  it('a shard is claimed and committed to by a process that begins then', { timeout }, async () => {
    const { service, owner, meta } = await claimed()
    await owner.commit(groupOf(1, { writes: statesOf(20), outbox: 'x', timersAdded: [{ slot: 5, key: 'k1' }] }))
    const direct = directTo(servers.redisClusterUrl)
    const slot = await beginMove(direct, meta)
    // The script is unknown there, and the node that is asked to load it isn't asked to run it.
    await slot.target.script('FLUSH')
    await slot.move(slot.keys)
    const later = await open().claim(service, shard)
    expect(later.stored).toMatchObject({ sequence: 1, timers: [{ slot: 5, key: 'k1' }], outbox: [{ sequence: 1 }] })
    const underWay = later.commit(groupOf(2, { writes: { k1: 'w', more: 'm' } }))
    await slot.finish()
    await underWay
    expect((await later.load(['k0', 'k1', 'more'])).map(String)).toEqual(['v0', 'w', 'm'])
    await expect(owner.commit(groupOf(2))).rejects.toMatchObject({ code: 'KM_SHARD_FENCED' })
  })

  it('one state is looked at from without', { timeout }, async () => {
    const { service, store, owner, meta } = await claimed()
    await owner.commit(groupOf(1, { writes: statesOf(20), note: 'n' }))
    const slot = await beginMove(directTo(servers.redisClusterUrl), meta)
    for (const key of slot.keys) {
      await slot.move([key])
      for (const state of ['k0', 'k7', 'k19']) {
        const seen = await store.peek(service, shard, state)
        expect(seen).toMatchObject({ progress: 'progress 1', note: 'n', value: Buffer.from(state.replace('k', 'v')) })
      }
    }
    await slot.finish()
  })

  it('no timer is lost to a take-over', { timeout }, async () => {
    const { service, store, owner, meta } = await claimed()
    const count = 100_000
    const timersAdded = Array.from({ length: count }, (_, i) => ({ slot: i, key: `k${i}` }))
    await owner.commit(groupOf(1, { timersAdded }))
    const direct = directTo(servers.redisClusterUrl)
    for (let round = 0; round < 4; round++) {
      const slot = await beginMove(direct, meta)
      const pages = async () =>
        Number(/cmdstat_sscan:calls=(\d+)/.exec(await slot.source.info('commandstats'))?.[1] ?? 0)
      const before = await pages()
      // Read page by page: between two of them the set changes its server, and with it the order of its members.
      const claim = store.claim(service, shard)
      await waitFor('the first page', async () => (await pages()) > before, { everyMs: 0 })
      await slot.move(slot.keys)
      await slot.finish()
      expect(new Set((await claim).stored.timers.map(({ key }) => key)).size).toBe(count)
    }
  })
})
