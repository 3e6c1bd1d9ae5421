import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchSizes } from '../append-only-sizes.ts'
import { apart } from '../layouts.ts'
import type { Campaign, Struck } from '../run.ts'

const second = 1_000

/** Redis is killed and comes back with all that it had acknowledged. */
export const redisRestarts: Campaign = {
  name: 'redis-restarts',
  doc: 'Redis killed, and back with all its data',
  layout: apart,
  lengthMs: 90 * second,
  graceMs: 45 * second,
  strike: (struck) =>
    now(struck, 4, async ({ servers: { redis } }) => {
      await redis.kill()
      struck.count('Redis killed')
      await sleep(struck.random.next() * 5 * second)
      await redis.start()
    }),
}

/** Redis is killed and comes back without what it wrote in its last second, as with appendfsync everysec after a power cut. */
export const redisLosesASecond: Campaign = {
  name: 'redis-loses-a-second',
  doc: 'Redis killed, and back without the last second of its append-only file',
  layout: apart,
  lengthMs: 120 * second,
  graceMs: 45 * second,
  async strike(struck) {
    const { redis } = struck.servers
    const sizes = watchSizes(join(redis.folder, 'appendonlydir'))
    try {
      await now(struck, 5, async () => {
        await redis.kill()
        sizes.cutLast(second)
        struck.count('Redis killed without its last second')
        await redis.start()
      })
    } finally {
      sizes.stop()
    }
  },
}

/** Redis is restored from a copy of its files as they were half a minute before. */
export const redisGoesBack: Campaign = {
  name: 'redis-goes-back',
  doc: 'Redis restored from a copy of its files that is half a minute old',
  layout: apart,
  lengthMs: 150 * second,
  graceMs: 60 * second,
  async strike(struck) {
    const { redis } = struck.servers
    const files = join(redis.folder, 'appendonlydir')
    const copy = join(struck.system.folder, 'copy')
    await now(struck, 3, async () => {
      cpSync(files, copy, { recursive: true })
      await sleep(struck.lengthMs / 5)
      await redis.kill()
      rmSync(files, { recursive: true })
      cpSync(copy, files, { recursive: true })
      rmSync(copy, { recursive: true })
      struck.count('Redis restored from a copy')
      await redis.start()
    })
  },
}

/** Does it so many times, spread over the campaign. */
async function now(struck: Struck, times: number, act: (struck: Struck) => Promise<void>): Promise<void> {
  const begin = Date.now()
  for (let i = 0; i < times; i++) {
    const at = begin + ((i + 0.3 + 0.7 * struck.random.next()) / (times + 0.5)) * struck.lengthMs
    await sleep(Math.max(0, at - Date.now()))
    await act(struck)
  }
  await sleep(Math.max(0, begin + struck.lengthMs - Date.now()))
}
