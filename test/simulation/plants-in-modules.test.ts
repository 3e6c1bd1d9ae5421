import { afterEach, expect, test, vi } from 'vitest'
import { quietUntil } from '../../services/domain/quiet-hours.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { everything } from './catalogues.ts'
import { incidents } from './chaos.ts'
import { judgeEverything } from './judge-everything.ts'
import { workloadOfChannels } from './workload-channels.ts'

const days = 3
const seedsMost = 4

type Caps = typeof import('../../services/decide/caps.ts')
type Gates = typeof import('../../services/decide/gates.ts')

afterEach(() => {
  vi.doUnmock('../../services/decide/caps.ts')
  vi.doUnmock('../../services/decide/gates.ts')
  vi.resetModules()
})

/** One message in three days, and no gap that would hold the next one back in its stead. */
const oneOnly: Catalogue = {
  ...everything,
  policy: { ...everything.policy, gaps: {}, caps: everything.policy.caps.map((cap) => ({ ...cap, most: 1 })) },
}

/** Policy as decide may get it wrong: a module of it with something else in a function's place. The judge has the real ones. */
const plants = {
  'a cap counts what has left, and not what is commanded': {
    found: /against (\S+ )*cap\b/,
    catalogue: oneOnly,
    plant: () =>
      vi.doMock('../../services/decide/caps.ts', async (original) => {
        const caps = await original<Caps>()
        const capReached: Caps['capReached'] = (policy, touches, ...rest) =>
          caps.capReached(
            policy,
            touches.filter(({ state }) => state === 'counted'),
            ...rest,
          )
        return { ...caps, capReached }
      }),
  },

  'quiet hours are those of the moment, and not of the send': {
    found: /sent in quiet hours|against (\S+ )*quiet-hours/,
    catalogue: everything,
    plant: () =>
      vi.doMock('../../services/decide/gates.ts', async (original) => {
        const gates = await original<Gates>()
        const createFindings: Gates['createFindings'] = (purpose) => {
          const findings = gates.createFindings(purpose)
          return (subject) =>
            findings(subject).filter(({ code }) => {
              const windows = gates.quietWindows(subject.policy, subject.channel)
              return code !== 'quiet-hours' || quietUntil(windows, subject.zones, subject.moment.at) !== undefined
            })
        }
        return { ...gates, createFindings }
      }),
  },
}

/** What the judge says of a run by the modules as they are now. */
async function judged(seed: number, catalogue: Catalogue): Promise<readonly string[]> {
  vi.resetModules()
  const { simulateSystem } = await import('./run.ts')
  const workload = workloadOfChannels(seed, days)
  const run = await simulateSystem({ seed, workload, catalogue, through: 'everything', incidents })
  return judgeEverything(run, catalogue, undefined)
}

test.each(Object.entries(plants))(
  'a planted bug is found: %s',
  { timeout: 300_000 },
  async (_, { found, catalogue, plant }) => {
    plant()
    const said: string[] = []
    for (let seed = 1; seed <= seedsMost; seed++) {
      said.push(...(await judged(seed, catalogue)))
      if (said.some((sentence) => found.test(sentence))) return
    }
    expect.fail(`not found within ${seedsMost} seeds; but: ${said.join('\n')}`)
  },
)

test('without a bug nothing is found', { timeout: 300_000 }, async () => {
  expect(await judged(1, oneOnly)).toEqual([])
})
