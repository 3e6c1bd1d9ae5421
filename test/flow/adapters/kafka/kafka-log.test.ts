import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { createKafkaLog } from '../../../../services/flow/adapters/kafka/log.ts'
import type { KafkaLogSettings } from '../../../../services/flow/adapters/kafka/settings.ts'
import { shardOf } from '../../../../services/flow/partition.ts'
import { drain, joinGroup } from '../../../conformance/log-member.ts'
import { startChild } from '../../../support/child-process.ts'
import { freePort } from '../../../support/free-port.ts'
import { servers } from '../../../support/servers.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { directClient, kafkaSettings, newTopic } from './kafka-fixture.ts'

async function open(topics: readonly string[], more: Partial<KafkaLogSettings> = {}) {
  const log = await createKafkaLog(kafkaSettings(topics, more))
  onTestFinished(() => log.close())
  return log
}
const shards = [0, 1, 2, 3].map(shardId)
const keys = shards.map((shard) => {
  for (let i = 0; ; i++) if (shardOf(`k${i}`, 4) === shard) return `k${i}`
})

describe('the Kafka log', { timeout: 60_000 }, () => {
  it('creates topics whose times are the broker’s, and refuses those with other partitions', async () => {
    const [plain, compacted, unlimited] = [newTopic(), newTopic(), newTopic()]
    const kept = { compacted: [compacted], unlimited: [unlimited], retentionMs: 123_456_789 }
    await open([plain, compacted, unlimited], kept)
    const admin = directClient().admin()
    onTestFinished(() => admin.disconnect())
    const configs = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [plain, compacted, unlimited].map((name) => ({ type: 2, name })),
    })
    const settings = configs.resources.map(({ configEntries }) =>
      ['message.timestamp.type', 'retention.ms', 'cleanup.policy'].map(
        (name) => configEntries.find(({ configName }) => configName === name)?.configValue,
      ),
    )
    expect(settings[0]).toEqual(['LogAppendTime', '123456789', 'delete'])
    expect(settings[1]?.[2]).toBe('compact')
    expect(settings[2]).toEqual(['LogAppendTime', '-1', 'delete'])
    await open([plain])
    await expect(open([plain], { shards: 3 })).rejects.toMatchObject({
      code: 'KM_TOPIC_PARTITIONS',
      message: expect.stringContaining(`${plain} has 4`),
    })
  })

  it('lets two processes create the same topics at once', async () => {
    const topics = [newTopic(), newTopic(), newTopic()]
    await Promise.all([open(topics), open(topics), open(topics)])
  })

  it('says in a bounded time that no broker is there', async () => {
    const brokers = [`127.0.0.1:${await freePort()}`]
    const began = Date.now()
    await expect(createKafkaLog({ ...kafkaSettings([]), brokers, startWithinMs: 500 })).rejects.toMatchObject({
      code: 'KM_LOG_UNAVAILABLE',
      canRetry: true,
    })
    expect(Date.now() - began).toBeLessThan(10_000)
  })

  it('refuses a record above the limit of the topic, and takes those around it', async () => {
    const topic = newTopic()
    const log = await open([topic])
    const record = (size: number) => ({ topic, key: keys[0] ?? '', value: Buffer.alloc(size, 'x') })
    const calls = [log.append([record(1)]), log.append([record(2_000_000)]), log.append([record(1)])]
    const results = await Promise.allSettled(calls)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'KM_RECORD_TOO_LARGE', canRetry: false } })
    expect((await log.ends([topic]))[0]?.[0]).toBe(2)
  })

  it('refuses when more waits than the queue may hold', async () => {
    const topic = newTopic()
    const log = await open([topic], { queueBytes: 1_000_000 })
    const record = { topic, key: 'a', value: Buffer.alloc(600_000) }
    const results = await Promise.allSettled([log.append([record]), log.append([record])])
    expect(results[0]?.status).toBe('fulfilled')
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'KM_LOG_UNAVAILABLE', canRetry: true } })
    await log.append([record])
  })

  it.each([
    ['join', 'during', 0],
    ['join', 'during', 200],
    ['join', 'during', 400],
    ['read', 'during', 0],
    ['read', 'during', 200],
    ['join', 'after', 0],
    ['read', 'after', 0],
    ['ends', 'after', 0],
  ])('holds no process that closed it: %s begun, closed %s it (%d ms)', async (what, when, millis) => {
    const topic = newTopic()
    const log = await open([topic])
    await log.append(keys.map((key) => ({ topic, key, value: Buffer.from('one') })))
    const script = fileURLToPath(new URL('closing-process.ts', import.meta.url))
    const args = [servers.kafkaBrokers.join(), topic, what, when, String(millis)]
    const child = await startChild(process.execPath, [script, ...args])
    onTestFinished(() => child.kill('SIGKILL').then(() => undefined))
    await child.waitForLine(when === 'after' ? /^KM_LOG_CLOSED$/ : /^(KM_LOG_CLOSED|done)$/)
    const said = performance.now()
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(performance.now() - said).toBeLessThan(10_000)
  })

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'reads %s of librdkafka and of its own',
    async (codec) => {
      const topic = newTopic()
      const log = await open([topic], { compression: codec })
      const lines = Array.from({ length: 500 }, (_, i) => `${keys[1]}:value ${i} ${'x'.repeat(40)}`)
      execFileSync('kcat', ['-P', '-b', servers.kafkaBrokers.join(), '-t', topic, '-p', '1', '-K:', '-z', codec], {
        input: `${lines.join('\n')}\n`,
      })
      await log.append(
        lines.map((line) => ({ topic, key: keys[1] ?? '', value: Buffer.from(line.split(':')[1] ?? '') })),
      )
      const seen: string[] = []
      for await (const batch of log.read(topic, shardId(1), 0, 1_000)) {
        seen.push(...drain(batch).map(({ key, value }) => `${key}:${value}`))
      }
      expect(seen).toEqual([...lines, ...lines])
    },
  )

  it('ends a read that is given up while it waits for its turn, and keeps the turns of the others', async () => {
    const topic = newTopic()
    const log = await open([topic])
    const key = keys[1] ?? ''
    await log.append(Array.from({ length: 3 }, (_, i) => ({ topic, key, value: Buffer.from(`${i}`) })))
    const read = (signal?: AbortSignal) => log.read(topic, shardId(1), 0, 3, signal)[Symbol.asyncIterator]()
    const first = read()
    expect((await first.next()).done).toBe(false)
    const life = new AbortController()
    const second = read(life.signal).next()
    const third = read().next()
    life.abort('given up')
    await expect(second).rejects.toBe('given up')
    let hasBegun = false
    void third.then(() => {
      hasBegun = true
    })
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(hasBegun).toBe(false)
    await first.return?.()
    const { value } = await third
    expect(drain(value).map((seen) => `${seen.value}`)).toEqual(['0', '1', '2'])
  })

  it('passes over what transactions of other producers leave behind, and still reaches the end', async () => {
    const topic = newTopic()
    const log = await open([topic])
    const producer = directClient().producer({
      transactionalId: randomUUID(),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    onTestFinished(() => producer.disconnect())
    const transact = async (value: string, end: 'commit' | 'abort') => {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ key: 'a', value, partition: 2 }] })
      await transaction[end]()
    }
    await transact('one', 'commit')
    await transact('never', 'abort')
    const one = await joinGroup(log, { group: randomUUID(), topics: [topic], startAt: () => [0] })
    const sink = await waitFor('the shard', () => one.feeds.has(shardId(2)) && one.sink(shardId(2)))
    await waitFor('the end', () => sink.atEnd())
    expect(sink.texts()).toEqual(['one'])
    await transact('never', 'abort')
    await waitFor('to be behind it', () => sink.batches[0]?.at(-1)?.nextPosition === 6)
    await transact('two', 'commit')
    await waitFor('the next', () => sink.texts().length === 2 && sink.atEnd())
    expect(sink.texts()).toEqual(['one', 'two'])
    expect(sink.faults).toEqual([])
    await one.membership.leave()
  })

  it('says that the log lost records when a position is behind its end', async () => {
    const topic = newTopic()
    const log = await open([topic])
    const one = await joinGroup(log, { group: randomUUID(), topics: [topic], startAt: () => [7] })
    const failure = await waitFor('the failure', () => one.failures[0])
    expect(failure).toMatchObject({ code: 'KM_LOG_TRUNCATED' })
    await one.membership.leave()
  })

  it('gives up a group of other clients', async () => {
    const topic = newTopic()
    const log = await open([topic])
    const group = randomUUID()
    const other = directClient().consumer({ groupId: group })
    onTestFinished(() => other.disconnect())
    await other.connect()
    await other.subscribe({ topics: [topic] })
    const joined = new Promise((resolve) => other.on(other.events.GROUP_JOIN, resolve))
    await other.run({ eachMessage: async () => {} })
    await joined
    await expect(joinGroup(log, { group, topics: [topic] })).rejects.toMatchObject({ code: 'KM_LOG_REFUSED' })
  })

  it('takes over the shards of a member that was killed within 15 s; a kept shard goes on without a break', async () => {
    const topic = newTopic()
    const log = await open([topic])
    const group = randomUUID()
    let sent = 0
    const send = async () => {
      const values = keys.map((key) => ({ topic, key, value: Buffer.from(`v${sent}`) }))
      sent++
      await log.append(values)
    }
    const one = await joinGroup(log, { group, topics: [topic], startAt: () => [0] })
    await waitFor('all shards', () => one.holds().length === 4)
    const script = fileURLToPath(new URL('member.ts', import.meta.url))
    const child = await startChild(process.execPath, [script, servers.kafkaBrokers.join(), group, topic])
    onTestFinished(async () => {
      await child.kill('SIGKILL')
    })
    await waitFor('a share each', () => one.holds().length === 2, { deadlineMs: 20_000 })
    await child.waitForLine(/^holds \d,\d$/)
    const kept = one.holds()
    expect(one.happenings.filter((happening) => happening.startsWith('-'))).toHaveLength(2)
    for (let i = 0; i < 20; i++) await send()

    await child.kill('SIGKILL')
    const killedAt = Date.now()
    await waitFor('the shards', () => send().then(() => one.holds().length === 4), { deadlineMs: 15_000 })
    expect(Date.now() - killedAt).toBeLessThan(15_000)
    await send()
    for (const shard of shards) {
      await waitFor(`shard ${shard}`, () => one.sink(shard).texts().length === sent)
      expect(one.sink(shard).texts()).toEqual(Array.from({ length: sent }, (_, i) => `v${i}`))
      expect(one.sink(shard).faults).toEqual([])
    }
    // Announced once, though there were three rebalances.
    for (const shard of kept) expect(one.happenings.filter((it) => it === `+${shard}`)).toHaveLength(1)
    await one.membership.leave()
  })

  it('joins a group in which one was killed, though brokers that are away are given up sooner', async () => {
    const topic = newTopic()
    await (await open([topic])).append(keys.map((key) => ({ topic, key, value: Buffer.from('one') })))
    const group = randomUUID()
    const script = fileURLToPath(new URL('member.ts', import.meta.url))
    const child = await startChild(process.execPath, [script, servers.kafkaBrokers.join(), group, topic])
    onTestFinished(() => child.kill('SIGKILL').then(() => undefined))
    await child.waitForLine(/^holds 0,1,2,3$/, 30_000)
    await child.kill('SIGKILL')

    // The other's session ends 10 s after its last sign.
    const log = await open([topic], { startWithinMs: 5_000, consume: { sessionTimeoutMs: 30_000 } })
    const later = await joinGroup(log, { group, topics: [topic], startAt: () => [0] })
    await waitFor('all shards', () => later.holds().length === 4)
    await waitFor('their records', () => later.holds().every((shard) => later.sink(shard).texts().length === 1))
  })
})
