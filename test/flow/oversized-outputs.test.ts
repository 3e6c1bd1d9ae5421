import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { wallClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { takingOversized } from '../../services/flow/oversized-outputs.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { serviceNodes, topics } from '../../services/topology.ts'

const key = 's-1'

async function limitedTo(bytesMax: number) {
  const whole = createEmbeddedLog({ file: ':memory:', shards: 1 })
  const log: EventLog = {
    ...whole,
    async append(records) {
      if (records.some(({ value }) => value.length > bytesMax)) {
        throw new CodedError('KM_RECORD_TOO_LARGE', 'larger than the topic takes')
      }
      return whole.append(records)
    },
  }
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const append = takingOversized({ log, codec, clock: wallClock, node: serviceNodes.detect, shard: shardId(0) }).append
  const letters = () => readTopic(whole, codec, topics.deadLetters)
  const count = async (topic: string) => (await whole.ends([topic]))[0]?.[0]
  return { append, codec, letters, count }
}

test('an output that is too large becomes a dead letter with its beginning; what leaves with it does leave', async () => {
  const { append, letters, count } = await limitedTo(100_000)
  const topic = topics.moments.name
  const large = Buffer.alloc(150_000, 7)
  await append([
    { topic, key, value: Buffer.from('one') },
    { topic, key, value: large },
    { topic, key, value: Buffer.from('two') },
  ])
  expect(await count(topic)).toBe(2)
  const [letter] = await letters()
  expect(letter).toMatchObject({ code: 'KM_RECORD_TOO_LARGE', topic, subscriber_id: key, service: 'detect' })
  expect(letter?.value).toEqual(large.subarray(0, 65_536))
})

test('a dead letter that is too large keeps its reason and place, and the beginning of its bytes', async () => {
  const { append, codec, letters } = await limitedTo(100_000)
  const value = codec.encode(topics.deadLetters, {
    dead_letter_id: 'd-1',
    subscriber_id: key,
    failed_at: 1,
    service: 'detect',
    topic: topics.events.cdr.name,
    shard: 0,
    position: 42,
    code: 'KM_RECORD_UNDECODABLE',
    reason: 'not Avro',
    key: Buffer.from(key),
    value: Buffer.alloc(150_000, 7),
    appended_at: 1,
  })
  await append([{ topic: topics.deadLetters.name, key, value }])
  const [letter] = await letters()
  expect(letter).toMatchObject({ dead_letter_id: 'd-1', position: 42, reason: 'not Avro (cut: it had 150000 bytes)' })
  expect(letter?.value.length).toBe(65_536)
})

test('other refusals are told', async () => {
  const { append } = await limitedTo(10)
  const tooLarge = { topic: topics.moments.name, key, value: Buffer.alloc(20) }
  await expect(append([tooLarge])).rejects.toMatchObject({ code: 'KM_RECORD_TOO_LARGE' })
})
