import { expect, test } from 'vitest'
import { topics } from '../../../services/topology.ts'
import { freePort } from '../../support/free-port.ts'
import { servers } from '../../support/servers.ts'
import { tcpProxy } from '../../support/tcp-proxy.ts'
import { startEngine } from './engine.ts'
import { lines, longCall } from './events.ts'
import { ownSpace } from './own-space.ts'

const event = lines([longCall('e', 's-1', Date.now() - 60_000)])

test('an absent Kafka is told by code; the process lives, takes nothing, and stops when it is told to', {
  timeout: 60_000,
}, async () => {
  const engine = await startEngine({
    settings: { ...(await ownSpace('no-kafka')), KEYMOMENT_KAFKA_BROKERS: `127.0.0.1:${await freePort()}` },
  })
  expect(await engine.unready()).toEqual(['KM_STARTING'])
  await engine.unreadyBy('KM_LOG_UNAVAILABLE', 40_000)
  expect((await engine.get('/healthz')).status).toBe(200)
  expect(await engine.post(event)).toMatchObject({ status: 503, body: { code: 'KM_NOT_READY' } })
  expect((await engine.get('/metrics')).status).toBe(200)
  await engine.stop()
})

test('an absent registry is told by code; when it appears the engine goes to work', { timeout: 60_000 }, async () => {
  const { hostname, port, pathname } = new URL(servers.schemaRegistryUrl)
  const proxy = await tcpProxy({ host: hostname, port: Number(port) })
  const engine = await startEngine({
    settings: {
      ...(await ownSpace('no-registry')),
      KEYMOMENT_SCHEMA_REGISTRY_URL: `http://127.0.0.1:${proxy.port}${pathname}`,
    },
  })
  await engine.unreadyBy('KM_REGISTRY_UNAVAILABLE', 40_000)
  expect((await engine.get('/healthz')).status).toBe(200)
  expect(await engine.post(event)).toMatchObject({ status: 503, body: { code: 'KM_NOT_READY' } })
  await proxy.appear()
  await engine.ready(40_000)
  expect((await engine.post(event)).status).toBe(202)
  expect(await engine.atLeast(topics.moments, 1, 20_000)).toMatchObject([{ rule: 'long-call' }])
})
