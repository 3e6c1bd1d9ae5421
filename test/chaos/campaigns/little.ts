import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../support/wait-for.ts'
import { watchSizes } from '../append-only-sizes.ts'
import { isReady, type Place } from '../fleet.ts'
import { allInEach } from '../layouts.ts'
import type { Campaign } from '../run.ts'

const second = 1_000

/** Some of what is quick: for `npm test`. */
export const little: Campaign = {
  name: 'little',
  doc: 'some kills, an owner stopped past its session, a Redis that loses a second, an SMSC that drops connections',
  layout: allInEach,
  lengthMs: 15 * second,
  graceMs: 25 * second,
  smsc: { 'throttle-every': 9, 'drop-every': 23, 'late-every': 7, 'late-ms': 1_000 },
  async strike({ random, fleet, servers, lengthMs, count }) {
    const { redis, sessionTimeoutMs } = servers
    const [first, other] = fleet.places as readonly [Place, Place]
    const sizes = watchSizes(join(redis.folder, 'appendonlydir'))
    const some = () => sleep((random.next() * lengthMs) / 5)
    // One of them takes events at any time.
    const killAndWait = async (place: Place) => {
      await fleet.kill(place)
      await some()
      await fleet.start(place)
      await waitFor(`${place.name} to be back`, () => isReady(place), { deadlineMs: 180 * second, everyMs: 100 })
    }
    try {
      await some()
      await killAndWait(first)
      count('stopped past its session')
      await fleet.pause(other, 1.3 * sessionTimeoutMs)
      await some()
      await redis.kill()
      sizes.cutLast(second)
      count('Redis killed without its last second')
      await redis.start()
      await some()
      await killAndWait(other)
    } finally {
      sizes.stop()
    }
  },
}
