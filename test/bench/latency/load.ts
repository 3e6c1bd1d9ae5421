/*
 * A process that puts KM-1's events on Kafka at 10,000 a second, for our engine in our records or for the peers in KM-1's
 * own. Says when it is ready, begins at the time that it then reads (milliseconds since 1970), prints one line of JSON
 * (`PacedResult`) and ends.
 *
 *   node test/bench/latency/load.ts ours|peers BROKER REGISTRY SECONDS
 */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type TopicMessages } from 'kafkajs'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { topics } from '../../../services/topology.ts'
import { encode } from '../fill.ts'
import type { Km1Event } from '../km1-stream.ts'
import type { LoadEvent } from '../load/paced.ts'
import { encodeForPeers, peerTopic } from '../peers/records.ts'
import { loadEvents } from '../reload/stream.ts'

export interface PacedResult {
  readonly sent: number
  /** How long the oldest event of a send had waited for it: of the 99th of a hundred sends, and at most. Milliseconds. */
  readonly behindMs: { readonly p99: number; readonly most: number }
}

const [kind, broker = '', registryUrl = '', seconds] = process.argv.slice(2)
/** As long as the reference's producer lingers. */
const tickMs = 5
/** As many as Kafka's own producer has. */
const underWayMost = 5
/** One that is behind sends no more at once: the broker refuses batches above 1 MiB. */
const sentAtOnce = 5_000

const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR })
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()
const registry = createConfluentRegistry(registryUrl)
const codec = kind === 'ours' ? await createCodec(registry) : undefined
const bytesOf = codec
  ? ({ event }: LoadEvent) => encode(codec, event)
  : ({ event, sendAt }: LoadEvent) => encodeForPeers(event, sendAt)
const topicOf = (type: Km1Event['type']) => (kind === 'ours' ? topics.events[type].name : peerTopic(type))

const queues = new Map<Km1Event['type'], TopicMessages>()
const behind: number[] = []
let waiting = 0
/** Since when the first of those that wait should have been sent. */
let oldest = 0
let sent = 0
const underWay = new Set<Promise<unknown>>()
let failure: unknown

/** All go over one connection, which Kafka serves in order; while as many are under way as may be, what comes waits for the next. */
function send(): void {
  if (underWay.size >= underWayMost || waiting === 0) return
  behind.push(Date.now() - oldest)
  const topicMessages = [...queues.values()]
  queues.clear()
  waiting = 0
  const sending = producer
    .sendBatch({ topicMessages, acks: -1 })
    .catch((error: unknown) => {
      failure ??= error
    })
    .finally(() => underWay.delete(sending))
  underWay.add(sending)
}

process.stdout.write('ready\n')
const start = Number(await text(process.stdin))
for (const one of loadEvents(start, Number(seconds))) {
  const { event, sendAt } = one
  if (sendAt > Date.now()) {
    send()
    while (sendAt > Date.now()) await sleep(tickMs)
  }
  while (waiting >= sentAtOnce) {
    send()
    await sleep(1)
  }
  if (failure !== undefined) throw failure
  if (waiting === 0) oldest = sendAt
  const { subscriber_id, event_time } = event.value
  const queue = queues.get(event.type) ?? { topic: topicOf(event.type), messages: [] }
  queues.set(event.type, queue)
  queue.messages.push({ key: subscriber_id, value: bytesOf(one), timestamp: String(event_time) })
  waiting++
  sent++
}
while (waiting > 0 || underWay.size > 0) {
  send()
  await sleep(1)
}
if (failure !== undefined) throw failure
await producer.disconnect()
await registry.close()
behind.sort((a, b) => a - b)
const result: PacedResult = {
  sent,
  behindMs: { p99: behind[Math.floor(behind.length * 0.99)] ?? 0, most: behind.at(-1) ?? 0 },
}
process.stdout.write(`${JSON.stringify(result)}\n`)
