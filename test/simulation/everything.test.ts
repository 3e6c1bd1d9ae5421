import { expect, test } from 'vitest'
import { createRandom } from '../../services/sample/random.ts'
import { everything, otherOfEverything } from './catalogues.ts'
import { incidents } from './chaos.ts'
import { tellSimulatedHours } from './hours.ts'
import { judgeEverything } from './judge-everything.ts'
import { outreachOf } from './outreach.ts'
import { type Run, type RunOptions, simulateSystem } from './run.ts'
import { type ServiceUnderTest, withPeople } from './services-under-test.ts'
import { goingBack } from './setbacks.ts'
import { workloadOfChannels } from './workload-channels.ts'

tellSimulatedHours()

const days = 4
const hour = 3_600_000
const timeout = 300_000
const fromEnvironment = process.env.KEYMOMENT_TEST_SEED
const seedsOr = (...usual: readonly number[]) => (fromEnvironment ? [Number(fromEnvironment)] : usual)

const simulateAll = (seed: number, options: Partial<RunOptions>): Promise<Run> =>
  simulateSystem({
    seed,
    workload: workloadOfChannels(seed, days),
    catalogue: everything,
    through: 'everything',
    ...options,
  })

const again = ({ seed, trace }: Run) => `KEYMOMENT_TEST_SEED=${seed} is run ${trace}`

/** What came up in some run: what never does isn't tried. */
const seen = new Set<string>()
function note(run: Run): void {
  const { decisions, commands, cancelled, receipts } = outreachOf(run)
  for (const { value } of decisions) seen.add(`${value.outcome} ${value.code ?? ''}`.trim())
  for (const { command } of commands) seen.add(`attempt ${command.attempt}`).add(`by ${command.channel}`)
  for (const { value } of [...receipts.values()].flat()) seen.add(`receipt ${value.status}`)
  if (cancelled.size > 0) seen.add('taken back')
}

test.each(seedsOr(1, 2, 3))(
  'through all channels and people, whatever fails, every promise is kept (KEYMOMENT_TEST_SEED=%i)',
  { timeout },
  async (seed) => {
    const undisturbed = await simulateAll(seed, {})
    const run = await simulateAll(seed, { incidents })
    note(undisturbed)
    note(run)
    expect(judgeEverything(undisturbed, everything, undefined), again(undisturbed)).toEqual([])
    expect(judgeEverything(run, everything, undisturbed), again(run)).toEqual([])
    expect(run.sent.length).toBeGreaterThan(50)
  },
)

const setbacks: readonly (readonly [readonly ServiceUnderTest[], number])[] = [
  [['decide'], 1],
  [['decide'], 2],
  [['deliver'], 1],
  [['desk'], 1],
  [withPeople, 1],
].flatMap(([services, seed]) => seedsOr(seed as number).map((own) => [services as readonly ServiceUnderTest[], own]))

test.each(setbacks)('%s goes back, and does nothing again (seed %i)', { timeout }, async (services, seed) => {
  const random = createRandom(seed, 9)
  const back = [24, 42, 60, 78].map((at) => ({ at: (at + 12 * random.next()) * hour, back: 24 * random.next() * hour }))
  const run = await simulateAll(seed, {
    incidents: { killed: 2, rebalanced: 4, 'claimed-twice': 2 },
    event: goingBack(services, back, [otherOfEverything, everything]),
  })
  note(run)
  expect(judgeEverything(run, everything, undefined), again(run)).toEqual([])
})

if (!fromEnvironment) {
  test('all that may happen to a message has happened', () => {
    const expected = [
      ...['sms', 'ivr', 'push', 'desk', 'task'].map((channel) => `by ${channel}`),
      ...['accepted', 'delivered', 'failed', 'unknown', 'expired', 'answered'].map((status) => `receipt ${status}`),
      ...['attempt 2', 'attempt 3', 'taken back', 'withdrawn consent', 'suppressed priority', 'suppressed budget'],
      ...['suppressed do-not-disturb', 'suppressed reached', 'suppressed cooling', 'suppressed cap'],
    ]
    expect(expected.filter((what) => !seen.has(what))).toEqual([])
  })
}
