import { expect, test } from 'vitest'
import type { AppendedTo } from '../../../services/flow/event-log.ts'
import type { Platform } from '../../../services/platform/platform.ts'
import { readEvent } from '../../../services/records/jsonl.ts'
import { recordsOf } from '../../../services/records/to-log.ts'
import { topics } from '../../../services/topology.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startEngine } from './engine.ts'
import { type EventJson, longCall } from './events.ts'

const now = Date.now() - 3_600_000
const day = 86_400_000

/** The bytes that a right producer writes for an event. */
function bytesOf({ codec }: Platform, event: EventJson): Buffer {
  const reading = readEvent(event)
  if (reading.kind !== 'event') throw new Error(JSON.stringify(reading.problems))
  const [record] = recordsOf([reading.event], codec)
  if (!record) throw new Error('no record')
  return Buffer.from(record.value)
}

interface Bad {
  readonly what: string
  readonly key?: string
  readonly value: Uint8Array
  readonly code: string
}

test('what others write to a topic by mistake becomes a dead letter with its bytes; the records around it count', async () => {
  const engine = await startEngine()
  const platform = await engine.running.started
  let second = 0 // one moment of a rule at an instant
  const good = (id: string, fields = {}) => bytesOf(platform, longCall(id, 's-1', now + 1_000 * ++second, fields))
  const withSchemaId = (bytes: Buffer, id: number) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt32BE(id, 1)
    return copy
  }
  const withSubscriber = (id: string): Buffer => {
    const bytes = good('long')
    const at = bytes.indexOf('s-1')
    const length = Buffer.from([
      ((id.length * 2) & 0x7f) | 0x80,
      (((id.length * 2) >> 7) & 0x7f) | 0x80,
      (id.length * 2) >> 14,
    ])
    return Buffer.concat([bytes.subarray(0, at - 1), length, Buffer.from(id), bytes.subarray(at + 3)])
  }
  const negative = good('negative', { duration_s: 61 }) // zigzag 122 becomes 121: -61
  negative[negative.lastIndexOf(122)] = 121
  const longId = 's'.repeat(10_240)

  const table: readonly Bad[] = [
    { what: 'bytes of nothing', value: Buffer.from('hello, world'), code: 'KM_RECORD_UNDECODABLE' },
    { what: 'JSON', value: Buffer.from(JSON.stringify(longCall('j', 's-1', now))), code: 'KM_RECORD_UNDECODABLE' },
    { what: 'a tombstone', value: Buffer.alloc(0), code: 'KM_RECORD_UNDECODABLE' },
    { what: 'a header without a body', value: good('h').subarray(0, 5), code: 'KM_RECORD_UNDECODABLE' },
    { what: 'a cut record', value: good('cut').subarray(0, -3), code: 'KM_RECORD_UNDECODABLE' },
    {
      what: 'bytes behind the record',
      value: Buffer.concat([good('t'), Buffer.from('x')]),
      code: 'KM_RECORD_UNDECODABLE',
    },
    { what: 'an unknown schema id', value: withSchemaId(good('u'), 987_654), code: 'KM_SCHEMA_UNKNOWN' },
    { what: 'a field out of range', value: negative, code: 'KM_RECORD_OUT_OF_RANGE' },
    {
      what: 'a year in the future',
      value: bytesOf(platform, longCall('f', 's-1', now + 366 * day)),
      code: 'KM_EVENT_FUTURE',
    },
    { what: 'a subscriber id of 10 kB', key: longId, value: withSubscriber(longId), code: 'KM_RECORD_OUT_OF_RANGE' },
    { what: "another's key", key: 's-2', value: good('k'), code: 'KM_KEY_MISMATCH' },
  ]
  const topic = topics.events.cdr.name
  const places: AppendedTo[] = []
  for (const [n, { key = 's-1', value }] of table.entries()) {
    await platform.log.append([{ topic, key: 's-1', value: good(`before-${n}`) }])
    places.push(...(await platform.log.append([{ topic, key, value }])))
    await platform.log.append([{ topic, key: 's-1', value: good(`after-${n}`) }])
  }

  const letters = await engine.atLeast(topics.deadLetters, table.length)
  const byValue = new Map(letters.map((letter) => [letter.value.toString('hex'), letter]))
  for (const [n, { what, key = 's-1', value, code }] of table.entries()) {
    const letter = byValue.get(Buffer.from(value).toString('hex'))
    expect
      .soft(letter, what)
      .toMatchObject({ code, service: 'detect', topic, shard: places[n]?.shard, position: (places[n]?.end ?? 0) - 1 })
    expect.soft(letter?.key.toString(), what).toBe(key)
    expect.soft(letter?.reason, what).not.toBe('')
  }
  expect(letters).toHaveLength(table.length)

  const moments = await engine.atLeast(topics.moments, 2 * table.length)
  expect(moments.map(({ occurrence }) => occurrence)).toHaveLength(2 * table.length)
  expect(new Set(moments.map(({ moment_id }) => moment_id)).size).toBe(2 * table.length)

  const { values } = await engine.metrics.deadLetters.get()
  const counted = values.reduce((sum, { value }) => sum + value, 0)
  expect(counted).toBe(table.length)
  expect((await engine.get('/readyz')).status, 'bad records are not an illness of the engine').toBe(200)
})

test('nobody downstream stumbles over bad moments, commands and addresses either', async () => {
  const engine = await startEngine()
  const platform = await engine.running.started
  const bad = Buffer.from('not a record')
  for (const topic of [topics.moments, topics.receipts, topics.commands.sms, topics.addresses]) {
    await platform.log.append([{ topic: topic.name, key: 's-1', value: bad }])
  }
  await engine.post(`${JSON.stringify(longCall('good', 's-1', now))}\n`)
  const letters = await engine.atLeast(topics.deadLetters, 4)
  expect(letters.map(({ service, topic }) => `${service} ${topic}`).toSorted()).toEqual([
    'decide km.moments',
    'decide km.receipts',
    'deliver km.addresses',
    'deliver km.commands.sms',
  ])
  expect(letters.every(({ value }) => value.equals(bad))).toBe(true)
  const decided = await waitFor('the decision', async () => (await engine.records(topics.decisions))[0])
  expect(decided).toMatchObject({ outcome: 'command', rule: 'long-call' })
})

test('an event a year ahead sent over HTTP is taken, put aside, and moves no clock', async () => {
  const engine = await startEngine()
  await engine.running.started
  const events = [longCall('a', 's-1', now), longCall('f', 's-1', now + 366 * day), longCall('b', 's-1', now + 1)]
  const { status } = await engine.post(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  expect(status).toBe(202)
  expect(await engine.atLeast(topics.moments, 2)).toHaveLength(2)
  expect(await engine.atLeast(topics.deadLetters, 1)).toMatchObject([{ code: 'KM_EVENT_FUTURE', subscriber_id: 's-1' }])
  // Had it moved the clock, this one would be late.
  await engine.post(`${JSON.stringify(longCall('c', 's-1', now + 2))}\n`)
  expect(await engine.atLeast(topics.moments, 3)).toHaveLength(3)
  expect(await engine.records(topics.late)).toEqual([])
})
