import { expect, onTestFinished, test } from 'vitest'
import { explainSubscriber } from '../../services/explain/explain-subscriber.ts'
import { openPlatform } from '../../services/platform/open-platform.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { servers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { profiles, recentCalls } from './calls.ts'
import { catalogueFolder, createSystem } from './system.ts'

const minutes = 60_000

test('a process that owns no shard explains a subscriber, from Redis and from Kafka, to the same', {
  timeout: 3 * minutes,
}, async () => {
  const calls = recentCalls(Date.now(), 2_000)
  const system = await createSystem()
  for (const service of ['decide', 'detect'] as const) await system.start(service)
  await system.append([...profiles(calls), ...calls])
  await waitFor('moments', async () => (await system.moments()).length > 20, { deadlineMs: 60_000, everyMs: 250 })
  const [moment] = await system.moments()
  if (!moment) throw new Error('no moment')

  const { prefix } = system
  const settings = await loadSettings(undefined, {
    KEYMOMENT_SHARDS: '4',
    KEYMOMENT_KAFKA_BROKERS: servers.kafkaBrokers.join(),
    KEYMOMENT_KAFKA_PREFIX: prefix,
    KEYMOMENT_REDIS_URL: servers.redisUrl,
    KEYMOMENT_REDIS_PREFIX: prefix,
    KEYMOMENT_SCHEMA_REGISTRY_URL: servers.schemaRegistryUrl,
    KEYMOMENT_CATALOGUE_DIR: catalogueFolder,
    KEYMOMENT_SECRET: 'a secret for tests only',
  })
  const metrics = createMetrics()
  const { platform, close } = await openPlatform(
    settings,
    ['explain'],
    createLogger('silent'),
    metrics,
    () => undefined,
  )
  onTestFinished(close)
  const request = { subscriber: moment.subscriber_id, rule: moment.rule }
  const isThrough = async () => (await explainSubscriber(platform, request)).as_of.records_behind === 0
  await waitFor('all to be read', isThrough, { deadlineMs: 60_000, everyMs: 500 })
  const at = Date.now()
  const fromState = await explainSubscriber(platform, { ...request, at, from: 'state' })
  const fromLog = await explainSubscriber(platform, { ...request, at, from: 'log' })
  expect(fromState.rules[0]?.fired_at).not.toBeNull()
  expect(fromState.moments.map(({ moment_id }) => moment_id)).toContain(moment.moment_id)
  for (const part of ['subscriber', 'catalogue', 'factors', 'rules'] as const) {
    expect(fromLog[part], part).toEqual(fromState[part])
  }
})
