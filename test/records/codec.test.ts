import { beforeEach, describe, expect, test } from 'vitest'
import { isCoded } from '../../services/domain/errors.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { SchemaRegistry } from '../../services/records/registry.ts'
import type { Moment, Recharge } from '../../services/records/types.ts'
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
  evidence: {
    count: 3,
    ratio: 0.25,
    below: true,
    app: 'chat',
    unknown: null,
    large: 2 ** 53 - 1,
    less: -(2 ** 52) - 1,
  },
  offers: ['booster'],
  segments: {},
  mode: 'live' as const,
}
const recharge: Recharge = {
  event_id: 'r-1',
  subscriber_id: 's-1',
  event_time: 1_767_225_600_000,
  source: 'billing',
  amount: 5_000,
  currency: 'EUR',
  method: 'app',
}

let registry: SchemaRegistry
let codec: Codec
beforeEach(async () => {
  registry = createEmbeddedRegistry(':memory:')
  codec = await createCodec(registry)
  return () => registry.close()
})

const decodeRecharge = (bytes: Buffer) => codec.decode('recharge', bytes, 0, bytes.length)
const codeOf = (run: () => unknown) => {
  try {
    run()
    return 'taken'
  } catch (error) {
    return isCoded(error) ? error.code : error
  }
}

test('a record comes back as it went, with null for what was left out', () => {
  const bytes = codec.encode(topics.moments, moment)
  expect(codec.decode('moment', bytes, 0, bytes.length)).toEqual({
    ...moment,
    triggered_at: null,
    do_not_disturb: null,
    reason_ended_at: null,
  })
})

test('the header is 0 and the id of the schema under <topic>-value', async () => {
  const bytes = codec.encode(topics.events.recharge, recharge)
  const id = await registry.register('km.events.recharge-value', codec.writerSchema(bytes.readUInt32BE(1)) ?? {})
  expect([...bytes.subarray(0, 5)]).toEqual([0, 0, 0, 0, id])
  expect(codec.schemaIdOf(bytes, 0, bytes.length)).toBe(id)
})

test('a record larger than any before is encoded whole', () => {
  const value = { ...moment, evidence: { note: 'ü'.repeat(100_000) } }
  const bytes = codec.encode(topics.moments, value)
  expect(codec.decode('moment', bytes, 0, bytes.length).evidence).toEqual(value.evidence)
})

test('a decoded record is the reader’s own: its bytes are not those of the log', () => {
  const letter = {
    dead_letter_id: 'd',
    subscriber_id: '',
    failed_at: 1,
    service: 'detect',
    topic: 'km.events.cdr',
    shard: 0,
    position: 7,
    code: 'KM_RECORD_UNDECODABLE',
    reason: 'cut',
    key: Buffer.from('k'),
    value: Buffer.from([1, 2, 3]),
    appended_at: 1,
  }
  const bytes = codec.encode(topics.deadLetters, letter)
  const decoded = codec.decode('dead-letter', bytes, 0, bytes.length)
  bytes.fill(0)
  expect(decoded.value).toEqual(Buffer.from([1, 2, 3]))
})

describe('decode', () => {
  const changed = (change: (bytes: Buffer) => Buffer) => change(codec.encode(topics.events.recharge, recharge))
  const withId = (id: number) =>
    changed((bytes) => {
      bytes.writeUInt32BE(id, 1)
      return bytes
    })

  test.each([
    ['nothing', () => Buffer.alloc(0), 'KM_RECORD_UNDECODABLE'],
    ['four bytes', () => Buffer.alloc(4), 'KM_RECORD_UNDECODABLE'],
    [
      'another first byte',
      () => changed((b) => Buffer.concat([Buffer.from([1]), b.subarray(1)])),
      'KM_RECORD_UNDECODABLE',
    ],
    ['a cut record', () => changed((b) => b.subarray(0, b.length - 1)), 'KM_RECORD_UNDECODABLE'],
    ['a byte too many', () => changed((b) => Buffer.concat([b, Buffer.from([0])])), 'KM_RECORD_UNDECODABLE'],
    ['a schema that is not learnt', () => withId(4_000_000_000), 'KM_SCHEMA_UNKNOWN'],
    ['a schema of another record', () => codec.encode(topics.moments, moment), 'KM_SCHEMA_INCOMPATIBLE'],
  ])('%s is refused', (_what, bytes, code) => {
    expect(codeOf(() => decodeRecharge(bytes()))).toBe(code)
    expect(codeOf(() => decodeRecharge(bytes()))).toBe(code) // the second time from memory
    const envelope = { time: 1, subscriberStart: 2, subscriberEnd: 3 }
    const beginning = bytes().subarray(0, 6)
    expect(codec.readEnvelope('recharge', beginning, 0, beginning.length, envelope)).toBe(false)
    expect(envelope).toEqual({ time: 1, subscriberStart: 2, subscriberEnd: 3 })
  })

  test('an id that the registry does not know is learnt to be unknown', async () => {
    expect(codec.isLearnt(77)).toBe(false)
    await codec.learn(77)
    expect(codec.isLearnt(77)).toBe(true)
    expect(codec.writerSchema(77)).toBeUndefined()
    expect(codeOf(() => decodeRecharge(withId(77)))).toBe('KM_SCHEMA_UNKNOWN')
  })
})

