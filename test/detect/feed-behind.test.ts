import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { localBudgets } from '../../services/budgets/local.ts'
import { noHolds } from '../../services/control/holds.ts'
import { uncontrolled } from '../../services/control/open.ts'
import { detect } from '../../services/detect/service.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { fixedCatalogue, openCatalogue } from '../../services/platform/catalogue-source.ts'
import { flowSettings } from '../../services/platform/open-platform.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'

const hour = 3_600_000
const begin = Date.now() - 100 * hour
/** 'No call for a day after a short one': among others. */
const catalogue = fixedCatalogue(await openCatalogue(join(import.meta.dirname, '..', 'integration', 'catalogue')))

/** Of the producer's: what the clock makes due comes within milliseconds. */
const aPause = () => new Promise((resolve) => setTimeout(resolve, 100))

/** Detect under the time of day; calls are told by their hour since the beginning, 100 hours ago. */
async function setUp(feedPauseMs: number) {
  const settings = await loadSettings(undefined, { KEYMOMENT_EVENTS_FEED_PAUSE_MS: String(feedPauseMs) })
  const log = createEmbeddedLog({ file: ':memory:', shards: 1 })
  const store = createEmbeddedStore({ file: ':memory:' })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  onTestFinished(async () => {
    await log.close()
    await store.close()
  })
  async function start() {
    const running = await detect.start({
      settings,
      flow: { ...flowSettings(settings), groupMs: 1 },
      clock: wallClock,
      log,
      store,
      codec,
      catalogue,
      control: uncontrolled(noHolds),
      budgets: localBudgets(),
      metrics: createMetrics(),
      logger: createLogger('silent'),
      secret: '',
      fail: (error) => {
        throw error
      },
    })
    onTestFinished(() => running.stop())
    return running
  }
  let running = await start()
  return {
    /** Puts a call on the log, and waits until it is read and whatever the clock would make due has come. */
    async call(hours: number) {
      const value = codec.encode(topics.events.cdr, {
        event_id: `call-${hours}`,
        subscriber_id: 's',
        event_time: begin + hours * hour,
        source: 'test',
        kind: 'voice',
        direction: 'mo',
        other_party: 'p',
        duration_s: 60,
        cell_id: null,
        roaming_country: null,
        end_cause: 'normal',
        charge: null,
        balance_after: null,
      })
      const [appended] = await log.append([{ topic: topics.events.cdr.name, key: 's', value }])
      const read = () =>
        (running.shards?.shards() ?? []).some(({ positions }) => positions.includes(appended?.end ?? -1))
      await waitFor('the call to be read', read)
      await aPause()
    },
    async restart() {
      await running.stop()
      running = await start()
      await waitFor('the shard', () => running.shards?.shards().some(({ state }) => state === 'running'))
      await aPause()
    },
    /** Hours of the silences that were noticed. */
    async silences(): Promise<number[]> {
      const moments = await readTopic(log, codec, topics.moments)
      return moments.filter(({ rule }) => rule === 'quiet-after-call').map(({ at }) => (at - begin) / hour)
    },
  }
}

test('calls that come days behind, in pieces: no silence is seen between them, and the one after the last is', async () => {
  const { call, silences } = await setUp(2_000)
  for (const hours of [0, 20, 40, 60]) await call(hours)
  expect(await silences()).toEqual([])
  await waitFor('the silence', async () => (await silences()).length > 0)
  expect(await silences()).toEqual([84])
})

test('a real silence within what comes behind is noticed at its own time', async () => {
  const { call, silences } = await setUp(2_000)
  for (const hours of [0, 20, 60]) await call(hours)
  expect(await silences()).toEqual([44])
})

test('a restart in a pause of the producer makes no silence of it', async () => {
  const { call, restart, silences } = await setUp(2_000)
  await call(0)
  await restart()
  await call(20)
  expect(await silences()).toEqual([])
})

test('a producer that is silent for longer than it is waited for has nothing more to say', async () => {
  const { call, silences } = await setUp(0)
  await call(0)
  await waitFor('the silence', async () => (await silences()).length > 0)
  expect(await silences()).toEqual([24])
})
