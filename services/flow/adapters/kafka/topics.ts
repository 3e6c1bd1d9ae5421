import kafkajs, { type Admin } from 'kafkajs'
import { CodedError } from '../../../domain/errors.ts'
import type { KafkaLogSettings } from './settings.ts'

const day = 86_400_000
/** For records that hold another record whole: that may be as large as Kafka's default limit, 1 MiB. */
const enclosingBytesMax = 4 * 1_048_576

/**
 * Creates the topics that are missing and checks the partitions of all. One attempt: brokers that are busy take longer, so that
 * whoever asks tries again for as long as it may. `fresh`: those that were created and have not served yet, kept from one attempt
 * to the next.
 * @throws CodedError KM_TOPIC_PARTITIONS a topic has another number of partitions than there are shards
 * @throws CodedError KM_TOPIC_REFUSED the brokers won't create one
 * @throws Error of kafkajs, or that a topic doesn't serve yet: try again
 */
export async function ensureTopics(admin: Admin, settings: KafkaLogSettings, fresh: Set<string>): Promise<void> {
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
    // First: a request that fails may have created some of them.
    for (const topic of missing) fresh.add(topic)
    try {
      await admin.createTopics({
        // They are waited for below.
        waitForLeaders: false,
        topics: missing.map((topic) => ({
          topic,
          numPartitions: shards,
          replicationFactor,
          // 'Too far in the future' is judged against the time at which the broker took a record.
          configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }, kept(topic), ...wide(topic)],
        })),
      })
    } catch (error) {
      const faults = faultsOf(error)
      if (faults === null) throw error
      const reasons = (those: readonly Fault[]) => those.map(({ reason }) => reason).join('; ')
      const refused = faults.filter(({ mayPass }) => !mayPass)
      if (refused.length > 0) {
        throw new CodedError('KM_TOPIC_REFUSED', `Kafka does not create ${reasons(refused)}`, { cause: error })
      }
      if (faults.length > 0) throw new Error(`not created yet: ${reasons(faults)}`, { cause: error })
    }
  }
  // A leader that is elected but does not serve yet would fail a part of the first append, and kafkajs sends all of it
  // again: records would double.
  const served = await Promise.allSettled(
    [...fresh].map((topic) => serves(admin, topic).then(() => fresh.delete(topic))),
  )
  for (const one of served) if (one.status === 'rejected') throw one.reason
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

/** @throws Error while one of its partitions has no leader that serves */
async function serves(admin: Admin, topic: string): Promise<void> {
  await admin.fetchTopicOffsets(topic).catch((cause: unknown) => {
    throw new Error(`topic ${topic} does not serve yet: ${String(cause)}`, { cause })
  })
}

interface Fault {
  readonly reason: string
  /** A controller that is busy creates a topic later than it answers. */
  readonly mayPass: boolean
}

/** Why topics weren't created, but for those that exist: another process may have created them meanwhile. Null: another error. */
function faultsOf(error: unknown): Fault[] | null {
  if (!(error instanceof kafkajs.KafkaJSAggregateError)) return null
  const errors: readonly unknown[] = error.errors
  return errors.flatMap((one) => {
    if (!(one instanceof Error)) return [{ reason: String(one), mayPass: false }]
    if ('type' in one && one.type === 'TOPIC_ALREADY_EXISTS') return []
    const reason = `${'topic' in one ? one.topic : 'a topic'} (${one.message})`
    return [{ reason, mayPass: 'retriable' in one && one.retriable === true }]
  })
}
