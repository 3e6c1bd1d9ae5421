import { expect, test } from 'vitest'
import { createRandom } from '../../services/sample/random.ts'
import { other, usual } from './catalogues.ts'
import { judge } from './judge.ts'
import { simulateSystem } from './run.ts'
import type { ServiceUnderTest } from './services-under-test.ts'
import { workload } from './workload.ts'

const hour = 3_600_000
const days = 4

/**
 * A service whose state goes back to any earlier instant, and which begins anew in another interleaving and under another
 * catalogue: what it fired, decided or attempted before is on the log, and isn't done again.
 */
const cases = (['detect', 'decide', 'deliver'] as const).flatMap((service) =>
  [1, 2, 3].map((seed): [ServiceUnderTest, number] => [service, seed]),
)

test.each(cases)('%s goes back, and does nothing again (seed %i)', { timeout: 300_000 }, async (service, seed) => {
  const given = workload(seed, days)
  const random = createRandom(seed, 4)
  const setbacks = [30, 55, 80].map((at) => ({ at: (at + 15 * random.next()) * hour, back: random.next() * at * hour }))
  let catalogue = usual
  const run = await simulateSystem({
    seed,
    workload: given,
    catalogue: usual,
    incidents: { killed: 2, rebalanced: 4, 'claimed-twice': 2 },
    event({ world, log, store, processes, start }) {
      for (const { at, back } of setbacks) {
        world.after(at, 'setback', () => {
          catalogue = catalogue === usual ? other : usual
          store.goBack(world.now - back, service)
          for (const [name, process] of processes) {
            if (!name.startsWith(service)) continue
            process.kill()
            void log.groupOf(service).evict(process)
            processes.set(name, start(service, Number(name.split('-')[1]), catalogue))
          }
        })
      }
    },
  })
  expect(judge(run, given, undefined), `seed ${seed}, run ${run.trace}`).toEqual([])
})
