import kafkajs, { type Admin, type TopicMessages } from 'kafkajs'
import { km1Stream, km1Types } from '../km1-stream.ts'
import { encodeForPeers, peerTopic } from './records.ts'
import { createTopics } from './topics.ts'

const sentAtOnce = 8_000

/** Creates the topics of KM-1's own records, whose record times are the events' own. */
export const createPeerTopics = (admin: Admin): Promise<void> => createTopics(admin, km1Types.map(peerTopic))

/** Puts the stream, the very one that ours gets, on the topics of the peers in its order. @returns how many records */
export async function fillPeerTopics(broker: string, events: number): Promise<number> {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR })
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  let records = 0
  try {
    const queues = new Map(km1Types.map((type) => [type, { topic: peerTopic(type), messages: [] } as Queue]))
    const send = async () => {
      await producer.sendBatch({ topicMessages: [...queues.values()], acks: -1 })
      for (const queue of queues.values()) queue.messages = []
    }
    for (const event of km1Stream(events)) {
      const { subscriber_id, event_time } = event.value
      queues.get(event.type)?.messages.push({
        key: subscriber_id,
        value: encodeForPeers(event, 0),
        timestamp: String(event_time),
      })
      if (++records % sentAtOnce === 0) await send()
    }
    await send()
  } finally {
    await producer.disconnect()
  }
  return records
}

type Queue = TopicMessages
