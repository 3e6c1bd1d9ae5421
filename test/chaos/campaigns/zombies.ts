import { setTimeout as sleep } from 'node:timers/promises'
import type { Place } from '../fleet.ts'
import { apart } from '../layouts.ts'
import type { Campaign, Struck } from '../run.ts'

const second = 1_000

/** Owners that are stopped for longer than their session, and wake up beside the one that has taken their shards over. */
export const zombies: Campaign = {
  name: 'zombies',
  doc: 'SIGSTOP of owners, and SIGCONT when others have their shards: two claim one shard',
  layout: apart,
  lengthMs: 120 * second,
  graceMs: 45 * second,
  async strike(struck) {
    const end = Date.now() + struck.lengthMs
    await Promise.all([pauseSome(struck, end), pauseSome(struck, end)])
  },
}

async function pauseSome({ random, fleet, servers, count }: Struck, end: number): Promise<void> {
  const owners = fleet.places.filter(({ services }) => !services.includes('ingest'))
  while (Date.now() < end) {
    await sleep(random.next() * 3 * second)
    const place = owners[random.whole(owners.length)] as Place
    const isLong = random.chance(0.7)
    count(isLong ? 'stopped past its session' : 'stopped shortly')
    await fleet.pause(place, isLong ? servers.sessionTimeoutMs * (1.5 + 2 * random.next()) : random.next() * second)
  }
}
