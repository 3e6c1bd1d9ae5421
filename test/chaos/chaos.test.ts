import { expect, onTestFinished, test } from 'vitest'
import { servers } from '../support/servers.ts'
import { little } from './campaigns/little.ts'
import { runCampaign } from './run.ts'
import { startRedisBeside } from './servers.ts'

const minute = 60_000

test('a little chaos: nothing is lost, nobody is contacted twice or against the policy', {
  timeout: 10 * minute,
}, async () => {
  const seed = Date.now() % 1_000_000
  const own = await startRedisBeside(servers, () => undefined)
  onTestFinished(() => own.stop())
  const said: string[] = []
  const { findings, struck, figures } = await runCampaign(little, {
    seed,
    servers: own,
    say: (line) => said.push(line),
    lengthMs: little.lengthMs,
    subscribersPerSecond: 4,
    isPatient: false,
  })
  expect(findings, `seed ${seed}; ${said.join('; ')}`).toEqual([])
  expect(struck).toMatchObject({ 'stopped past its session': 1, 'Redis killed without its last second': 1 })
  expect(struck['kill -9 of deliver+decide+detect+ingest']).toBeGreaterThanOrEqual(2)
  expect(figures.sent).toBeGreaterThan(20)
})
