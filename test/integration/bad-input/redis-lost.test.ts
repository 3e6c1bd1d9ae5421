import { expect, test } from 'vitest'
import { topics } from '../../../services/topology.ts'
import { tcpProxy } from '../../support/tcp-proxy.ts'
import { startEngine } from './engine.ts'
import { lines } from './events.ts'
import { ownSpace } from './own-space.ts'
import { callsFrom, idsOf, numbersFrom, undisturbed } from './undisturbed.ts'

test('Redis absent at the start, then lost in mid-stream and back: nothing is lost or doubled', {
  timeout: 90_000,
}, async () => {
  const space = await ownSpace('redis-lost')
  const { hostname, port, pathname } = new URL(space.KEYMOMENT_REDIS_URL ?? '')
  const proxy = await tcpProxy({ host: hostname, port: Number(port) })
  const engine = await startEngine({
    settings: { ...space, KEYMOMENT_REDIS_URL: `redis://127.0.0.1:${proxy.port}${pathname}` },
  })
  const from = Date.now() - 3_600_000
  const events = callsFrom('e', from, 300)
  const send = async (begin: number, end: number) => {
    for (let at = begin; at < end; at += 10) {
      expect((await engine.post(lines(events.slice(at, at + 10)))).status).toBe(202)
    }
  }
  await engine.running.started

  await engine.unreadyBy('KM_STORE_UNAVAILABLE', 20_000)
  expect((await engine.get('/healthz')).status).toBe(200)
  expect((await engine.get('/readyz')).status).toBe(503)
  expect((await engine.post(lines(numbersFrom('e', from)))).status).toBe(202)
  await send(0, 100) // ingest needs no Redis: what it takes waits on the log

  await proxy.appear()
  await engine.ready(20_000)
  await engine.atLeast(topics.moments, 60, 20_000)

  await send(100, 150)
  await proxy.vanish()
  await send(150, 250)
  await engine.unreadyBy('KM_STORE_UNAVAILABLE', 20_000)
  await proxy.appear()
  await send(250, 300)
  await engine.ready(20_000)

  const expected = idsOf((await undisturbed(events)).moments)
  expect(await engine.momentIds(topics.moments, expected.length)).toEqual(expected)
  expect(await engine.momentIds(topics.commands.sms, expected.length)).toEqual(expected)
  expect(await engine.records(topics.deadLetters)).toEqual([])
})
