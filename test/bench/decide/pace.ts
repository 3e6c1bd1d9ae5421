/*
 * A process that puts moments on the log at a constant rate, each stamped with the time at which it is to be sent. Says when it
 * is ready, begins at the time that it then reads (milliseconds since 1970), prints one line of JSON (`PaceResult`) and ends.
 *
 *   node test/bench/decide/pace.ts BROKER REGISTRY SECONDS PER_SECOND SUBSCRIBERS SEED
 */
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import type { AppendRecord } from '../../../services/flow/event-log.ts'
import { openCatalogue, shippedCatalogue } from '../../../services/platform/catalogue-source.ts'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { allTopics, topics } from '../../../services/topology.ts'
import { shards } from '../settings.ts'
import { createMoments } from './stream.ts'

export interface PaceResult {
  readonly sent: number
  /** How far the sending was behind its time, at most. Milliseconds. */
  readonly behindMs: number
}

const [broker = '', registryUrl = '', ...numbers] = process.argv.slice(2)
const [seconds = 0, perSecond = 0, subscribers = 0, seed = 0] = numbers.map(Number)
const tickMs = 5
/** Kafka may be slower than the load: what was sent and is not acknowledged is bounded. */
const underWayMost = 8

const log = await createKafkaLog({
  brokers: [broker],
  clientId: 'pace',
  shards,
  topics: allTopics.map(({ name }) => name),
})
const registry = createConfluentRegistry(registryUrl)
const codec = await createCodec(registry)
const { ruleset } = await openCatalogue(shippedCatalogue)
const moments = seconds * perSecond
const make = createMoments({ seed, subscribers, moments, zone: '' }, ruleset)
const underWay = new Set<Promise<unknown>>()
let batch: AppendRecord[] = []
let failure: unknown

async function send(): Promise<void> {
  if (batch.length === 0) return
  const appended = log.append(batch).catch((error: unknown) => {
    failure ??= error
  })
  batch = []
  underWay.add(appended)
  void appended.finally(() => underWay.delete(appended))
  while (underWay.size >= underWayMost) await Promise.race(underWay)
}

process.stdout.write('ready\n')
const start = Number(await text(process.stdin))
let behindMs = 0
for (let i = 0; i < moments; i++) {
  const sendAt = start + Math.floor((i * 1_000) / perSecond)
  if (sendAt > Date.now()) {
    await send()
    while (sendAt > Date.now()) await sleep(tickMs)
  }
  if (failure !== undefined) throw failure
  behindMs = Math.max(behindMs, Date.now() - sendAt)
  const moment = make(i, sendAt)
  batch.push({ topic: topics.moments.name, key: moment.subscriber_id, value: codec.encode(topics.moments, moment) })
}
await send()
await Promise.all(underWay)
if (failure !== undefined) throw failure
await log.close()
await registry.close()
const result: PaceResult = { sent: moments, behindMs }
process.stdout.write(`${JSON.stringify(result)}\n`)
