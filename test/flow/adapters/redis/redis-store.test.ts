import { randomInt, randomUUID } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { CommitEncoder } from '../../../../services/flow/adapters/redis/commit-encoder.ts'
import { shardKeys } from '../../../../services/flow/adapters/redis/keys.ts'
import { openLink } from '../../../../services/flow/adapters/redis/link.ts'
import type { RedisStoreSettings } from '../../../../services/flow/adapters/redis/settings.ts'
import { createRedisStore } from '../../../../services/flow/adapters/redis/store.ts'
import { WatchedMeta } from '../../../../services/flow/adapters/redis/watched-meta.ts'
import { contentOf, groupOf, TestWrites } from '../../../conformance/commit-group.ts'
import { freePort } from '../../../support/free-port.ts'
import { servers } from '../../../support/servers.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { startRedis } from './own-redis.ts'

const shard = shardId(3)
const newService = () => `s${randomUUID().slice(0, 8)}`

function open(settings: RedisStoreSettings) {
  const store = createRedisStore(settings)
  onTestFinished(() => store.close())
  return store
}
function direct(url: string) {
  const client = new Redis(url)
  // Servers of these tests end before their clients; ioredis prints what nobody listens to.
  client.on('error', () => {})
  onTestFinished(() => client.disconnect())
  return client
}

