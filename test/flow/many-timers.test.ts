import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import type { ShardStore, StateStore } from '../../services/flow/state-store.ts'
import { Timers } from '../../services/flow/timers.ts'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine, hour, start } from './counting-engine.ts'

/** A store that says how much each commit held, and how much was loaded at once. */
function watchedStore() {
  const store = createEmbeddedStore({ file: ':memory:' })
  const commits: number[] = []
  const loads: number[] = []
  const watched: StateStore = {
    ...store,
    async claim(...claim) {
      const shard = await store.claim(...claim)
      const own: ShardStore = {
        ...shard,
        commit(group) {
          commits.push(group.writes.count)
          return shard.commit(group)
        },
        load(keys) {
          loads.push(keys.length)
          return shard.load(keys)
        },
      }
      return own
    },
  }
  return { store: watched, commits, loads }
}

const subscribers = 400
const settings = { groupRecords: 60, stageRecords: 20 }

test.each([
  { how: 'the clock alone', next: undefined },
  { how: 'an event that comes much later', next: 180 },
])(
  'a whole shard that is due at once, by $how, is loaded, fired and committed in portions',
  { timeout: 120_000 },
  async ({ next }) => {
    const { store, commits, loads } = watchedStore()
    const { clock, log, run, recharge, receipts } = await countingEngine({ store, settings })
    const first = await run()
    // All due at the same instant, as by a civil hour.
    await log.append(Array.from({ length: subscribers }, (_, i) => recharge(`s${i}`, 0)))
    await waitFor('receipts', async () => (await receipts()).length === subscribers, { deadlineMs: 60_000 })
    await first.stop()

    commits.length = 0
    await run() // of which nothing is in memory
    if (next === undefined) clock.advance(start + 3 * hour)
    // To either shard: what is due in it comes before.
    else await log.append(Array.from({ length: 10 }, (_, i) => recharge(`s${i}`, next)))
    const timers = async () => (await receipts()).filter((id) => id.startsWith('timer-'))
    await waitFor('timers', async () => (await timers()).length === subscribers, { deadlineMs: 60_000 })
    expect(Math.max(...loads)).toBeLessThanOrEqual(2 * settings.stageRecords)
    expect(Math.max(...commits)).toBeLessThanOrEqual(settings.groupRecords + settings.stageRecords)
  },
)

test('whoever looks ahead sees the keys that will be taken, whatever was armed and cancelled before', () => {
  const step = fc.record({ key: fc.constantFrom(...'abcd'), due: fc.nat(9), takeUntil: fc.option(fc.nat(9)) })
  fc.assert(
    fc.property(fc.array(step), fc.nat(9), fc.integer({ min: 1, max: 3 }), (steps, clock, most) => {
      const timers = new Timers([], 60_000)
      for (const { key, due, takeUntil } of steps) {
        timers.arm(key, due)
        if (takeUntil !== null) timers.take(takeUntil)
      }
      const seen = timers.dueKeys(clock, most)
      const taken = []
      for (let key = timers.take(clock); key !== undefined; key = timers.take(clock)) taken.push(key)
      expect(seen).toEqual(expect.arrayContaining(taken.slice(0, most)))
    }),
    { numRuns: 2_000 },
  )
})
