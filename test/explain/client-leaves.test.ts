import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { decide } from '../../services/decide/service.ts'
import { explain } from '../../services/explain/service.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import type { Deployable } from '../../services/platform/deployable.ts'
import { startProcess } from '../../services/platform/process.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

test('a client that leaves ends the reading of the log', async () => {
  let readings = 0
  /** A log so long that its reading lasts. */
  const withLongLog = (log: EventLog): EventLog => ({
    ...log,
    ends: async (topics) => topics.map(() => new Array(log.shards).fill(1_000_000)),
    async *read(topic, shard, _from, _to, signal) {
      readings++
      try {
        yield* log.read(topic, shard, 0, 0)
        for (;;) {
          signal?.throwIfAborted()
          await pause(1)
        }
      } finally {
        readings--
      }
    },
  })
  const explaining: Deployable = {
    ...explain,
    routes: (http, platform, view) => {
      explain.routes?.(http, () => ({ ...platform(), log: withLongLog(platform().log) }), view)
    },
  }
  const running = await startProcess({
    settings: await loadSettings(undefined, { KEYMOMENT_DATA_DIR: temporaryFolder(), KEYMOMENT_HTTP_PORT: '0' }),
    deployables: [decide, explaining],
    logger: createLogger('silent'),
    metrics: createMetrics(),
  })
  onTestFinished(() => running.stop())
  await running.started

  const client = new AbortController()
  const url = `${running.url}/v1/subscribers/s-1/explain?from=log`
  const asked = fetch(url, { signal: client.signal }).catch(() => 'left')
  await waitFor('the log to be read', () => readings > 0)
  client.abort()
  expect(await asked).toBe('left')
  await waitFor('the reading to end', () => readings === 0)
})
