import { abortable } from '../../abortable.ts'
import type { EventLog, JoinOptions, Membership } from '../../event-log.ts'
import { createAppender } from './appender.ts'
import { createClient, logClosed, retryFor } from './client.ts'
import { type GroupEnvironment, joinGroup } from './membership.ts'
import { createReader } from './reader.ts'
import { type KafkaLogSettings, silent } from './settings.ts'
import { ensureTopics } from './topics.ts'
import { createWatermarks, type Watermarks } from './watermarks.ts'

/**
 * The EventLog on Kafka. Connects, creates the topics that are missing and checks the others.
 * @throws CodedError KM_LOG_UNAVAILABLE (canRetry) within `startWithinMs` no broker answered, or not every topic served
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
  const freshTopics = new Set<string>()
  try {
    await retryFor('start', startWithinMs, async () => {
      await Promise.all([admin.connect(), producer.connect()])
      await ensureTopics(admin, settings, freshTopics)
    })
  } catch (error) {
    await Promise.allSettled([admin.disconnect(), producer.disconnect()])
    throw error
  }

  const closing = new AbortController()
  const watermarks = createWatermarks(admin, closing.signal)
  const appender = createAppender(producer, settings)
  const environment: GroupEnvironment = {
    kafka,
    shards,
    consume,
    watermarks,
    logger,
    startWithinMs,
    closing: closing.signal,
  }
  /** Those too that are only about to be: a process may end while it joins. */
  const memberships = new Set<Promise<Membership>>()
  let isClosed = false

  async function join(options: JoinOptions): Promise<Membership> {
    closing.signal.throwIfAborted()
    const joining = joinGroup(environment, options)
    memberships.add(joining)
    try {
      const membership = await joining
      return {
        shards: () => membership.shards(),
        async leave() {
          await membership.leave()
          memberships.delete(joining)
        },
      }
    } catch (error) {
      memberships.delete(joining)
      throw error
    }
  }
  const untilClosed = (signal?: AbortSignal): AbortSignal =>
    signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
  function boundsOf(topics: readonly string[], signal: AbortSignal): Promise<(readonly Watermarks[])[]> {
    const asked = topics.map((topic) => retryFor(`bounds of ${topic}`, startWithinMs, () => watermarks(topic), signal))
    return abortable(Promise.all(asked), signal)
  }
  const reader = createReader(join, settings.clientId)

  return {
    shards,
    append: (records) => (isClosed ? Promise.reject(logClosed()) : appender.append(records)),
    async ends(topics, signal) {
      const bounds = await boundsOf(topics, untilClosed(signal))
      return bounds.map((shards) => shards.map(({ high }) => high))
    },
    async begins(topics, signal) {
      const bounds = await boundsOf(topics, untilClosed(signal))
      return bounds.map((shards) => shards.map(({ low }) => low))
    },
    read: (topic, shard, from, to, signal) => reader.read(topic, shard, from, to, untilClosed(signal)),
    join,
    async close() {
      closing.abort(logClosed())
      await reader.close()
      const left = [...memberships].map((joining) => joining.then((membership) => membership.leave()))
      await Promise.allSettled(left)
      isClosed = true
      await appender.drain()
      await Promise.allSettled([producer.disconnect(), admin.disconnect()])
    },
  }
}
