import { expect, test } from 'vitest'
import { localBudgets } from '../../services/budgets/local.ts'
import { noHolds } from '../../services/control/holds.ts'
import { uncontrolled } from '../../services/control/open.ts'
import { detect } from '../../services/detect/service.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { fixedCatalogue, openCatalogue, shippedCatalogue } from '../../services/platform/catalogue-source.ts'
import { flowSettings } from '../../services/platform/open-platform.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { waitFor } from '../support/wait-for.ts'

/** As on Kafka, where the group has its first shards seconds before the call to join it returns. */
test('shards that are at work before the group was joined are counted, and follow the catalogue', async () => {
  const metrics = createMetrics()
  const settings = await loadSettings(undefined, {})
  const clock = simulatedClock()
  const embedded = createEmbeddedLog({ file: ':memory:', shards: 2, clock })
  const store = createEmbeddedStore({ file: ':memory:' })
  const catalogue = fixedCatalogue(await openCatalogue(shippedCatalogue))
  let subscribed = 0
  const commits = async () => {
    const { values } = await metrics.commit.get()
    return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0
  }
  const log: EventLog = {
    ...embedded,
    async join(options) {
      expect(subscribed).toBe(1)
      const membership = await embedded.join(options)
      await waitFor('the first commit of each shard', async () => (await commits()) === 2)
      return membership
    },
  }
  const running = await detect.start({
    settings,
    flow: flowSettings(settings),
    clock,
    log,
    store,
    codec: await createCodec(createEmbeddedRegistry(':memory:')),
    catalogue: { ...catalogue, subscribe: () => void subscribed++ },
    control: uncontrolled(noHolds),
    budgets: localBudgets(),
    metrics,
    logger: createLogger('silent'),
    secret: '',
    fail: (error) => {
      throw error
    },
  })
  await waitFor('the shards to be idle', () => running.shards?.isIdle())
  expect((await metrics.retries.get()).values).toEqual([])
  await running.stop()
  await log.close()
  await store.close()
})
