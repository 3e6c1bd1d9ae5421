/*
 * A process that puts the events of a stream on Kafka, each at its time. Prints one line of JSON (`LoadResult`) and ends.
 *
 *   node test/bench/load/load.ts BROKER REGISTRY START reload SECONDS
 *                                                      overload NAME SECONDS PER_SECOND
 *                                                      hotkey SECONDS EVERY
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import type { AppendRecord } from '../../../services/flow/event-log.ts'
import { createConfluentRegistry } from '../../../services/records/confluent-registry.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { allTopics, topics } from '../../../services/topology.ts'
import { encode } from '../fill.ts'
import { hotEvents } from '../hotkey/stream.ts'
import { overloadEvents } from '../overload/stream.ts'
import { loadEvents } from '../reload/stream.ts'
import { shards } from '../settings.ts'
import type { LoadEvent } from './paced.ts'

export interface LoadResult {
  /** Records, doubled ones among them. */
  readonly sent: number
  readonly doubled: number
  /** From the first event's time to the last acknowledgement. */
  readonly seconds: number
  /** How far the sending was behind its time, at most. Milliseconds. */
  readonly behindMs: number
  /** The longest time until Kafka had acknowledged some events, from when they were to be sent. Milliseconds. */
  readonly acknowledgedMs: number
}

const [broker = '', registryUrl = '', startText, kind = '', ...given] = process.argv.slice(2)
const start = Number(startText)
const tickMs = 5
/** Kafka may be slower than the load: what was sent and is not acknowledged is bounded. */
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
const underWay = new Set<Promise<unknown>>()
let sent = 0
let doubled = 0
let behindMs = 0
let acknowledgedMs = 0
let oldest = 0
let failure: unknown
let batch: AppendRecord[] = []

async function send(): Promise<void> {
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
  while (underWay.size >= underWayMost) await Promise.race(underWay)
}

for (const { event, sendAt, isDouble } of events()) {
  if (sendAt > Date.now()) {
    await send()
    while (sendAt > Date.now()) await sleep(tickMs)
  }
  behindMs = Math.max(behindMs, Date.now() - sendAt)
  if (failure !== undefined) throw failure
  if (batch.length === 0) oldest = sendAt
  batch.push({ topic: topics.events[event.type].name, key: event.value.subscriber_id, value: encode(codec, event) })
  if (isDouble) doubled++
  if (batch.length >= batchMost) await send()
}
await send()
await Promise.all(underWay)
if (failure !== undefined) throw failure
const result: LoadResult = { sent, doubled, seconds: (Date.now() - start) / 1_000, behindMs, acknowledgedMs }
await log.close()
await registry.close()
process.stdout.write(`${JSON.stringify(result)}\n`)

function events(): Iterable<LoadEvent> {
  const number = (i: number) => Number(given[i])
  switch (kind) {
    case 'reload':
      return loadEvents(start, number(0))
    case 'overload':
      return overloadEvents(given[0] ?? '', start, number(1), number(2))
    case 'hotkey':
      return hotEvents(start, number(0), number(1))
    default:
      throw new RangeError(`no stream '${kind}'`)
  }
}
