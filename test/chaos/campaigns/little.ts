import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchSizes } from '../append-only-sizes.ts'
import type { Place } from '../fleet.ts'
import type { Campaign } from '../run.ts'

const second = 1_000

/** Some of what is quick: for `npm test`. */
export const little: Campaign = {
  name: 'little',
  doc: 'some kills, an owner stopped past its session, a Redis that loses a second, an SMSC that drops connections',
  layout: [
    ['deliver', 'decide', 'detect', 'ingest'],
    ['deliver', 'decide', 'detect', 'ingest'],
  ],
  lengthMs: 20 * second,
  graceMs: 25 * second,
  smsc: { 'throttle-every': 9, 'drop-every': 23, 'late-every': 7, 'late-ms': 1_000 },
  async strike({ random, fleet, servers, lengthMs, count }) {
    const { redis, sessionTimeoutMs } = servers
    const [first, second] = fleet.places as readonly [Place, Place]
    const sizes = watchSizes(join(redis.folder, 'appendonlydir'))
    const end = Date.now() + lengthMs
    const some = () => sleep((random.next() * lengthMs) / 8)
    try {
      await some()
      await fleet.kill(first)
      await some()
      await fleet.start(first)
      await some()
      count('stopped past its session')
      await fleet.pause(second, 1.3 * sessionTimeoutMs)
      await some()
      await redis.kill()
      sizes.cutLast(1_000)
      count('Redis killed without its last second')
      await redis.start()
      await some()
      await fleet.kill(second)
      await fleet.kill(first)
      await sleep(Math.max(0, end - Date.now()))
    } finally {
      sizes.stop()
    }
  },
}
