import type { EventLog, RecordBatch, RecordSink } from '../../services/flow/event-log.ts'
import type { RecordTypes } from '../../services/records/types.ts'
import { allTopics, type SchemaName, type Topic } from '../../services/topology.ts'
import { codec } from './run.ts'

/** What becomes of a record on its way to a service; undefined: it doesn't get there. */
export type Alter = (topic: Topic, value: RecordTypes[SchemaName]) => object | undefined

/** A log whose records come altered to who adopts them, at the beginning of a shard. */
export const alteredForAdoption = (log: EventLog, alter: Alter): EventLog => ({
  ...log,
  async *read(name, shard, from, to, signal) {
    for await (const batch of log.read(name, shard, from, to, signal)) yield altered(batch, topicOf(name), alter)
  },
})

/**
 * A log whose records come altered to who is fed by it. `times`: how often the shard has been given to this process, 1 for the first.
 */
export function alteredFeed(log: EventLog, alterOf: (times: number) => Alter): EventLog {
  const given = new Map<number, number>()
  return {
    ...log,
    join: (options) =>
      log.join({
        ...options,
        assigned(shard, feed) {
          const times = (given.get(shard) ?? 0) + 1
          given.set(shard, times)
          const alter = alterOf(times)
          const topicAt = (topic: number) => topicOf(options.topics[topic] ?? '')
          const through = (sink: RecordSink): RecordSink => ({
            ...sink,
            push: (topic, batch) => sink.push(topic, altered(batch, topicAt(topic), alter)),
          })
          options.assigned(shard, { ...feed, start: (positions, sink) => feed.start(positions, through(sink)) })
        },
      }),
  }
}

function topicOf(name: string): Topic {
  const topic = allTopics.find((one) => one.name === name)
  if (!topic) throw new Error(`no topic ${name}`)
  return topic
}

function altered(batch: RecordBatch, topic: Topic, alter: Alter): RecordBatch {
  let value = Buffer.alloc(0)
  return {
    ...Object.defineProperties({} as RecordBatch, Object.getOwnPropertyDescriptors(batch)),
    next() {
      while (batch.next()) {
        const given = codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd)
        const said = alter(topic, given)
        if (said === undefined) continue
        value = Buffer.from(codec.encode(topic, said as RecordTypes[SchemaName]))
        return true
      }
      return false
    },
    get position() {
      return batch.position
    },
    get appendedAt() {
      return batch.appendedAt
    },
    get key() {
      return batch.key
    },
    get keyEnd() {
      return batch.keyEnd
    },
    get value() {
      return value
    },
    valueStart: 0,
    get valueEnd() {
      return value.length
    },
  }
}
