import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { createKafkaLog } from '../../../../services/flow/adapters/kafka/log.ts'
import type { KafkaLogSettings } from '../../../../services/flow/adapters/kafka/settings.ts'
import type { EventLog } from '../../../../services/flow/event-log.ts'
import type { EventLogFixture } from '../../../conformance/event-log.ts'
import { servers } from '../../../support/servers.ts'

export const kafkaSettings = (topics: readonly string[], more: Partial<KafkaLogSettings> = {}): KafkaLogSettings => ({
  brokers: servers.kafkaBrokers,
  clientId: `test-${randomUUID()}`,
  shards: 4,
  topics,
  replicationFactor: 1,
  ...more,
})

export const newTopic = () => `test.${randomUUID()}`

/** A client of the broker which goes behind the log's back. */
export const directClient = () =>
  new kafkajs.Kafka({ brokers: servers.kafkaBrokers, clientId: 'test-direct', logLevel: kafkajs.logLevel.NOTHING })

/** The log on a real broker as the conformance suite wants it. */
export async function createKafkaFixture(): Promise<EventLogFixture> {
  let logs: EventLog[] = []
  const admin = directClient().admin()
  await admin.connect()
  async function connect() {
    const log = await createKafkaLog(kafkaSettings([]))
    logs.push(log)
    return log
  }
  async function closeAll() {
    const open = logs
    logs = []
    await Promise.all(open.map((log) => log.close()))
  }
  return {
    connect,
    async createTopics(count) {
      const topics = Array.from({ length: count }, newTopic)
      const log = await createKafkaLog(kafkaSettings(topics))
      await log.close()
      return topics
    },
    async restart() {
      await closeAll()
      return connect()
    },
    async expire(topic) {
      const offsets = await admin.fetchTopicOffsets(topic)
      const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }))
      await admin.deleteTopicRecords({ topic, partitions })
    },
    now: () => Date.now(),
    async close() {
      await closeAll()
      await admin.disconnect()
    },
  }
}
