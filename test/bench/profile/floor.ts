/*
 * One part of the hot path alone, in a process of its own. Prints one line of JSON (`Floor`) and ends.
 *
 *   node test/bench/profile/floor.ts kafkajs|adapter BROKER RECORDS
 *   node test/bench/profile/floor.ts avsc EVENTS
 *   node test/bench/profile/floor.ts mget|hset REDIS STATES BYTES
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avsc from 'avsc'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import { eventTypes, topics } from '../../../services/topology.ts'
import { km1Stream, km1Types } from '../km1-stream.ts'
import { shards } from '../settings.ts'
import { encodedOf } from '../step.ts'
import { mark } from '../watch.ts'

export interface Floor {
  /** Records or states. */
  readonly count: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly redisCpuSeconds?: number
}

const eventTopics = km1Types.map((type) => topics.events[type].name)
/** States in one command, as many as a stage of a shard. */
const statesAtOnce = 1_000

/** A consumer as kafkajs makes them: an object a message. */
async function kafkajsAlone(broker: string, records: number): Promise<Floor> {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR })
  const consumer = kafka.consumer({
    groupId: `floor-${process.pid}`,
    maxWaitTimeInMs: 100,
    maxBytes: 16 << 20,
    maxBytesPerPartition: 1 << 20,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: eventTopics, fromBeginning: true })
  const all = Promise.withResolvers<void>()
  let begin: ReturnType<typeof mark> | undefined
  let count = 0
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: shards * eventTopics.length,
    eachBatch: async ({ batch }) => {
      begin ??= mark()
      count += batch.messages.length
      if (count >= records) all.resolve()
    },
  })
  await all.promise
  const floor = since(begin, count)
  await consumer.disconnect()
  return floor
}

/** Our adapter, which reads record batches in place: every record is gone through, nothing is done with it. */
async function adapterAlone(broker: string, records: number): Promise<Floor> {
  const log = await createKafkaLog({ brokers: [broker], clientId: 'floor', shards, topics: eventTopics })
  const all = Promise.withResolvers<void>()
  let begin: ReturnType<typeof mark> | undefined
  let count = 0
  const membership = await log.join({
    group: `floor-${process.pid}`,
    topics: eventTopics,
    assigned: (_, feed) =>
      feed.start(
        eventTopics.map(() => 0),
        {
          push(_topic, batch) {
            begin ??= mark()
            while (batch.next()) count++
            if (count >= records) all.resolve()
          },
        },
      ),
    revoked: async () => undefined,
    failed: all.reject,
  })
  await all.promise
  const floor = since(begin, count)
  await membership.leave()
  await log.close()
  return floor
}

/** Every field of every record into an object, as avsc does it. */
async function avscAlone(events: number): Promise<Floor> {
  const registry = createEmbeddedRegistry(':memory:')
  const records = encodedOf(await createCodec(registry), km1Stream(events))
  await registry.close()
  const schema = (name: string) =>
    avsc.Type.forSchema(JSON.parse(readFileSync(join(import.meta.dirname, '../../../schemas', `${name}.avsc`), 'utf8')))
  const types = eventTypes.map((type) => schema(topics.events[type].schema))
  const begin = mark()
  for (let i = 0; i < records.count; i++) {
    const batch = records.batches[records.batchOf[i] as number] as Buffer
    const body = batch.subarray((records.valueStarts[i] as number) + 5, records.ends[i])
    types[records.topics[i] as number]?.fromBuffer(body)
  }
  return since(begin, records.count)
}

/** States as strings, looked up or written by as many as a stage has; of writing also as one hash, as ours are. */
async function redisAlone(what: 'mget' | 'hset', url: string, states: number, bytes: number): Promise<Floor> {
  const redis = new Redis(url)
  await redis.flushall()
  const value = Buffer.alloc(bytes, 7)
  const groups = Array.from({ length: Math.ceil(states / statesAtOnce) }, (_, group) =>
    Array.from({ length: statesAtOnce }, (_, i) => `46000${1_000_000_000 + group * statesAtOnce + i}`),
  )
  if (what === 'mget') for (const keys of groups) await redis.mset(keys.flatMap((key) => [key, value]))
  const cpuOfRedis = async () => {
    const info = await redis.info('cpu')
    const number = (name: string) => Number(new RegExp(`^${name}:(.*)\r$`, 'm').exec(info)?.[1])
    return number('used_cpu_user') + number('used_cpu_sys')
  }
  const redisBefore = await cpuOfRedis()
  const begin = mark()
  for (const [i, keys] of groups.entries()) {
    if (what === 'mget') await redis.mgetBuffer(keys)
    else await redis.hset(`floor:${i % 64}`, ...keys.flatMap((key) => [key, value]))
  }
  const floor = since(begin, groups.length * statesAtOnce)
  const redisCpuSeconds = (await cpuOfRedis()) - redisBefore
  await redis.flushall()
  redis.disconnect()
  return { ...floor, redisCpuSeconds }
}

function since(begin: ReturnType<typeof mark> | undefined, count: number): Floor {
  const end = mark()
  const { millis, cpuMicros } = begin ?? end
  return { count, seconds: (end.millis - millis) / 1e3, cpuSeconds: (end.cpuMicros - cpuMicros) / 1e6 }
}

const [name, ...given] = process.argv.slice(2)
const [first = '', second = '', third = ''] = given
const floors: Readonly<Record<string, () => Promise<Floor>>> = {
  kafkajs: () => kafkajsAlone(first, Number(second)),
  adapter: () => adapterAlone(first, Number(second)),
  avsc: () => avscAlone(Number(first)),
  mget: () => redisAlone('mget', first, Number(second), Number(third)),
  hset: () => redisAlone('hset', first, Number(second), Number(third)),
}
const measure = floors[name ?? '']
if (measure === undefined) throw new RangeError(`no floor '${name}'; there are ${Object.keys(floors).join(', ')}`)
process.stdout.write(`${JSON.stringify(await measure())}\n`)
