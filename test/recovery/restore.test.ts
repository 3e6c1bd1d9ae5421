import { expect, it } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { decodeProgress } from '../../services/flow/progress.ts'
import { type Restoration, restore } from '../../services/recovery/restore.ts'
import { topics } from '../../services/topology.ts'

const hour = 3_600_000
const shards = 40
const recharges = 'km.events.recharge'

/** Every shard has had moments, of which retention has dropped nothing, and recharges, all of which it has. */
async function shortened() {
  let now = Date.UTC(2026, 0, 5)
  const log = createEmbeddedLog({ file: ':memory:', shards, clock: { ...simulatedClock(), now: () => now } })
  const store = createEmbeddedStore({ file: ':memory:' })
  const subscribers = Array.from({ length: 400 }, (_, i) => `s${i}`)
  const put = (topic: string) => log.append(subscribers.map((key) => ({ topic, key, value: Buffer.from('anything') })))
  await put(recharges)
  now += hour
  await log.retain({ maxAgeMs: 0 })
  await put(topics.moments.name)
  const genesisOf = async (shard: number) => {
    const found = await store.peek('detect', shardId(shard), '')
    return found && decodeProgress(found.progress).genesis
  }
  const all = () => Promise.all(Array.from({ length: shards }, (_, shard) => genesisOf(shard)))
  const run = (how: Partial<Restoration> = {}) => restore({ log, store, by: 'ops', at: now, ...how })
  return { run, all }
}

it('changes nothing while nobody has accepted what the log has lost', async () => {
  const { run, all } = await shortened()
  const { refused, forgotten, services } = await run()
  expect({ refused, forgotten }).toEqual({ refused: true, forgotten: [recharges] })
  expect(services.find(({ service }) => service === 'detect')).toMatchObject({
    kept: 0,
    begun: shards,
    shortened: shards,
  })
  expect(await all()).toEqual(Array(shards).fill(undefined))
})

it('changes nothing when it is only asked what it would do', async () => {
  const { run, all } = await shortened()
  expect(await run({ acceptLoss: 'INC-1', dryRun: true })).toMatchObject({ refused: false, forgotten: [recharges] })
  expect(await all()).toEqual(Array(shards).fill(undefined))
})

it('lets every shard begin once somebody has, says who did and why, and then finds nothing to do', async () => {
  const { run, all } = await shortened()
  expect(await run({ acceptLoss: 'INC-1' })).toMatchObject({ refused: false })
  const said = { by: 'ops', reason: 'INC-1', knownSince: null }
  expect(await all()).toEqual(Array(shards).fill(expect.objectContaining(said)))
  const { refused, forgotten, services } = await run({ by: 'somebody else' })
  expect({ refused, forgotten }).toEqual({ refused: false, forgotten: [] })
  expect(services.find(({ service }) => service === 'detect')).toMatchObject({ kept: shards, begun: 0 })
  expect(await all()).toEqual(Array(shards).fill(expect.objectContaining(said)))
})
