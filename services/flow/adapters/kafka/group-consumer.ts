import type { Batch, Consumer, Kafka } from 'kafkajs'
import type { ShardId } from '../../../domain/ids.ts'
import { createAssigner, type Holding } from './assigner.ts'
import type { FetchControl } from './held-shard.ts'
import { type ConsumeSettings, sessionTimeoutDefaultMs } from './settings.ts'

export interface GroupConsumerOptions {
  readonly kafka: Kafka
  readonly group: string
  readonly topics: readonly string[]
  readonly shards: number
  readonly consume: ConsumeSettings
  /** For the leader of the group, at each join. */
  holding(): Holding
  /** The group gave these shards to this member; called before anything of them is fetched. */
  joined(shards: readonly ShardId[], control: FetchControl): void
  fetching(): void
  batch(topic: number, batch: Batch): void
  /** kafkajs passed over records that nobody sees, up to `last`; see `HeldShard.passOver`. */
  passedOver(topic: number, shard: ShardId, first: number | null, last: number, end: number): void
  /** The consumer ended by itself; make another. */
  crashed(error: Error): void
}

/** One kafkajs consumer in the group, until it crashes or is given up. */
export interface GroupConsumer {
  commit(positions: readonly { topic: string; partition: number; offset: string }[]): Promise<void>
  /** Leaves the group. */
  stop(): Promise<void>
  /** Not listened to any more. */
  abandon(): void
}

/** @throws whatever kafkajs throws when it can't connect or join */
export async function startGroupConsumer(options: GroupConsumerOptions): Promise<GroupConsumer> {
  const { kafka, group, topics, shards, consume } = options
  const { maxWaitMs = 100, maxBytesPerPartition = 1 << 20, maxBytes = 16 << 20 } = consume
  const { sessionTimeoutMs = sessionTimeoutDefaultMs } = consume
  const numbers = new Map(topics.map((topic, number) => [topic, number]))
  let listening = true
  const consumer = kafka.consumer({
    groupId: group,
    partitionAssigners: [createAssigner(shards, () => options.holding())],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.min(1_000, Math.floor(sessionTimeoutMs / 5)),
    maxWaitTimeInMs: maxWaitMs,
    maxBytesPerPartition,
    maxBytes,
    minBytes: 1,
    allowAutoTopicCreation: false,
    // After a crash a new consumer is made, in one place.
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 6, restartOnFailure: async () => false },
  })
  const control = createControl(consumer)
  listen(consumer, {
    ...options,
    joined: (shards) => listening && options.joined(shards, control),
    crashed: (error) => listening && options.crashed(error),
    fetching: () => listening && options.fetching(),
    passedOver: (...told) => listening && options.passedOver(...told),
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  } catch (error) {
    listening = false
    await consumer.disconnect().catch(() => {})
    throw error
  }
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 16,
    // Only hands over; what limits memory are pause and resume.
    eachBatch: async ({ batch }) => {
      const topic = numbers.get(batch.topic)
      if (listening && topic !== undefined) options.batch(topic, batch)
    },
  })
  return {
    commit: (positions) => consumer.commitOffsets([...positions]),
    stop: () => consumer.disconnect(),
    abandon() {
      listening = false
    },
  }
}

type Listener = Omit<GroupConsumerOptions, 'joined'> & { joined(shards: readonly ShardId[]): void }

function listen(consumer: Consumer, options: Listener): void {
  const numbers = new Map(options.topics.map((topic, number) => [topic, number]))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const [partitions = []] = Object.values(payload.memberAssignment)
    options.joined([...partitions].sort((a, b) => a - b) as ShardId[])
  })
  consumer.on(consumer.events.FETCH_START, () => options.fetching())
  consumer.on(consumer.events.CRASH, ({ payload }) => options.crashed(payload.error))
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize > 0) return
    const topic = numbers.get(payload.topic)
    if (topic === undefined) return
    const first = (payload.firstOffset as string | null) === null ? null : Number(payload.firstOffset)
    const shard = payload.partition as ShardId
    options.passedOver(topic, shard, first, Number(payload.lastOffset), Number(payload.highWatermark))
  })
}

function createControl(consumer: Consumer): FetchControl {
  /** kafkajs throws while it is not in the group; it is told everything anew when it has joined. */
  const quietly = (act: () => void) => {
    try {
      act()
    } catch {}
  }
  return {
    seek: (topic, partition, position) => quietly(() => consumer.seek({ topic, partition, offset: String(position) })),
    pause: (topic, partition) => quietly(() => consumer.pause([{ topic, partitions: [partition] }])),
    resume: (topic, partition) => quietly(() => consumer.resume([{ topic, partitions: [partition] }])),
  }
}
