import { expect, test } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import type { RecordView } from '../../services/flow/event-log.ts'
import { HeadCheck } from '../../services/flow/head-check.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { topics } from '../../services/topology.ts'

const minute = 60_000
const appendedAt = Date.parse('2026-03-02T08:00:00Z')
const codec = await createCodec(createEmbeddedRegistry(':memory:'))

function view(subscriber: string, eventTime: number, key = subscriber, appended = appendedAt): RecordView {
  const value = codec.encode(topics.events.recharge, {
    event_id: 'r-1',
    subscriber_id: subscriber,
    event_time: eventTime,
    source: 'test',
    amount: 1,
    currency: 'EUR',
    method: 'app',
  })
  const bytes = Buffer.from(key)
  const keyed = { key: bytes, keyStart: 0, keyEnd: bytes.length }
  return { position: 0, appendedAt: appended, ...keyed, value, valueStart: 0, valueEnd: value.length }
}

test.each([
  ['as it happens', view('s-1', appendedAt), undefined],
  ['long ago', view('s-1', appendedAt - 9_000 * minute), undefined],
  ['exactly the tolerance ahead', view('s-1', appendedAt + 5 * minute), undefined],
  ['a millisecond further ahead', view('s-1', appendedAt + 5 * minute + 1), 'KM_EVENT_FUTURE'],
  ['ahead, where no time of arrival is known', view('s-1', appendedAt, 's-1', Number.NEGATIVE_INFINITY), undefined],
  ['under the key of another', view('s-1', appendedAt, 's-2'), 'KM_KEY_MISMATCH'],
])('an event %s: %#', (_, record, code) => {
  const heads = new HeadCheck([topics.events.recharge], codec, shardId(0), 1, 5 * minute)
  const time = heads.timeOf(0, record)
  expect(heads.faults[0]?.code).toBe(code)
  // What is wrong comes out at once and moves no clock.
  if (code !== undefined) expect(time).toBe(Number.NEGATIVE_INFINITY)
})

test('a record in a partition that is not its own is not taken for another subscriber', () => {
  const faults = [0, 1].map((shard) => {
    const heads = new HeadCheck([topics.events.recharge], codec, shardId(shard), 2, 5 * minute)
    heads.timeOf(0, view('s-1', appendedAt))
    return heads.faults[0]?.code
  })
  expect(faults.sort()).toEqual(['KM_PARTITION_MISPLACED', undefined])
})
