/*
 * A process that puts events on Kafka at a constant rate. Says when it begins, prints one line of JSON and ends.
 *
 *   node test/bench/overload/load.ts BROKER REGISTRY NAME START SECONDS PER_SECOND
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import type { AppendRecord } from '../../../services/flow/event-log.ts'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { allTopics, topics } from '../../../services/topology.ts'
import { encode } from '../fill.ts'
import { shards } from '../settings.ts'
import { pacedEvents } from './stream.ts'

export interface OverloadLoad {
  readonly sent: number
  /** From the first event's time to the last acknowledgement. */
  readonly seconds: number
}

const [broker = '', registryUrl = '', name = '', startText, secondsText, rateText] = process.argv.slice(2)
const underWayMost = 8
const batchMost = 2_000

const log = await createKafkaLog({
  brokers: [broker],
  clientId: 'load',
  shards,
  topics: allTopics.map(({ name }) => name),
})
const registry = createConfluentRegistry(registryUrl)
const codec = await createCodec(registry)
const start = Number(startText)
const underWay = new Set<Promise<unknown>>()
let sent = 0
let batch: AppendRecord[] = []

async function send(): Promise<void> {
  if (batch.length === 0) return
  sent += batch.length
  const appended = log.append(batch)
  batch = []
  underWay.add(appended)
  void appended.finally(() => underWay.delete(appended)).catch(() => undefined)
  while (underWay.size >= underWayMost) await Promise.race(underWay)
}

for (const event of pacedEvents(name, start, Number(secondsText), Number(rateText))) {
  const { event_time: at, subscriber_id: key } = event.value
  if (at > Date.now()) {
    await send()
    while (at > Date.now()) await sleep(5)
  }
  batch.push({ topic: topics.events[event.type].name, key, value: encode(codec, event) })
  if (batch.length >= batchMost) await send()
}
await send()
await Promise.all(underWay)
const result: OverloadLoad = { sent, seconds: (Date.now() - start) / 1_000 }
await log.close()
await registry.close()
process.stdout.write(`${JSON.stringify(result)}\n`)
