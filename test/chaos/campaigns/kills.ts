import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceName } from '../../../services/topology.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type Fleet, isReady, type Place } from '../fleet.ts'
import { apart } from '../layouts.ts'
import type { Campaign, Struck } from '../run.ts'

const second = 1_000
const usualMs = 300 * second

/** kill -9 of every service at any point: at work, while it starts, while it takes over. */
export const kills: Campaign = {
  name: 'kills',
  doc: 'kill -9 of ingest, detect, decide and deliver at any point; each a process of its own, two of each',
  layout: [['ingest'], ...apart],
  lengthMs: usualMs,
  graceMs: 30 * second,
  strike: (struck) =>
    killAll(struck, [['detect'], ['decide'], ['deliver'], ['ingest']], (210 * struck.lengthMs) / usualMs),
}

/** Kills processes of some families side by side, one after the other in each, until there were enough or time is over. */
export async function killAll(
  struck: Struck,
  families: readonly (readonly ServiceName[])[],
  most: number,
): Promise<void> {
  const { random, fleet, lengthMs } = struck
  const end = Date.now() + lengthMs
  const killed = () => Object.values(fleet.kills).reduce((sum, kills) => sum + kills, 0)
  const returns = new Set<Promise<void>>()

  async function killFamily(services: readonly ServiceName[]): Promise<void> {
    const places = placesOf(fleet, services)
    while (killed() < most && Date.now() < end) {
      const place = places[random.whole(places.length)] as Place
      await moment(struck, place, end)
      await anotherTakesEvents(fleet, place)
      await fleet.kill(place)
      const back = sleep(random.next() * second).then(() => fleet.start(place))
      returns.add(back)
      if (random.chance(0.5)) await back
    }
  }
  await Promise.all(families.map(killFamily))
  await Promise.all(returns)
}

/** Events that nobody takes for longer than the grace are rightly late: of the places that take them one is there. */
async function anotherTakesEvents({ places }: Fleet, place: Place): Promise<void> {
  const others = places.filter((other) => other !== place && other.services.includes('ingest'))
  if (!place.services.includes('ingest')) return
  const isOneReady = async () =>
    (await Promise.allSettled(others.map(isReady))).some((one) => one.status === 'fulfilled' && one.value)
  await waitFor('another ingest', isOneReady, { deadlineMs: 120 * second, everyMs: 100 })
}

const placesOf = ({ places }: Fleet, services: readonly ServiceName[]): Place[] =>
  places.filter((place) => place.services.some((service) => services.includes(service)))

/** Some instant in the life of a process: soon after its start, once it listens, or once it is at work. */
async function moment({ random }: Struck, place: Place, end: number): Promise<void> {
  const deadlineMs = Math.max(0, Math.min(60 * second, end - Date.now()))
  const kind = random.next()
  if (kind > 0.5)
    await waitFor('it to be at work', () => isReady(place), { deadlineMs, everyMs: 100 }).catch(() => undefined)
  else if (kind > 0.25) await place.child?.waitForLine(/"listening"/, deadlineMs).catch(() => undefined)
  await sleep(random.next() * (kind > 0.5 ? 5 : 2) * second)
}
