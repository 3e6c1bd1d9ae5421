import type { Catalogue } from '../../services/rules/catalogue.ts'
import type { Struck } from './incidents.ts'
import { groupsOf, type ServiceUnderTest } from './services-under-test.ts'

/** At an instant the states of some services are again as they were so long before. Milliseconds. */
export interface Setback {
  readonly at: number
  readonly back: number
}

/**
 * At each instant (milliseconds since 1970) a process of every service is killed, and the states of all are again as they were up to six hours before:
 * another process takes the shards over, replays, and the killed one comes back a minute later.
 */
export function takenOverAt(instants: readonly number[]): (struck: Struck) => void {
  function strike({ world, chaos, log, store, processes, services, start }: Struck): void {
    for (const service of services) {
      const number = chaos.random.whole(2)
      const name = `${service}-${number}`
      const process = processes.get(name)
      store.goBack(world.now - chaos.random.next() * 6 * hour, service)
      process?.kill()
      if (process) log.evict(process, groupsOf(service))
      world.after(minute, `${name} returns`, () => {
        // Something else may have struck it meanwhile.
        processes.get(name)?.kill()
        processes.set(name, start(service, number))
      })
    }
  }
  return (struck) => {
    for (const at of instants) struck.world.after(at - struck.world.time, 'taken over', () => strike(struck))
  }
}

const minute = 60_000
const hour = 60 * minute

/**
 * The states of some services go back at these instants, and their processes begin anew, under the next of these catalogues each time; of
 * none: under the one that they had.
 */
export function goingBack(
  services: readonly ServiceUnderTest[],
  setbacks: readonly Setback[],
  catalogues: readonly Catalogue[] = [],
): (struck: Struck) => void {
  let times = 0
  function goBack({ world, log, store, processes, start }: Struck, back: number): void {
    const catalogue = catalogues[times++ % catalogues.length]
    for (const service of services) {
      store.goBack(world.now - back, service)
      for (const [name, process] of processes) {
        if (!name.startsWith(`${service}-`)) continue
        process.kill()
        log.evict(process, groupsOf(service))
        processes.set(name, start(service, Number(name.split('-')[1]), catalogue))
      }
    }
  }
  return (struck) => {
    for (const { at, back } of setbacks) struck.world.after(at, 'setback', () => goBack(struck, back))
  }
}
