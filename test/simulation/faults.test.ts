import { expect, test } from 'vitest'
import { createRandom } from '../../services/sample/random.ts'
import { other, usual } from './catalogues.ts'
import { incidents } from './chaos.ts'
import { simulatedHours, tellSimulatedHours } from './hours.ts'
import { judge } from './judge.ts'
import { type Run, simulateSystem } from './run.ts'
import { takenOverAt } from './setbacks.ts'
import { workload } from './workload.ts'

const days = 6
const second = 1_000
const hour = 3_600_000
const day = 24 * hour
const fromEnvironment = process.env.KEYMOMENT_TEST_SEED
/** 4 found that a service message counted as not sent when a later attempt was refused, though an earlier one had left. */
const seeds = fromEnvironment ? [Number(fromEnvironment)] : [1, 2, 3, 4, 5, 6, 7, 8]
const timeout = 300_000

/** What is told of a seed that failed: how to have the same run again. */
const again = ({ seed, trace, recent }: Run) =>
  `KEYMOMENT_TEST_SEED=${seed} is run ${trace}; it ended with\n${recent.slice(-20).join('\n')}`

tellSimulatedHours()

const struck = new Set<string>()

test.each(seeds)('whatever fails, every promise is kept (KEYMOMENT_TEST_SEED=%i)', { timeout }, async (seed) => {
  const given = workload(seed, days)
  const undisturbed = await simulateSystem({ seed, workload: given, catalogue: usual })
  const run = await simulateSystem({ seed, workload: given, catalogue: usual, incidents })
  for (const kind of Object.keys(run.faults)) struck.add(kind)
  expect(judge(undisturbed, given, undefined)).toEqual([])
  expect(judge(run, given, undisturbed), again(run)).toEqual([])
  expect(run.sent.length).toBeGreaterThan(30)
})

if (!fromEnvironment) {
  test('every kind of fault struck, over thousands of hours', () => {
    const kinds = [...Object.keys(incidents), 'append-unanswered', 'append-torn', 'commit-unanswered', 'sms-late']
    expect(kinds.filter((kind) => !struck.has(kind))).toEqual([])
    expect(simulatedHours()).toBeGreaterThan(3_000)
  })
}

test('another catalogue comes into force and is taken back while all goes wrong', { timeout }, async () => {
  const given = workload(11, days)
  const published = [
    { activatesAt: given.begin + 2 * day, catalogue: other },
    { activatesAt: given.begin + 4 * day, catalogue: usual },
  ]
  const options = { seed: 11, workload: given, catalogue: usual, later: published }
  const undisturbed = await simulateSystem(options)
  const run = await simulateSystem({ ...options, incidents })
  expect(judge(run, given, undisturbed), again(run)).toEqual([])
})

test.each(seeds.slice(0, 3))(
  'shards change hands and are replayed whenever another catalogue comes into force (KEYMOMENT_TEST_SEED=%i)',
  { timeout },
  async (seed) => {
    const given = workload(seed, days)
    const random = createRandom(seed, 17)
    const published = [0, 1, 2, 3, 4].map((number) => ({
      activatesAt: given.begin + (number + 0.3 + 0.7 * random.next()) * day,
      catalogue: number % 2 === 0 ? other : usual,
    }))
    const options = { seed, workload: given, catalogue: usual, later: published }
    const undisturbed = await simulateSystem(options)
    // Just before the change, just behind it, and when what was decided under the catalogue before is replayed.
    const instants = published.flatMap(({ activatesAt }) =>
      [-second, second, hour].map((later) => activatesAt + 2 * later * random.next()),
    )
    const run = await simulateSystem({ ...options, incidents: { rebalanced: 6 }, event: takenOverAt(instants) })
    expect(judge(run, given, undisturbed), again(run)).toEqual([])
    expect(run.sent.length).toBeGreaterThan(30)
  },
)

test('a seed gives the same run each time, and another seed another', { timeout }, async () => {
  const runOf = async (seed: number) => {
    const { trace, steps, sent } = await simulateSystem({ seed, workload: workload(1, 2), catalogue: usual, incidents })
    return { trace, steps, sent }
  }
  const first = await runOf(1)
  expect(await runOf(1)).toEqual(first)
  expect((await runOf(2)).trace).not.toBe(first.trace)
})