describe('encode', () => {
  test.each([
    ['a field out of range', { ...recharge, amount: -1 }],
    ['a field missing', { ...recharge, source: undefined }],
    ['a field too many', { ...recharge, ammount: 1 }],
    ['a time in seconds with a fraction', { ...recharge, event_time: 1_767_225_600.5 }],
    ['a money beyond 2^53', { ...recharge, amount: 2 ** 53 }],
    ['a value that is none', { ...recharge, method: 'cash' }],
  ])('%s is refused', (_what, value) => {
    expect(codeOf(() => codec.encode(topics.events.recharge, value as Recharge))).toBe('KM_RECORD_INVALID')
  })
})

describe('another writer', () => {
  const string = (name: string) => ({ name, type: 'string' })
  const theirs = {
    type: 'record',
    name: 'Recharge',
    namespace: 'com.operator.billing',
    fields: [
      { name: 'amount', type: 'int' },
      ...['currency', 'method', 'till', 'source', 'subscriber_id'].map(string),
      { name: 'event_time', type: 'long' },
      string('event_id'),
    ],
  }
  const text = (value: string) => [2 * value.length, ...Buffer.from(value)]
  const body = [
    ...[0x90, 0x4e], // 5,000
    ...['EUR', 'app', 'till 7', 'billing', 's-1'].flatMap(text),
    ...[0x80, 0xa0, 0xd5, 0xed, 0xee, 0x66], // 1,767,225,600,000
    ...text('r-1'),
  ]

  test('with its fields in another order is read by their names', async () => {
    const id = await registry.register('their-topic-value', theirs)
    await codec.learn(id)
    const bytes = Buffer.from([0, 0, 0, 0, id, ...body])
    expect(decodeRecharge(bytes)).toEqual({ ...recharge, balance_after: null })
    const envelope = { time: 0, subscriberStart: 0, subscriberEnd: 0 }
    expect(codec.readEnvelope('recharge', bytes, 0, bytes.length, envelope)).toBe(true)
    expect(bytes.toString('utf8', envelope.subscriberStart, envelope.subscriberEnd)).toBe('s-1')
    expect(envelope.time).toBe(recharge.event_time)
  })
})

describe('the envelope', () => {
  test('is read without decoding the rest', () => {
    const bytes = codec.encode(topics.moments, moment)
    const envelope = { time: 0, subscriberStart: 0, subscriberEnd: 0 }
    bytes.fill(0xff, 40) // whatever comes behind
    expect(codec.readEnvelope('moment', bytes, 0, bytes.length, envelope)).toBe(true)
    expect(bytes.toString('utf8', envelope.subscriberStart, envelope.subscriberEnd)).toBe('subscriber-7')
    expect(envelope.time).toBe(moment.detected_at)
  })

  test('is not read from beyond the end of the record', () => {
    const bytes = codec.encode(topics.moments, moment)
    const envelope = { time: 0, subscriberStart: 0, subscriberEnd: 0 }
    const whole = [...bytes.keys()].filter((end) => codec.readEnvelope('moment', bytes, 0, end, envelope))
    expect(whole[0]).toBe(5 + 4 + 13 + 6) // header, id, subscriber, time
  })
})
