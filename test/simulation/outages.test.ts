import { expect, test } from 'vitest'
import { serviceNodes } from '../../services/topology.ts'
import { usual } from './catalogues.ts'
import { tellSimulatedHours } from './hours.ts'
import { judge } from './judge.ts'
import { type Plant, type Run, simulateSystem } from './run.ts'
import { groupsOf, type ServiceUnderTest } from './services-under-test.ts'
import { type Workload, workload } from './workload.ts'

tellSimulatedHours()

const hour = 3_600_000
const timeout = 300_000

const fromEnvironment = process.env.KEYMOMENT_TEST_SEED
const services: readonly ServiceUnderTest[] = ['decide', 'detect']
const outages: readonly (readonly [ServiceUnderTest, number])[] = fromEnvironment
  ? services.map((service) => [service, Number(fromEnvironment)] as const)
  : [
      // Found that decide judged a moment on the instant of sending before it had read what lay behind it on its log.
      ['decide', 3],
      ['decide', 4],
      // Found that decide sent in spite of a complaint that lay on the log, and that detect had not read.
      ['detect', 3],
      ['detect', 7],
      ['detect', 9],
    ]

/** A service is away for ten hours each day: longer than what is said meanwhile (consent, a complaint) may be ignored. */
function runWithout(service: ServiceUnderTest, seed: number, given: Workload, plant?: Plant): Promise<Run> {
  return simulateSystem({
    seed,
    workload: given,
    catalogue: usual,
    incidents: {},
    ...(plant && { plant }),
    event({ world, log, processes, start }) {
      for (const at of [10, 34, 58, 82]) {
        world.after(at * hour, `${service} is away`, () => {
          for (const [name, process] of processes) {
            if (!name.startsWith(service)) continue
            process.kill()
            log.evict(process, groupsOf(service))
            world.after(10 * hour, `${name} returns`, () =>
              processes.set(name, start(service, Number(name.split('-')[1]))),
            )
          }
        })
      }
    },
  })
}

test.each(outages)('%s is away for ten hours each day (KEYMOMENT_TEST_SEED=%i)', { timeout }, async (service, seed) => {
  const given = workload(seed, 4)
  const run = await runWithout(service, seed, given)
  expect(judge(run, given, undefined), `seed ${seed}, run ${run.trace}`).toEqual([])
  expect(run.sent.length).toBeGreaterThan(10)
})

/** Where detect is in its topics is said to be where they end. */
const takenForRead: Plant = {
  store: (store) => ({
    ...store,
    async progress(...asked) {
      const progress = await store.progress(...asked)
      if (progress === undefined) return undefined
      const positions = Object.fromEntries(serviceNodes.detect.reads.map(({ name }) => [name, Number.MAX_SAFE_INTEGER]))
      return JSON.stringify({ ...(JSON.parse(progress) as object), positions })
    },
  }),
}

if (!fromEnvironment) {
  test('a planted bug is found: what detect has not read is taken for read', { timeout }, async () => {
    const given = workload(7, 4)
    const run = await runWithout('detect', 7, given, takenForRead)
    expect(judge(run, given, undefined).join('\n')).toMatch(/sent in spite of a complaint/)
  })
}
