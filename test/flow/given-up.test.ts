import { expect, test } from 'vitest'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createRedisStore } from '../../services/flow/adapters/redis/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { acceptLoss } from './accept-loss.ts'
import { startRedis } from './adapters/redis/own-redis.ts'
import { countingEngine } from './counting-engine.ts'

/** Nothing outside answers within a minute: whoever waits for it is late. */
async function slowRedis() {
  const server = await startRedis(temporaryFolder())
  const store = createRedisStore({ url: server.url, unavailableAfterMs: 60_000, answerWithinMs: 60_000 })
  return { store, hang: () => process.kill(server.pid, 'SIGSTOP') }
}

async function millisOf(act: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await act()
  return performance.now() - begun
}

test('a shard that is revoked while it is claimed is let go of at once', async () => {
  const { store, hang } = await slowRedis()
  const { run } = await countingEngine({ store })
  hang()
  const service = await run()
  expect(await millisOf(() => service.stop(30_000))).toBeLessThan(3_000)
})

test('one that is at work waits for its commits as long as it is told to, and no longer', async () => {
  const { store, hang } = await slowRedis()
  const { run, log, recharge, receipts } = await countingEngine({ store })
  const service = await run()
  await log.append([recharge('a', 0)])
  await waitFor('a receipt', async () => (await receipts()).length === 1)
  await waitFor('idle', () => service.isIdle())
  hang()
  await log.append([recharge('a', 1)])
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await millisOf(() => service.stop(200))).toBeLessThan(3_000)
})

test.each(['ends', 'read'] as const)(
  'one that looks for its outputs on the log (%s) is let go of at once',
  async (what) => {
    const inner = createEmbeddedLog({ file: ':memory:', shards: 2, clock: simulatedClock() })
    const first = await countingEngine({ log: inner })
    const service = await first.run()
    await inner.append([first.recharge('a', 0)])
    await waitFor('a receipt', async () => (await first.receipts()).length === 1)
    await service.stop()

    let isAsked = false
    const silence = (signal: AbortSignal | undefined) => {
      isAsked = true
      return new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    }
    /** A broker that is there and says nothing. */
    const log: EventLog = {
      ...inner,
      ...(what === 'ends'
        ? { ends: (_, signal) => silence(signal) }
        : {
            // biome-ignore lint/correctness/useYield: nothing comes
            async *read(_topic, _shard, _from, _to, signal) {
              await silence(signal)
            },
          }),
    }
    const next = await countingEngine({ log })
    await acceptLoss(inner, next.store)
    const silent = await next.run()
    await waitFor('the question', () => isAsked)
    expect(await millisOf(() => silent.stop(30_000))).toBeLessThan(3_000)
  },
)