describe('the Redis store', () => {
  it('keeps a shard under keys of one hash tag, each state in the bucket of its key', async () => {
    const service = newService()
    const owner = await open({ url: servers.redisUrl, buckets: 4 }).claim(service, shard)
    const writes = new TestWrites(Array.from({ length: 200 }, (_, i) => [`k${i}`, `v${i}`]))
    await owner.commit(groupOf(1, { writes, outbox: 'x', timersAdded: [{ slot: 5, key: 'k1' }] }))
    const redis = direct(servers.redisUrl)
    const names = ['b0', 'b1', 'b2', 'b3', 'meta', 'outbox', 'timers']
    expect((await redis.keys(`km:{${service}.3}:*`)).sort()).toEqual(names.map((name) => `km:{${service}.3}:${name}`))
    const lengths = await Promise.all([0, 1, 2, 3].map((bucket) => redis.hlen(`km:{${service}.3}:b${bucket}`)))
    expect(Math.min(...lengths)).toBeGreaterThan(20)
    expect(lengths.reduce((a, b) => a + b)).toBe(200)
  })

  it('keeps the number of buckets with which a shard began', async () => {
    const service = newService()
    const before = await open({ url: servers.redisUrl, buckets: 7 }).claim(service, shard)
    await before.commit(groupOf(1, { writes: { a: 'A', b: 'B', c: 'C' } }))
    const after = await open({ url: servers.redisUrl, buckets: 256 }).claim(service, shard)
    expect((await after.load(['a', 'b', 'c'])).map(String)).toEqual(['A', 'B', 'C'])
    expect(await contentOf(after)).toHaveLength(3)
  })

  it('puts a later epoch above an earlier one though the clock went back', async () => {
    const service = newService()
    await direct(servers.redisUrl).hset(`km:{${service}.3}:meta`, 'e', '009999999999999-ffff', 'n', '16')
    const owner = await open({ url: servers.redisUrl }).claim(service, shard)
    expect(owner.epoch.startsWith('010000000000000-')).toBe(true)
    await owner.commit(groupOf(1))
  })

  it('teaches the server its script again after SCRIPT FLUSH', async () => {
    const store = open({ url: servers.redisUrl })
    const service = newService()
    await (await store.claim(service, shard)).commit(groupOf(1, { writes: { a: '1' } }))
    await direct(servers.redisUrl).script('FLUSH')
    const owner = await store.claim(service, shard)
    await owner.commit(groupOf(2, { writes: { b: '2' } }))
    expect((await owner.load(['a', 'b'])).map(String)).toEqual(['1', '2'])
  })

  it('carries a commit out as a whole or not at all, whatever touches the shard meanwhile', async () => {
    const service = newService()
    const owner = await open({ url: servers.redisUrl }).claim(service, shard)
    const redis = direct(servers.redisUrl)
    await owner.commit(groupOf(1, { writes: { a: '1' } }))
    // Touched, and as it was: read anew, and done.
    await redis.hset(`km:{${service}.3}:meta`, 'x', '1')
    await owner.commit(groupOf(2, { writes: { a: '2' } }))
    // Claimed: nothing of the commit is written.
    const next = await open({ url: servers.redisUrl }).claim(service, shard)
    const refused = { code: 'KM_SHARD_FENCED' }
    await expect(owner.commit(groupOf(3, { writes: { a: '3', b: '3' }, outbox: 'x' }))).rejects.toMatchObject(refused)
    await expect(owner.commit(groupOf(3, { writes: { a: '3' } }))).rejects.toMatchObject(refused)
    expect((await next.load(['a', 'b'])).map((value) => value && String(value))).toEqual(['2', null])
    expect(await redis.exists(`km:{${service}.3}:outbox`)).toBe(0)
    await next.commit(groupOf(3, { writes: { a: 'next' } }))
  })

  it('carries nothing out on a connection that has not watched', async () => {
    const service = newService()
    const keys = shardKeys('', service, shard)
    const redis = direct(servers.redisUrl)
    await redis.hset(keys.meta, 'e', 'mine', 's', '0')
    const link = openLink({ url: servers.redisUrl })
    onTestFinished(() => link.close())
    const meta = new WatchedMeta(link, keys.meta)
    onTestFinished(() => meta.drop())
    const transaction = new CommitEncoder().encode(groupOf(1), { keys, buckets: 4, trimmed: [] })
    await expect(meta.execute(transaction)).rejects.toThrow('the connection that watched is gone')
    await meta.watch()
    meta.drop()
    await expect(meta.execute(transaction)).rejects.toThrow('the connection that watched is gone')
    expect(await redis.hget(keys.meta, 's')).toBe('0')
    await meta.watch()
    expect(await meta.execute(transaction)).toEqual(['mine', '1'])
  })

  it('says so when a part of a commit is refused', async () => {
    const service = newService()
    const owner = await open({ url: servers.redisUrl, buckets: 1 }).claim(service, shard)
    await direct(servers.redisUrl).set(`km:{${service}.3}:b0`, 'no hash')
    const refused = { code: 'KM_STORE_UNAVAILABLE', message: expect.stringContaining('WRONGTYPE') }
    await expect(owner.commit(groupOf(1, { writes: { a: '1' } }))).rejects.toMatchObject(refused)
  })

  it('loses no commit and makes none twice while its connections are killed', async () => {
    const server = await startRedis(temporaryFolder(), ['--appendonly', 'yes'])
    const store = open({ url: server.url })
    const owner = await store.claim('detect', shard)
    const redis = direct(server.url)
    const me = String(await redis.client('ID'))
    const seed = randomInt(2 ** 31)
    const random = fc.sample(fc.integer({ min: 5, max: 60 }), { seed, numRuns: 5_000 }).values()
    let over = false
    let kills = 0
    const killing = (async () => {
      while (!over) {
        const clients = String(await redis.client('LIST'))
        for (const line of clients.split('\n')) {
          const id = /^id=(\d+)/.exec(line)?.[1]
          // Only connections of this test's store.
          if (id && id !== me) kills += Number(await redis.client('KILL', 'ID', id))
        }
        await new Promise((resolve) => setTimeout(resolve, random.next().value ?? 20))
      }
    })()
    let sequence = 0
    const value = 'v'.repeat(1_000)
    const end = Date.now() + 60_000
    try {
      while ((kills < 25 || sequence < 40) && Date.now() < end) {
        const pair = [++sequence, ++sequence].map((number) => {
          const entries = Array.from({ length: 300 }, (_, i) => [`k${i}`, `${number} ${value}`] as const)
          const writes = new TestWrites([...entries, [`only ${number}`, 'x']])
          return owner.commit(groupOf(number, { writes, outbox: `out ${number}` }))
        })
        await Promise.all(pair)
      }
    } catch (error) {
      throw new Error(`seed ${seed}, commit ${sequence}, ${kills} kills`, { cause: error })
    } finally {
      over = true
      await killing
    }
    expect(kills).toBeGreaterThanOrEqual(25)
    const content = new Map(await contentOf(owner))
    expect(content.size).toBe(300 + sequence)
    const { stored } = await store.claim('detect', shard)
    expect(stored.outbox.map(({ bytes }) => `${bytes}`)).toEqual(
      Array.from({ length: sequence }, (_, i) => `out ${i + 1}`),
    )
    expect(content.get('k0')?.startsWith(`${sequence} `)).toBe(true)
  }, 90_000)

  it('says that it is fenced, not that it was rolled back, when a commit is in doubt and another has claimed', async () => {
    const service = newService()
    const store = open({ url: servers.redisUrl })
    const owner = await store.claim(service, shard)
    await owner.commit(groupOf(1))
    const next = await open({ url: servers.redisUrl }).claim(service, shard)
    await next.commit(groupOf(2))
    await next.commit(groupOf(3))
    await expect(owner.commit(groupOf(2))).rejects.toMatchObject({ code: 'KM_SHARD_FENCED' })
  })

  it('notices a server that was restarted from an older append-only file', async () => {
    const [folder, older] = [temporaryFolder(), temporaryFolder()]
    const first = await startRedis(folder)
    const store = open({ url: first.url })
    const owner = await store.claim('detect', shard)
    await owner.commit(groupOf(1, { writes: { a: '1' } }))
    cpSync(join(folder, 'appendonlydir'), join(older, 'appendonlydir'), { recursive: true })
    await owner.commit(groupOf(2, { writes: { a: '2' } }))
    await first.stop('SIGKILL')
    await startRedis(older, undefined, first.port)
    await expect(owner.commit(groupOf(3))).rejects.toMatchObject({ code: 'KM_STATE_ROLLED_BACK' })
    const again = await store.claim('detect', shard)
    expect(again.stored.sequence).toBe(1)
    await again.commit(groupOf(2, { writes: { a: 'replayed' } }))
  })

  it('notices a server that lost everything', async () => {
    const service = newService()
    const owner = await open({ url: servers.redisUrl }).claim(service, shard)
    await owner.commit(groupOf(1))
    await direct(servers.redisUrl).del(`km:{${service}.3}:meta`)
    await expect(owner.commit(groupOf(2))).rejects.toMatchObject({ code: 'KM_STATE_ROLLED_BACK' })
  })

  it('goes on when the server is back within the time', async () => {
    const folder = temporaryFolder()
    const first = await startRedis(folder)
    const owner = await open({ url: first.url }).claim('detect', shard)
    await owner.commit(groupOf(1, { writes: { a: '1' } }))
    await first.stop('SIGKILL')
    const pair = Promise.all([owner.commit(groupOf(2, { writes: { a: '2' } })), owner.commit(groupOf(3))])
    const read = owner.load(['a'])
    await startRedis(folder, undefined, first.port)
    await pair
    await read
    expect((await owner.load(['a'])).map(String)).toEqual(['2'])
  })

  it('gives up in a bounded time when the server stays away, at the start and later', async () => {
    const absent = open({ url: `redis://127.0.0.1:${await freePort()}`, unavailableAfterMs: 400 })
    const unavailable = { code: 'KM_STORE_UNAVAILABLE', canRetry: true }
    await expect(absent.claim('detect', shard)).rejects.toMatchObject(unavailable)
    await expect(absent.index('sms').get('k')).rejects.toMatchObject(unavailable)
    const server = await startRedis(temporaryFolder())
    const owner = await open({ url: server.url, unavailableAfterMs: 400 }).claim('detect', shard)
    await server.stop('SIGKILL')
    const two = await Promise.allSettled([owner.commit(groupOf(1)), owner.commit(groupOf(2))])
    for (const one of two) expect(one).toMatchObject({ status: 'rejected', reason: unavailable })
  })

  it('takes a server that does not answer for dead', async () => {
    const server = await startRedis(temporaryFolder())
    const settings = { url: server.url, answerWithinMs: 300, unavailableAfterMs: 1_000 }
    const owner = await open(settings).claim('detect', shard)
    await owner.commit(groupOf(1))
    process.kill(server.pid, 'SIGSTOP')
    const two = owner.commit(groupOf(2, { writes: { a: '2' } }))
    setTimeout(() => process.kill(server.pid, 'SIGCONT'), 600)
    await two
    process.kill(server.pid, 'SIGSTOP')
    await expect(owner.commit(groupOf(3))).rejects.toMatchObject({ code: 'KM_STORE_UNAVAILABLE' })
    process.kill(server.pid, 'SIGCONT')
  })

  it.each([
    [
      'an eviction policy',
      ['--appendonly', 'yes', '--maxmemory-policy', 'allkeys-lru'],
      /maxmemory-policy allkeys-lru/,
    ],
    ['no append-only file', ['--appendonly', 'no'], /appendonly yes/],
    [
      'INFO forbidden',
      ['--appendonly', 'yes', '--user', ...'default on nopass ~* &* +@all -info'.split(' ')],
      /INFO is forbidden/,
    ],
  ])('refuses a server with %s unless it is told otherwise', async (_, args, message) => {
    const { url } = await startRedis(temporaryFolder(), args)
    const refused = open({ url }).claim('detect', shard)
    await expect(refused).rejects.toMatchObject({ code: 'KM_STORE_UNSAFE', message: expect.stringMatching(message) })
    await (await open({ url, allowUnsafe: true }).claim('detect', shard)).commit(groupOf(1))
  })

  it('waits for a replica, and says so when it falls away', async () => {
    const master = await startRedis(temporaryFolder(), ['--appendonly', 'yes', '--repl-diskless-sync-delay', '0'])
    const replicaOf = ['--appendonly', 'yes', '--replicaof', '127.0.0.1', String(master.port)]
    const replica = await startRedis(temporaryFolder(), replicaOf)
    const owner = await open({ url: master.url, replicas: 1, unavailableAfterMs: 8_000 }).claim('detect', shard)
    await owner.commit(groupOf(1, { writes: { a: '1' } }))
    const at = await direct(replica.url).hget('km:{detect.3}:meta', 's')
    expect(at).toBe('1')
    await replica.stop('SIGKILL')
    const short = await open({ url: master.url, replicas: 1, unavailableAfterMs: 1_200 }).claim('detect', shardId(4))
    await expect(short.commit(groupOf(1))).rejects.toMatchObject({
      code: 'KM_STORE_UNAVAILABLE',
      message: expect.stringContaining('detect.4'),
    })
  })

  it('by default follows its replicas: waits for one that is there, goes on when it dies, and waits for the next', async () => {
    const args = ['--appendonly', 'yes', '--repl-diskless-sync-delay', '0']
    const master = await startRedis(temporaryFolder(), args)
    const warned: string[] = []
    const logger = { info: () => undefined, warn: (_: object, message: string) => warned.push(message) }
    const owner = await open({ url: master.url, unavailableAfterMs: 8_000, logger }).claim('detect', shard)
    const onMaster = direct(master.url)
    let sequence = 0
    const commit = () => owner.commit(groupOf(++sequence, { writes: { a: `${sequence}` } }))
    await commit()
    const replica = async () => {
      const started = await startRedis(temporaryFolder(), [...args, '--replicaof', '127.0.0.1', String(master.port)])
      await waitFor('the replica', async () => /state=online/.test(await onMaster.info('replication')))
      // It is asked for once a second.
      await waitFor('a commit that waits for it', async () => {
        await commit()
        return Number(await onMaster.hget('km:{detect.3}:meta', 'w')) === sequence
      })
      return started
    }
    const first = await replica()
    for (let i = 0; i < 20; i++) {
      await commit()
      expect(await direct(first.url).hget('km:{detect.3}:meta', 's')).toBe(String(sequence))
    }
    await first.stop('SIGKILL')
    for (let i = 0; i < 20; i++) await commit()
    expect(await onMaster.hget('km:{detect.3}:meta', 's')).toBe(String(sequence))
    expect(warned).toEqual(['no Redis replica answers: commits count without one'])
    const second = await replica()
    await commit()
    expect(await direct(second.url).hget('km:{detect.3}:meta', 's')).toBe(String(sequence))

    // One that hangs is there as long as it is taken to answer, and no longer.
    process.kill(second.pid, 'SIGSTOP')
    await commit()
    process.kill(second.pid, 'SIGCONT')
  }, 40_000)

  it('ends at once when it is given up, whatever it waits for', async () => {
    const server = await startRedis(temporaryFolder())
    const store = open({ url: server.url, unavailableAfterMs: 60_000, answerWithinMs: 60_000 })
    const life = new AbortController()
    const owner = await store.claim('detect', shard, life.signal)
    await owner.commit(groupOf(1, { writes: { a: '1' } }))
    process.kill(server.pid, 'SIGSTOP')
    const waiting = {
      claim: store.claim('detect', shardId(4), life.signal),
      load: owner.load(['a']),
      commit: owner.commit(groupOf(2)),
      'commit behind it': owner.commit(groupOf(3)),
      scan: contentOf(owner),
    }
    const ends = Promise.all(
      Object.entries(waiting).map(async ([what, promise]) => `${what}: ${await promise.then(String, String)}`),
    )
    const begun = performance.now()
    life.abort('given up')
    expect(await ends).toEqual(Object.keys(waiting).map((what) => `${what}: given up`))
    expect(performance.now() - begun).toBeLessThan(2_000)
    process.kill(server.pid, 'SIGCONT')
    await expect(owner.load(['a'])).rejects.toBe('given up')
    const next = await store.claim('detect', shard)
    await next.commit(groupOf(next.stored.sequence + 1))
  }, 20_000)
})
