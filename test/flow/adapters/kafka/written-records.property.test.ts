import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import kafkajs from 'kafkajs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { registerCodecs } from '../../../../services/flow/adapters/kafka/codecs.ts'
import { sendRecordsAsWritten, WrittenRecords } from '../../../../services/flow/adapters/kafka/written-records.ts'

const require = createRequire(import.meta.url)
const { CompressionTypes } = kafkajs

/** kafkajs' own encoder of a request of version 7, which takes plain messages beside ours. */
function produce(topicData: unknown, compression: number): Promise<{ buffer: Buffer }> {
  const requestOf = require('kafkajs/src/protocol/requests/produce/v7/request.js')
  return requestOf({ acks: -1, timeout: 30_000, compression, topicData }).encode()
}

const lengths = fc.oneof(fc.nat(200), fc.constantFrom(0, 63, 64, 8_191, 8_192, 70_000))
const record = fc.record({ key: fc.string({ unit: 'grapheme' }), length: lengths, byte: fc.nat(255) })
const part = fc.array(record, { minLength: 1, maxLength: 100 })
const topics = fc.uniqueArray(
  fc.record({ topic: fc.stringMatching(/^[a-z.]{1,20}$/), parts: fc.array(part, { minLength: 1, maxLength: 3 }) }),
  {
    selector: ({ topic }) => topic,
    maxLength: 4,
  },
)
const compression = fc.constantFrom(
  CompressionTypes.None,
  CompressionTypes.GZIP,
  CompressionTypes.LZ4,
  CompressionTypes.ZSTD,
)

it('records are written as kafkajs writes them, byte for byte', { timeout: 120_000 }, async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-02T10:00:00Z') })
  onTestFinished(() => void vi.useRealTimers())
  registerCodecs()
  sendRecordsAsWritten()
  await fc.assert(
    fc.asyncProperty(topics, compression, async (topics, compression) => {
      const plain = topics.map(({ topic, parts }) => ({
        topic,
        partitions: parts.map((records, partition) => ({
          partition,
          messages: records.map(({ key, length, byte }) => ({
            key: Buffer.from(key),
            value: length === 0 ? null : Buffer.alloc(length, byte),
          })),
        })),
      }))
      const written = plain.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, messages }) => {
          const records = new WrittenRecords(partition)
          for (const { key, value } of messages) records.add(key, value ?? Buffer.alloc(0))
          return { partition, messages: [records] }
        }),
      }))
      expect((await produce(written, compression)).buffer).toEqual((await produce(plain, compression)).buffer)
    }),
    { numRuns: 60 },
  )
})
