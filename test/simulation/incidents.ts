import type { Catalogue } from '../../services/rules/catalogue.ts'
import type { Chaos, Incident } from './chaos.ts'
import type { Process } from './process.ts'
import { groupsOf, type ServiceUnderTest } from './services-under-test.ts'
import type { SimulatedLog } from './simulated-log.ts'
import type { SimulatedStore } from './simulated-store.ts'
import type { World } from './world.ts'

/** How many of each incident there are in a day. */
export type Incidents = Readonly<Partial<Record<Incident, number>>>

export interface Struck {
  readonly world: World
  readonly chaos: Chaos
  readonly log: SimulatedLog
  readonly store: SimulatedStore
  /** By name, `<service>-<number>`. */
  readonly processes: Map<string, Process>
  readonly services: readonly ServiceUnderTest[]
  readonly start: (service: ServiceUnderTest, number: number, catalogue?: Catalogue) => Process
  /** Nothing strikes later. */
  readonly until: number
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
/** After so long without a sign a member of a group is taken to be gone. */
const sessionMs = 10 * second
/** From the run's beginning to the end of the first quiet night: then all that waited leaves at once, a good time for faults. */
const morningMs = 8 * hour
/** Clocks that jump stay within what a grace forgives. */
const skewMsMost = 2 * minute

/** What happens to processes, groups and the store, at instants that the seed chooses. */
export function strikeNowAndThen(struck: Struck, incidents: Incidents): void {
  const { world, chaos, processes, services, log, store, start, until } = struck
  const { random } = chaos

  function some(): [string, Process] {
    const all = [...processes]
    return all[random.whole(all.length)] as [string, Process]
  }
  const serviceOf = (name: string) => name.split('-')[0] as ServiceUnderTest

  function kill(name: string, process: Process, downMs: number): void {
    process.kill()
    world.after(sessionMs * random.next(), `${name} is missed`, () => log.evict(process, groupsOf(serviceOf(name))))
    world.after(sessionMs + downMs, `${name} returns`, () => {
      processes.set(name, start(serviceOf(name), Number(name.split('-')[1])))
    })
  }

  function pause(name: string, process: Process, millis: number): void {
    if (process.isPaused) return
    process.pause()
    if (millis > sessionMs) {
      world.after(sessionMs, `${name} is missed`, () => log.evict(process, groupsOf(serviceOf(name))))
    }
    world.after(millis, `${name} goes on`, () => {
      process.resume()
      log.rebalance(groupsOf(serviceOf(name)))
    })
  }

  const acts: Record<Incident, () => void> = {
    killed: () => kill(...some(), random.next() * minute),
    'killed-and-slow-to-return': () => kill(...some(), random.next() * 3 * hour),
    'service-down': () => {
      const service = serviceOf(some()[0])
      // Shorter than the life of any moment: what is found later than that is gone.
      const downMs = random.next() * 5 * hour
      for (const [name, process] of processes) if (serviceOf(name) === service) kill(name, process, downMs)
    },
    paused: () => pause(...some(), random.next() * 2 * minute),
    'claimed-twice': () => {
      const [name, process] = some()
      log.evict(process, groupsOf(serviceOf(name)))
    },
    rebalanced: () => log.rebalance(groupsOf(services[random.whole(services.length)] as ServiceUnderTest)),
    'clock-jumped': () => {
      some()[1].skewMs = (2 * random.next() - 1) * skewMsMost
    },
    'log-away': () => {
      if (chaos.isLogAway) return
      chaos.isLogAway = true
      const awayMs = random.next() * 5 * minute
      world.after(awayMs, 'the log is back', () => {
        chaos.isLogAway = false
      })
      world.after(random.next() * 2 * awayMs, 'killed while the log is away', () =>
        kill(...some(), random.next() * minute),
      )
    },
    'store-lost-a-second': () => store.goBack(world.now - second),
    'store-went-back': () => store.goBack(world.now - random.next() * 20 * hour),
  }

  for (const [incident, perDay] of Object.entries(incidents) as [Incident, number][]) {
    for (let at = (random.next() * day) / perDay; at < until; at += (2 * random.next() * day) / perDay) {
      const morning = Math.floor(at / day) * day + morningMs + random.next() * 10 * second
      world.after(random.chance(0.3) ? morning : at, incident, () => {
        chaos.count(incident)
        acts[incident]()
      })
    }
  }
  // In the end every process is there and well.
  world.after(until, 'calm', () => {
    chaos.isOn = false
    for (const process of processes.values()) {
      process.skewMs = 0
      if (process.isPaused) process.resume()
    }
    for (const service of services) log.rebalance(groupsOf(service))
  })
}
