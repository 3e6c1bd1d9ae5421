import kafkajs, { type Admin } from 'kafkajs'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createKafkaLog } from '../../../../services/flow/adapters/kafka/log.ts'
import { kafkaSettings, newTopic } from './kafka-fixture.ts'

const { Kafka, KafkaJSAggregateError, KafkaJSProtocolError } = kafkajs
const { admin: realAdmin } = Kafka.prototype

/** The real admin client, between whose calls and the real broker something is put. */
function between(put: (admin: Admin) => Partial<Admin>): void {
  vi.spyOn(Kafka.prototype, 'admin').mockImplementation(function (this: kafkajs.Kafka, config) {
    const admin = realAdmin.call(this, config)
    return { ...admin, ...put(admin) }
  })
}

const retriable = (type: string, code: number) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code, retriable: true }))
/** As a broker answers for a partition that nobody leads yet. */
const noLeader = () => retriable('LEADER_NOT_AVAILABLE', 5)
/** As a controller answers that takes longer than the request waits: it creates the topic all the same. */
const timedOut = (topic: string) =>
  new KafkaJSAggregateError('Topic creation errors', [Object.assign(retriable('REQUEST_TIMED_OUT', 7), { topic })])

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a broker that is busy', { timeout: 60_000 }, () => {
  it.each([
    ['is waited for as long as the settings say', 2_000, 30_000, 'opens'],
    ['is given up when the settings say', Number.POSITIVE_INFINITY, 1_000, 'KM_LOG_UNAVAILABLE'],
  ])('and has no leaders for topics that it created %s', async (_, leaderlessMs, startWithinMs, outcome) => {
    const topic = newTopic()
    const began = Date.now()
    between((admin) => ({
      fetchTopicOffsets: async (name) => {
        if (Date.now() - began < leaderlessMs) throw noLeader()
        return admin.fetchTopicOffsets(name)
      },
    }))
    const opening = createKafkaLog(kafkaSettings([topic], { startWithinMs }))
    if (outcome === 'opens') {
      const log = await opening
      onTestFinished(() => log.close())
      expect(Date.now() - began).toBeGreaterThanOrEqual(leaderlessMs)
      await log.append([{ topic, key: 'a', value: Buffer.from('one') }])
    } else {
      await expect(opening).rejects.toMatchObject({
        code: outcome,
        canRetry: true,
        message: expect.stringContaining(topic),
      })
      expect(Date.now() - began).toBeLessThan(9_000)
    }
  })

  it('and creates topics later than it answers: they are waited for, and so are their leaders', async () => {
    const topic = newTopic()
    let served = 0
    between((admin) => ({
      createTopics: async (options) => {
        await admin.createTopics(options)
        throw timedOut(topic)
      },
      fetchTopicOffsets: async (name) => {
        if (++served < 3) throw noLeader()
        return admin.fetchTopicOffsets(name)
      },
    }))
    const log = await createKafkaLog(kafkaSettings([topic], { startWithinMs: 30_000 }))
    onTestFinished(() => log.close())
    expect(served).toBe(3)
    expect(await log.ends([topic])).toEqual([[0, 0, 0, 0]])
  })
})
