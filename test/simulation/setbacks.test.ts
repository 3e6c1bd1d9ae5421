import { expect, test } from 'vitest'
import { createRandom } from '../../services/sample/random.ts'
import { other, usual } from './catalogues.ts'
import { tellSimulatedHours } from './hours.ts'
import { judge } from './judge.ts'
import { type RunOptions, simulateSystem } from './run.ts'
import { type ServiceUnderTest, servicesUnderTest } from './services-under-test.ts'
import { goingBack, type Setback } from './setbacks.ts'
import { workload } from './workload.ts'

tellSimulatedHours()

const second = 1_000
const hour = 3_600_000
const day = 24 * hour

/**
 * A service whose state goes back to any earlier instant, and which begins anew in another interleaving and under another
 * catalogue: what it fired, decided or attempted before is on the log, and isn't done again.
 */
async function nothingIsDoneAgain(
  seed: number,
  days: number,
  services: readonly ServiceUnderTest[],
  setbacks: readonly Setback[],
  options: Partial<RunOptions> = {},
) {
  const given = workload(seed, days)
  const run = await simulateSystem({
    seed,
    workload: given,
    catalogue: usual,
    incidents: { killed: 2, rebalanced: 4, 'claimed-twice': 2 },
    ...options,
    // A catalogue that is switched is the same for who begins anew.
    event: goingBack(services, setbacks, options.later ? [] : [other, usual]),
  })
  expect(judge(run, given, undefined), `seed ${seed}, run ${run.trace}`).toEqual([])
  expect(run.sent.length).toBeGreaterThan(10)
}

const timeout = 300_000
const alone = servicesUnderTest.map((service) => [service] as const)

test.each(alone.flatMap((services) => [1, 2, 3].map((seed) => ({ services, seed }))))(
  '$services goes back, and does nothing again (seed $seed)',
  { timeout },
  async ({ services, seed }) => {
    const random = createRandom(seed, 4)
    const setbacks = [30, 55, 80].map((at) => ({
      at: (at + 15 * random.next()) * hour,
      back: random.next() * at * hour,
    }))
    await nothingIsDoneAgain(seed, 4, services, setbacks)
  },
)

test.each([...alone, servicesUnderTest])(
  '%s goes back again and again, before it has caught up',
  { timeout },
  async (...services) => {
    const setbacks = [40, 75].flatMap((at) =>
      [0, 1, 4, 15, 40].map((later, i) => ({ at: at * hour + later * second, back: (3 + 7 * i) * hour })),
    )
    await nothingIsDoneAgain(11, 4, services, setbacks)
  },
)

test.each([...alone, servicesUnderTest])(
  '%s goes back while another catalogue comes into force',
  { timeout },
  async (...services) => {
    const { begin } = workload(12, 4)
    // The run begins an hour before the workload.
    const setbacks = [37, 61].flatMap((at) => [
      { at: at * hour - second, back: 30 * hour },
      { at: at * hour + second, back: 5 * hour },
      { at: (at + 2) * hour, back: 20 * hour },
    ])
    const later = [
      { activatesAt: begin + 36 * hour, catalogue: other },
      { activatesAt: begin + 60 * hour, catalogue: usual },
    ]
    await nothingIsDoneAgain(12, 4, services, setbacks, { later })
  },
)

test.each([...alone, servicesUnderTest])(
  '%s goes back by more than ids of moments are remembered',
  { timeout },
  async (...services) => {
    await nothingIsDoneAgain(13, 11, services, [{ at: 10 * day, back: 9.5 * day }])
  },
)
