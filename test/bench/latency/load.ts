/*
 * A process that puts KM-1's events on Kafka at 10,000 a second from a time on, for our engine in our records or for the
 * peers in KM-1's own. Prints one line of JSON (`PacedResult`) and ends.
 *
 *   node test/bench/latency/load.ts ours|peers BROKER REGISTRY START SECONDS
 */
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type TopicMessages } from 'kafkajs'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { topics } from '../../../services/topology.ts'
import { encode } from '../fill.ts'
import type { Km1Event } from '../km1-stream.ts'
import { encodeForPeers, peerTopic } from '../peers/records.ts'
import { type LoadEvent, loadEvents } from '../reload/stream.ts'

export interface PacedResult {
  readonly sent: number
  /** How far the sending was behind its time: of the 99th of a hundred ticks, and at most. Milliseconds. */
  readonly behindMs: { readonly p99: number; readonly most: number }
}

const [kind, broker = '', registryUrl = '', startText, secondsText] = process.argv.slice(2)
/** As long as the reference's producer lingers. */
const tickMs = 5

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
let sent = 0
let sending: Promise<unknown> | null = null
let failure: unknown

/** One send after the other, so that each partition keeps its order; what comes meanwhile travels in the next. */
function send(): void {
  if (sending !== null || waiting === 0) return
  const topicMessages = [...queues.values()]
  queues.clear()
  waiting = 0
  sending = producer
    .sendBatch({ topicMessages, acks: -1 })
    .catch((error: unknown) => {
      failure ??= error
    })
    .finally(() => {
      sending = null
    })
}

for (const one of loadEvents(Number(startText), Number(secondsText))) {
  const { event, sendAt } = one
  if (sendAt > Date.now()) {
    send()
    while (sendAt > Date.now()) await sleep(tickMs)
    behind.push(Date.now() - sendAt)
  }
  if (failure !== undefined) throw failure
  const { subscriber_id, event_time } = event.value
  const queue = queues.get(event.type) ?? { topic: topicOf(event.type), messages: [] }
  queues.set(event.type, queue)
  queue.messages.push({ key: subscriber_id, value: bytesOf(one), timestamp: String(event_time) })
  waiting++
  sent++
}
while (waiting > 0 || sending !== null) {
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
