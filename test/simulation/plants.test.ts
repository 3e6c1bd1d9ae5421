import { expect, test } from 'vitest'
import { usual } from './catalogues.ts'
import { incidents } from './chaos.ts'
import { tellSimulatedHours } from './hours.ts'
import { judge } from './judge.ts'
import { plants } from './plants.ts'
import { type Run, simulateSystem } from './run.ts'
import { workload } from './workload.ts'

tellSimulatedHours()

const days = 3
const seedsMost = 8
const undisturbed = new Map<number, Run>()

async function undisturbedRun(seed: number): Promise<Run> {
  const run =
    undisturbed.get(seed) ?? (await simulateSystem({ seed, workload: workload(seed, days), catalogue: usual }))
  undisturbed.set(seed, run)
  return run
}

test.each(Object.entries(plants))('a planted bug is found: %s', { timeout: 300_000 }, async (_, plant) => {
  const usually = { ...incidents, ...plant.incidents }
  for (let seed = 1; seed <= seedsMost; seed++) {
    const given = workload(seed, days)
    const planted = plant.workload?.(given) ?? given
    const run = await simulateSystem({ seed, workload: planted, catalogue: usual, incidents: usually, plant })
    const found = judge(run, given, await undisturbedRun(seed))
    if (found.length > 0) return
  }
  expect.fail(`not found within ${seedsMost} seeds`)
})
