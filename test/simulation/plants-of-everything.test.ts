import { expect, test } from 'vitest'
import { everything, otherOfEverything } from './catalogues.ts'
import { incidents } from './chaos.ts'
import { tellSimulatedHours } from './hours.ts'
import { judgeEverything } from './judge-everything.ts'
import { plantsOfEverything } from './plants-of-everything.ts'
import { simulateSystem } from './run.ts'
import { goingBack } from './setbacks.ts'
import { workloadOfChannels } from './workload-channels.ts'

tellSimulatedHours()

const days = 3
const seedsMost = 4
const hour = 3_600_000
/** Soon after something was said, and long after it. */
const setbacks = Array.from({ length: 8 }, (_, i) => ({ at: (9 + 8 * i) * hour, back: (1 + (i % 5) * 4) * hour }))

test.each(Object.entries(plantsOfEverything))(
  'a planted bug is found: %s',
  { timeout: 300_000 },
  async (_, { found, goesBack, ...plant }) => {
    const said: string[] = []
    for (let seed = 1; seed <= seedsMost; seed++) {
      const run = await simulateSystem({
        seed,
        workload: workloadOfChannels(seed, days),
        catalogue: everything,
        through: 'everything',
        incidents: goesBack ? { killed: 2 } : incidents,
        plant,
        ...(goesBack && { event: goingBack(goesBack, setbacks, [otherOfEverything, everything]) }),
      })
      said.push(...judgeEverything(run, everything, undefined))
      if (said.some((sentence) => found.test(sentence))) return
    }
    expect.fail(`not found within ${seedsMost} seeds; but: ${said.join('\n')}`)
  },
)
