import { abortable } from '../../abortable.ts'
import type { EventLog, JoinOptions, Membership } from '../../event-log.ts'
import { createAppender } from './appender.ts'
import { createClient, retryFor } from './client.ts'
import { type GroupEnvironment, joinGroup } from './membership.ts'
import { createReader } from './reader.ts'
import { type KafkaLogSettings, silent } from './settings.ts'
import { ensureTopics } from './topics.ts'
import { createWatermarks } from './watermarks.ts'

/**
 * The EventLog on Kafka. Connects, creates the topics that are missing and checks the others.
 * @throws CodedError KM_LOG_UNAVAILABLE (canRetry) no broker answered within `startWithinMs`
 * @throws CodedError KM_TOPIC_PARTITIONS, KM_TOPIC_REFUSED
 */
export async function createKafkaLog(settings: KafkaLogSettings): Promise<EventLog> {
  const { shards, startWithinMs = 15_000, logger = silent, consume = {} } = settings
  const kafka = createClient(settings, logger)
  const admin = kafka.admin()
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    idempotent: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition as number,
  })
  try {
    await retryFor('start', startWithinMs, async () => {
      await Promise.all([admin.connect(), producer.connect()])
      await ensureTopics(admin, settings)
    })
  } catch (error) {
    await Promise.allSettled([admin.disconnect(), producer.disconnect()])
    throw error
  }

  const watermarks = createWatermarks(admin)
  const appender = createAppender(producer, settings)
  const environment: GroupEnvironment = { kafka, shards, consume, watermarks, logger, startWithinMs }
  const memberships = new Set<Membership>()

  async function join(options: JoinOptions): Promise<Membership> {
    const membership = await joinGroup(environment, options)
    memberships.add(membership)
    return {
      shards: () => membership.shards(),
      async leave() {
        await membership.leave()
        memberships.delete(membership)
      },
    }
  }
  const reader = createReader(join, settings.clientId)

  return {
    shards,
    append: (records) => appender.append(records),
    ends(topics, signal) {
      const asked = topics.map(async (topic) => {
        const bounds = await retryFor(`ends of ${topic}`, startWithinMs, () => watermarks(topic), signal)
        return bounds.map(({ high }) => high)
      })
      return abortable(Promise.all(asked), signal)
    },
    read: (topic, shard, from, to, signal) => reader.read(topic, shard, from, to, signal),
    join,
    async close() {
      await reader.close()
      await Promise.all([...memberships].map((membership) => membership.leave()))
      await appender.drain()
      await Promise.allSettled([producer.disconnect(), admin.disconnect()])
    },
  }
}
