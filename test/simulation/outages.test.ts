import { expect, test } from 'vitest'
import { usual } from './catalogues.ts'
import { tellSimulatedHours } from './hours.ts'
import { judge } from './judge.ts'
import { simulateSystem } from './run.ts'
import type { ServiceUnderTest } from './services-under-test.ts'
import { workload } from './workload.ts'

tellSimulatedHours()

const hour = 3_600_000

/** By who is away, seeds that found something. */
const fromEnvironment = process.env.KEYMOMENT_TEST_SEED
const seedsOf: readonly (readonly [ServiceUnderTest, number])[] = fromEnvironment
  ? [
      ['decide', Number(fromEnvironment)],
      ['detect', Number(fromEnvironment)],
    ]
  : [
      // What lay behind a moment on decide's own log was not read when the moment was judged.
      ['decide', 3],
      ['decide', 4],
      // Complaints lay on the log that detect had not read: decide had heard of none, and sent.
      ['detect', 3],
      ['detect', 7],
      ['detect', 9],
    ]

/** Longer than what is said meanwhile may be ignored: consent that was taken back, a complaint. */
test.each(seedsOf)('%s is away for ten hours each day (seed %i)', { timeout: 300_000 }, async (service, seed) => {
  const given = workload(seed, 4)
  const run = await simulateSystem({
    seed,
    workload: given,
    catalogue: usual,
    incidents: {},
    event({ world, log, processes, start }) {
      for (const at of [10, 34, 58, 82]) {
        world.after(at * hour, `${service} is away`, () => {
          for (const [name, process] of processes) {
            if (!name.startsWith(service)) continue
            process.kill()
            void log.groupOf(service).evict(process)
            world.after(10 * hour, `${name} returns`, () =>
              processes.set(name, start(service, Number(name.split('-')[1]))),
            )
          }
        })
      }
    },
  })
  expect(judge(run, given, undefined), `KEYMOMENT_TEST_SEED=${seed}, run ${run.trace}`).toEqual([])
  expect(run.sent.length).toBeGreaterThan(10)
})
