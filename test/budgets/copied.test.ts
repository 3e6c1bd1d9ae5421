import { expect, onTestFinished, test } from 'vitest'
import type { Draw } from '../../services/budgets/budgets.ts'
import { openBudgets } from '../../services/budgets/open.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { copyLog } from '../../services/resharding/copy-log.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { waitFor } from '../support/wait-for.ts'

const draw: Draw = {
  budget: {
    id: 'gifts',
    of: 'uses',
    amount: 30,
    per: 'life',
    draws: {},
    pacing: 'none',
    hours: { start: 0, end: 1440 },
    reserves: [],
  },
  zone: 'UTC',
  amount: 1,
  pool: '',
}

test('what was granted stands on the log of a system with another number of shards too', async () => {
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const [before, after] = [2, 6].map((shards) => createEmbeddedLog({ file: ':memory:', shards }))
  if (!before || !after) throw new Error('two logs')
  onTestFinished(async () => void (await Promise.all([before.close(), after.close()])))
  const logger = createLogger('silent')
  const parts = {
    codec,
    clock: wallClock,
    speed: 1,
    logger,
    fail: (error: unknown) => expect.unreachable(String(error)),
  }
  const old = await openBudgets({ ...parts, log: before })
  for (let i = 0; i < 20; i++) {
    const use = `use-${i}`
    if (old.look(draw, () => use, Date.now()).kind === 'asked') old.ask(draw, Date.now())
    await waitFor('a tranche', () => old.look(draw, () => use, Date.now()).kind === 'free', { everyMs: 1 })
    old.spend(use, [draw], Date.now())
  }
  await old.close()
  await copyLog(before, after, codec)

  const fresh = await openBudgets({ ...parts, log: after })
  onTestFinished(() => fresh.close())
  expect(fresh.ledger.account('gifts', 'life')).toMatchObject({ granted: 20 })
  expect(fresh.spentOf('gifts', 'life')).toBe(20)
})
