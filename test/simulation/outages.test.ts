import { expect, test } from 'vitest'
import { usual } from './catalogues.ts'
import { tellSimulatedHours } from './hours.ts'
import { judge } from './judge.ts'
import { simulateSystem } from './run.ts'
import { workload } from './workload.ts'

tellSimulatedHours()

const hour = 3_600_000

/**
 * Longer than what is said meanwhile may be ignored: consent that was taken back, a complaint. 3 found that decide judged a
 * moment on the instant of sending before it had read what lay behind it on its log.
 */
test.each([3, 4])('decide is away for ten hours each day (seed %i)', { timeout: 300_000 }, async (seed) => {
  const given = workload(seed, 4)
  const run = await simulateSystem({
    seed,
    workload: given,
    catalogue: usual,
    incidents: {},
    event({ world, log, processes, start }) {
      for (const at of [10, 34, 58, 82]) {
        world.after(at * hour, 'decide is away', () => {
          for (const [name, process] of processes) {
            if (!name.startsWith('decide')) continue
            process.kill()
            void log.groupOf('decide').evict(process)
            world.after(10 * hour, `${name} returns`, () =>
              processes.set(name, start('decide', Number(name.split('-')[1]))),
            )
          }
        })
      }
    },
  })
  expect(judge(run, given, undefined), `seed ${seed}, run ${run.trace}`).toEqual([])
  expect(run.sent.length).toBeGreaterThan(10)
})
