import type { Catalogue } from '../../services/rules/catalogue.ts'
import type { Struck } from './incidents.ts'
import { groupsOf, type ServiceUnderTest } from './services-under-test.ts'

/** At an instant the states of some services are again as they were so long before. Milliseconds. */
export interface Setback {
  readonly at: number
  readonly back: number
}

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
