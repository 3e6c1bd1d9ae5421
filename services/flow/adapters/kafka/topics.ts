import kafkajs, { type Admin } from 'kafkajs'
import { CodedError } from '../../../domain/errors.ts'
import { retryFor } from './client.ts'
import type { KafkaLogSettings } from './settings.ts'

const day = 86_400_000
/** For records that hold another record whole: that may be as large as Kafka's default limit, 1 MiB. */
const enclosingBytesMax = 4 * 1_048_576

/**
 * Creates the topics that are missing and checks the partitions of all.
 * @throws CodedError KM_TOPIC_PARTITIONS a topic has another number of partitions than there are shards
 * @throws CodedError KM_TOPIC_REFUSED the brokers won't create one
 */
export async function ensureTopics(admin: Admin, settings: KafkaLogSettings): Promise<void> {
  const {
    topics,
    compacted = [],
    unlimited = [],
    enclosing = [],
    shards,
    replicationFactor = -1,
    retentionMs = 14 * day,
  } = settings
  if (topics.length === 0) return
  const present = new Set(await admin.listTopics())
  const missing = topics.filter((topic) => !present.has(topic))
  if (missing.length > 0) {
    const kept = (topic: string) =>
      compacted.includes(topic)
        ? { name: 'cleanup.policy', value: 'compact' }
        : { name: 'retention.ms', value: unlimited.includes(topic) ? '-1' : String(retentionMs) }
    const wide = (topic: string) =>
      enclosing.includes(topic) ? [{ name: 'max.message.bytes', value: String(enclosingBytesMax) }] : []
    try {
      await admin.createTopics({
        topics: missing.map((topic) => ({
          topic,
          numPartitions: shards,
          replicationFactor,
          // 'Too far in the future' is judged against the time at which the broker took a record.
          configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }, kept(topic), ...wide(topic)],
        })),
      })
    } catch (error) {
      const refused = refusals(error)
      // Another process may have created some of them meanwhile.
      if (refused === null) throw error
      if (refused.length > 0) {
        throw new CodedError('KM_TOPIC_REFUSED', `Kafka does not create ${refused.join('; ')}`, { cause: error })
      }
    }
  }
  // A leader that is elected but does not serve yet would fail a part of the first append, and kafkajs sends all of it
  // again: records would double.
  await Promise.all(missing.map((topic) => retryFor(`topic ${topic}`, 10_000, () => admin.fetchTopicOffsets(topic))))
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] })
  const wrong = metadata.topics.filter(({ partitions }) => partitions.length !== shards)
  if (wrong.length > 0) {
    const list = wrong.map(({ name, partitions }) => `${name} has ${partitions.length}`).join(', ')
    throw new CodedError(
      'KM_TOPIC_PARTITIONS',
      `every topic needs ${shards} partitions, one a shard, but ${list}; set the number of shards that the system was ` +
        'created with, or migrate the topics',
    )
  }
}

/** The reasons why topics weren't created, but for those that exist; null if the error isn't of that kind. */
function refusals(error: unknown): string[] | null {
  if (!(error instanceof kafkajs.KafkaJSAggregateError)) return null
  const errors: readonly unknown[] = error.errors
  return errors.flatMap((one) => {
    if (!(one instanceof Error)) return [String(one)]
    if ('type' in one && one.type === 'TOPIC_ALREADY_EXISTS') return []
    return [`${'topic' in one ? one.topic : 'a topic'} (${one.message})`]
  })
}
