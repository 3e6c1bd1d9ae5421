import { expect, onTestFinished, test } from 'vitest'
import type { Codec } from '../../services/records/codec.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Moment } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'

const moment: Moment = {
  moment_id: 'm-1',
  subscriber_id: 'subscriber-7',
  detected_at: 1_767_225_600_500,
  at: 1_767_225_600_000,
  rule: 'first-app-use',
  rule_version: 'a1',
  kind: 'first',
  purpose: 'marketing',
  occurrence: 'event-9',
  expires_at: 1_767_312_000_000,
  evidence: { count: 3, ratio: 0.25, below: true, app: 'chat', unknown: null, large: 2 ** 52, less: -7 },
  offers: ['booster'],
}

async function embedded(): Promise<Codec> {
  const registry = createEmbeddedRegistry(':memory:')
  onTestFinished(() => registry.close())
  return createCodec(registry)
}

test('a record comes back as it went, with null for what was left out', async () => {
  const codec = await embedded()
  const bytes = codec.encode(topics.moments, moment)
  expect(codec.decode('moment', bytes, 0, bytes.length)).toEqual({
    ...moment,
    triggered_at: null,
    do_not_disturb: null,
  })
})

test('reads the envelope without decoding the rest', async () => {
  const codec = await embedded()
  const bytes = codec.encode(topics.moments, moment)
  const envelope = { time: 0, subscriberStart: 0, subscriberEnd: 0 }
  expect(codec.readEnvelope('moment', bytes, 0, bytes.length, envelope)).toBe(true)
  expect(bytes.toString('utf8', envelope.subscriberStart, envelope.subscriberEnd)).toBe('subscriber-7')
  expect(envelope.time).toBe(moment.detected_at)
  expect(codec.readEnvelope('moment', bytes, 0, 20, envelope)).toBe(false)
})
