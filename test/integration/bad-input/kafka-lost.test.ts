import { expect, test } from 'vitest'
import { topics } from '../../../services/topology.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startEngine } from './engine.ts'
import { lines } from './events.ts'
import { ownKafka } from './own-kafka.ts'
import { ownSpace } from './own-space.ts'
import { callsFrom, idsOf, numbersFrom, undisturbed } from './undisturbed.ts'

test('Kafka that appears after the engine, is killed in mid-stream and comes back: what was accepted is neither lost nor doubled', {
  timeout: 120_000,
}, async () => {
  const kafka = await ownKafka()
  const space = await ownSpace('kafka-lost')
  const engine = await startEngine({
    settings: { ...space, KEYMOMENT_KAFKA_BROKERS: kafka.broker, KEYMOMENT_KAFKA_PREFIX: '' },
  })
  const from = Date.now() - 3_600_000
  const events = callsFrom('e', from, 300)
  /** Sends batches of ten, each until it is accepted, as `keymoment ingest` does. @returns the refusals' codes */
  const send = async (begin: number, end: number): Promise<string[]> => {
    const refusals: string[] = []
    for (let at = begin; at < end; at += 10) {
      await waitFor(
        'acceptance',
        async () => {
          const { status, headers, body } = await engine.post(lines(events.slice(at, at + 10)))
          if (status === 202) return true
          expect(status).toBe(503)
          expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
          refusals.push(body.code ?? '')
          return false
        },
        { deadlineMs: 60_000, everyMs: 200 },
      )
    }
    return refusals
  }

  expect((await engine.get('/healthz')).status).toBe(200)
  expect(await engine.unready()).toEqual(['KM_STARTING'])
  expect(await engine.post(lines(events.slice(0, 1)))).toMatchObject({ status: 503, body: { code: 'KM_NOT_READY' } })
  await kafka.start()
  await engine.ready(30_000)

  expect((await engine.post(lines(numbersFrom('e', from)))).status).toBe(202)
  expect(await send(0, 100)).toEqual([])
  await kafka.killAtOnce()
  const sending = send(100, 300)
  await engine.unreadyBy('KM_LOG_UNAVAILABLE', 30_000)
  await kafka.start()
  await sending

  const expected = idsOf((await undisturbed(events)).moments)
  expect(await engine.momentIds(topics.moments, expected.length, 40_000)).toEqual(expected)
  expect(await engine.momentIds(topics.commands.sms, expected.length)).toEqual(expected)
  expect(await engine.momentIds(topics.decisions, expected.length)).toEqual(expected)
  expect(await engine.records(topics.deadLetters)).toEqual([])
  await engine.ready(20_000)
})
