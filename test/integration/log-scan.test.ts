import { expect, test } from 'vitest'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { shippedCatalogue } from '../../services/platform/catalogue-source.ts'
import { sampleStream } from '../../services/sample/service.ts'
import { topics } from '../../services/topology.ts'
import { startEngine } from './bad-input/engine.ts'
import { lines, longCall, profile } from './bad-input/events.ts'

const number = '+8613800138000'

test('no telephone number is in the log of a whole run, and subscribers are in subscriber_id alone', {
  timeout: 60_000,
}, async () => {
  const engine = await startEngine({
    level: 'trace',
    deployables: [createDeliver(), decide, detect, createIngest(), sampleStream],
    settings: {
      KEYMOMENT_CATALOGUE_DIR: shippedCatalogue,
      KEYMOMENT_CLOCK_START: '2026-03-02T08:00:00+08:00',
      KEYMOMENT_CLOCK_FACTOR: '2400',
      KEYMOMENT_SAMPLE_SUBSCRIBERS: '300',
      KEYMOMENT_SMS_SANDBOX_DELAY_MS: '10',
    },
  })
  const { log } = await engine.running.started
  const messages = await engine.atLeast(topics.receipts, 10, 30_000)
  expect(messages.length).toBeGreaterThanOrEqual(10)

  const addresses = await engine.records(topics.addresses)

  // Whatever may tempt somebody to log what it holds.
  const at = Date.parse('2026-03-02T08:00:00+08:00')
  await engine.post(`[{"addresses":{"sms":"${number}"}} oops`, 'application/json')
  await engine.post(lines([{ ...longCall('x', number, at), kind: number, event_time: number }]))
  await engine.post(lines([profile('p', 's-1', at, { sms: '+861' })]))
  await engine.get(`/v1/nothing/${encodeURIComponent(number)}`)
  await engine.post(lines([longCall('f', 'subscriber-f', at + 400 * 86_400_000)]))
  for (const topic of [topics.events.cdr, topics.moments, topics.commands.sms, topics.addresses, topics.receipts]) {
    await log.append([{ topic: topic.name, key: 'subscriber-g', value: Buffer.from(`call ${number}`) }])
  }
  await engine.atLeast(topics.deadLetters, 6, 20_000)
  const people = [...addresses.map(({ subscriber_id }) => subscriber_id), 'subscriber-f', 'subscriber-g']
  expect(addresses.every(({ sms }) => /^\+999\d{8}$/.test(sms ?? ''))).toBe(true)
  await engine.stop()

  const written = engine.log()
  expect(written.length).toBeGreaterThan(10)
  expect(written.filter(({ level }) => level === 'warn').length, 'something was worth a warning').toBeGreaterThan(0)
  for (const { time, ...line } of written) {
    expect(time).toMatch(/^\d{4}-/)
    const text = JSON.stringify(line, (name, value) => (name === 'subscriber_id' ? undefined : value))
    const looksLikeNumber = /(?<![\w.:-])"?\+?\d[\d ()-]{6,16}\d(?!\w)/.exec(
      text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, ''),
    )
    expect.soft(looksLikeNumber?.[0], text).toBeUndefined()
    expect.soft(text).not.toMatch(/13800138000|999\d{6}/)
    const named = people.filter((person) => text.includes(person))
    expect.soft(named, text).toEqual([])
  }
})
