import { expect, onTestFinished, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine, hour, start } from './counting-engine.ts'

/** As a record or timer does that has to be rewritten after a change of rules. */
function work(millis: number): void {
  const end = performance.now() + millis
  while (performance.now() < end);
}

test('many deadlines at one instant: others get a turn in between, and all fire before the record behind them', async () => {
  let turns = 0
  const looking = setInterval(() => turns++, 1)
  onTestFinished(() => clearInterval(looking))
  const seen = new Set<number>()
  const { log, run, recharge, receipts } = await countingEngine({
    timerFails() {
      seen.add(turns)
      work(2)
      return false
    },
  })
  const people = Array.from({ length: 60 }, (_, i) => `s${i}`)
  // Some on each shard, at the deadlines' own instant.
  const others = Array.from({ length: 8 }, (_, i) => `other-${i}`)
  await log.append([...people.map((one) => recharge(one, 0)), ...others.map((one) => recharge(one, 60))])
  await run()
  await waitFor('all receipts', async () => (await receipts()).length === 60 + 8 + 60)
  expect((await receipts()).filter((one) => one === `timer-1-${start + hour}`)).toHaveLength(60)
  expect(seen.size).toBeGreaterThan(3)
})
