/*
 * A process that puts events on Kafka at a constant rate from a time on. Prints one line of JSON (`LoadResult`) and ends.
 *
 *   node test/bench/reload/load.ts BROKER REGISTRY START SECONDS
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import type { AppendRecord } from '../../../services/flow/event-log.ts'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { allTopics, topics } from '../../../services/topology.ts'
import { encode } from '../fill.ts'
import { shards } from '../settings.ts'
import { loadEvents } from './stream.ts'

export interface LoadResult {
  /** Records, doubled ones among them. */
  readonly sent: number
  readonly doubled: number
  /** How far the sending was behind its time, at most. Milliseconds. */
  readonly behindMs: number
  /** The longest time until Kafka had acknowledged some events, from when they were to be sent. Milliseconds. */
  readonly acknowledgedMs: number
}

const [broker = '', registryUrl = '', startText, secondsText] = process.argv.slice(2)
const tickMs = 5

const log = await createKafkaLog({
  brokers: [broker],
  clientId: 'load',
  shards,
  topics: allTopics.map(({ name }) => name),
})
const registry = createConfluentRegistry(registryUrl)
const codec = await createCodec(registry)
const underWay = new Set<Promise<unknown>>()
let sent = 0
let doubled = 0
let behindMs = 0
let acknowledgedMs = 0
let oldest = 0
let failure: unknown
let batch: AppendRecord[] = []

function send(): void {
  if (batch.length === 0) return
  sent += batch.length
  const since = oldest
  const appended = log.append(batch).then(
    () => {
      acknowledgedMs = Math.max(acknowledgedMs, Date.now() - since)
    },
    (error: unknown) => {
      failure ??= error
    },
  )
  batch = []
  underWay.add(appended)
  void appended.finally(() => underWay.delete(appended))
}

for (const { event, sendAt, isDouble } of loadEvents(Number(startText), Number(secondsText))) {
  if (sendAt > Date.now()) {
    send()
    while (sendAt > Date.now()) await sleep(tickMs)
    behindMs = Math.max(behindMs, Date.now() - sendAt)
  }
  if (failure !== undefined) throw failure
  if (batch.length === 0) oldest = sendAt
  batch.push({ topic: topics.events[event.type].name, key: event.value.subscriber_id, value: encode(codec, event) })
  if (isDouble) doubled++
}
send()
await Promise.all(underWay)
if (failure !== undefined) throw failure
await log.close()
await registry.close()
const result: LoadResult = { sent, doubled, behindMs, acknowledgedMs }
process.stdout.write(`${JSON.stringify(result)}\n`)
