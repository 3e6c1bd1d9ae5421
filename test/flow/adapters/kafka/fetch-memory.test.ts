import { expect, onTestFinished, test } from 'vitest'
import { createKafkaLog } from '../../../../services/flow/adapters/kafka/log.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { kafkaSettings, newTopic } from './kafka-fixture.ts'

/** Bytes of the memory in which the first record of each topic lies. */
async function memoryOfFirstRecords(sizes: readonly number[]): Promise<readonly number[]> {
  const topics = sizes.map(newTopic)
  const log = await createKafkaLog(kafkaSettings(topics, { shards: 1 }))
  onTestFinished(() => log.close())
  await log.append(topics.map((topic, i) => ({ topic, key: 'k', value: Buffer.alloc(sizes[i] ?? 0, 'x') })))
  const held: number[] = []
  const membership = await log.join({
    group: newTopic(),
    topics,
    assigned(_, feed) {
      feed.start(
        sizes.map(() => 0),
        {
          push(topic, batch) {
            if (batch.next()) held[topic] ??= batch.value.buffer.byteLength
          },
        },
      )
    },
    revoked: async () => undefined,
    failed: (error) => expect.unreachable(error.message),
  })
  onTestFinished(() => membership.leave())
  await waitFor('a record of each', () => sizes.every((_, topic) => held[topic] !== undefined), { deadlineMs: 60_000 })
  return held
}

/** A merge holds records of a topic that waits for others for as long as these take to catch up. */
test('a small record keeps nothing of a fetch that brought much of others', { timeout: 90_000 }, async () => {
  const [small = 0, large = 0] = await memoryOfFirstRecords([100, 800_000])
  expect(large).toBeGreaterThan(800_000)
  expect(small).toBeLessThan(1_000)
})
