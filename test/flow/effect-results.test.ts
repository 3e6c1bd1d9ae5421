import { expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine, hour, start } from './counting-engine.ts'

test('what was due before the result of an effect comes first, and at its own time', async () => {
  const answers: ((answer: string) => void)[] = []
  const { clock, log, run, recharge, receipts } = await countingEngine({
    runEffect: () => new Promise((resolve) => answers.push(resolve)),
  })
  await run()
  await log.append([recharge('a', 0), recharge('b', 30)])
  await waitFor('the effects', () => answers.length === 2)
  clock.advance(start + 3 * hour)
  for (const answer of answers) answer('answered')
  await waitFor('the deadlines', async () => (await receipts()).length === 4)
  expect(await receipts()).toEqual(['a-1', 'b-1', `timer-1-${start + hour}`, `timer-1-${start + 1.5 * hour}`])
})
