/*
 * A read_committed consumer of a topic of moments. Says when it listens; at the end of its input, which is the time at
 * which the load began, it prints one line of JSON (`TailResult`) and ends. Moments are decoded then, so that reading costs
 * the engine beside it little.
 *
 *   node test/bench/latency/tail.ts ours|peers BROKER REGISTRY TOPIC SECONDS SKIP
 */
import { text } from 'node:stream/consumers'
import kafkajs from 'kafkajs'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { decodePeerMoment } from '../peers/records.ts'
import { type Percentiles, percentiles } from '../percentiles.ts'
import { loadEvents } from '../reload/stream.ts'

export interface TailResult {
  /** Moments that an event completed, those of the first seconds left out. */
  readonly moments: number
  /** From when the completing event was to be sent until this consumer had the moment. Milliseconds. */
  readonly visible: Percentiles
  /** Until the broker appended the moment. */
  readonly appended: Percentiles
}

interface Received {
  readonly value: Buffer
  readonly at: number
  readonly appendedAt: number
}

const [kind, broker = '', registryUrl = '', topic = '', ...numbers] = process.argv.slice(2)
const [seconds = 0, skip = 0] = numbers.map(Number)

const received: Received[] = []
const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR })
const consumer = kafka.consumer({ groupId: `tail-${process.pid}`, maxWaitTimeInMs: 100, readUncommitted: false })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
const joined = Promise.withResolvers<void>()
consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve())
await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: 4,
  eachBatch: async ({ batch }) => {
    const at = Date.now()
    for (const { value, timestamp } of batch.messages) {
      if (value !== null) received.push({ value, at, appendedAt: Number(timestamp) })
    }
  },
})
await joined.promise
process.stdout.write('listens\n')
const start = Number(await text(process.stdin))
await consumer.disconnect()

const triggerOf = kind === 'ours' ? await ours() : ({ value }: Received) => decodePeerMoment(value).triggerEventId
const sentAt = new Map<number, number>()
for (const { event, sendAt, isDouble } of loadEvents(start, seconds)) {
  if (!isDouble) sentAt.set(Number(event.value.event_id), sendAt)
}
const visible: number[] = []
const appended: number[] = []
for (const one of received) {
  const since = sentAt.get(triggerOf(one))
  if (since === undefined || since < start + 1_000 * skip) continue
  visible.push(one.at - since)
  appended.push(one.appendedAt - since)
}
const result: TailResult = { moments: visible.length, visible: percentiles(visible), appended: percentiles(appended) }
process.stdout.write(`${JSON.stringify(result)}\n`)

/** A moment's occurrence is the id of its completing event. */
async function ours(): Promise<(one: Received) => number> {
  const registry = createConfluentRegistry(registryUrl)
  const codec = await createCodec(registry)
  for (const { value } of received) {
    const id = codec.schemaIdOf(value, 0, value.length)
    if (!codec.isLearnt(id)) await codec.learn(id)
  }
  await registry.close()
  return ({ value }) => Number(codec.decode('moment', value, 0, value.length).occurrence)
}
