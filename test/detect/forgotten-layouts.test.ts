import { randomUUID } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { inSuccession } from '../../services/catalogue/activation.ts'
import { createSchedule } from '../../services/catalogue/schedule.ts'
import { createDetectProcessor, type DetectProcessor } from '../../services/detect/detect-processor.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { createRedisStore } from '../../services/flow/adapters/redis/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { serviceNodes, topics } from '../../services/topology.ts'
import { catalogueOfFiles } from '../catalogue/contents.ts'
import { servers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { codec, ShardDriver } from './shard-driver.ts'

const hour = 3_600_000
const begin = Date.UTC(2026, 2, 2)
const subscribers = Array.from({ length: 400 }, (_, i) => `s-${i}`)

/** Each version keeps something that no other does. */
const version = (number: number) =>
  catalogueOfFiles({
    'factors/talk.yaml': `id: talk_${number}
title: { en: Talk }
from: cdr
value: event.duration_s
aggregate: sum
window: { rolling: ${number + 1}h }
`,
    'rules/often.yaml': `id: often
moment: change
title: { en: Calls often }
on: cdr
when: calls_24h >= 3
once: 30d
purpose: care
evidence: [calls_24h, talk_${number}]
`,
  })

/** Version n is in force from n hours behind the beginning on. */
const schedule = createSchedule()
const versions = [1, 2, 3].map((number) => ({ activatesAt: begin + number * hour, catalogue: version(number) }))
for (const scheduled of inSuccession(version(0), versions)) schedule.add(scheduled)

interface Parts {
  readonly store: StateStore
  readonly memoryBytes?: number
  /** The version with which its process begins, whichever is in force. */
  readonly starts?: number
  readonly log?: ReturnType<typeof createEmbeddedLog>
  /** Changes the processor before it is used. */
  readonly change?: (processor: DetectProcessor) => void
}

/** Detect on the runtime, with memory for a part of its subscribers. */
async function running(parts: Parts) {
  const {
    store,
    change,
    memoryBytes = 60_000,
    starts = 0,
    log = createEmbeddedLog({ file: ':memory:', shards: 1 }),
  } = parts
  const clock = simulatedClock()
  const faults: string[] = []
  const service = await startService({
    node: serviceNodes.detect,
    log,
    store,
    codec,
    clock,
    settings: { ...flowDefaults, groupMs: 1, memoryBytes },
    observer: { ...silentObserver, failed: (_, error) => faults.push(String(error)) },
    createProcessor() {
      const processor = createDetectProcessor({
        codec,
        ruleset: schedule.at(begin + starts * hour).catalogue.ruleset,
        defaultTimeZone: 'Europe/Berlin',
        indexSize: 16,
        schedule(at) {
          const inForce = schedule.at(at)
          return { ...inForce, ruleset: inForce.catalogue.ruleset }
        },
      })
      change?.(processor)
      return processor
    },
    onFailed: (error) => {
      throw error
    },
  })
  onTestFinished(() => service.stop())
  return {
    log,
    service,
    faults,
    /** One call of each, so many hours behind the beginning. */
    async call(hours: number, of: readonly string[] = subscribers) {
      const records = of.map((key, i) => ({
        topic: topics.events.cdr.name,
        key,
        value: codec.encode(topics.events.cdr, {
          event_id: `${key}-${hours}`,
          subscriber_id: key,
          event_time: begin + hours * hour + i,
          source: 'test',
          kind: 'voice',
          direction: 'mo',
          other_party: 'p',
          duration_s: 60,
          cell_id: null,
          roaming_country: null,
          end_cause: 'normal',
          charge: null,
          balance_after: null,
        }),
      }))
      const [appended] = await log.append(records)
      const end = appended?.end ?? Number.NaN
      await waitFor('the calls', () => service.shards().some(({ positions }) => positions.includes(end)))
      await waitFor('idle', () => service.isIdle())
    },
    moments: async () =>
      (await readTopic(log, codec, topics.moments)).map(({ subscriber_id, rule, at, evidence }) =>
        JSON.stringify([subscriber_id, rule, at, evidence]),
      ),
  }
}

/** The numbers of the layouts that the stored note knows. */
async function layoutsOf(store: StateStore): Promise<number[]> {
  const { note = '' } = (await store.peek(serviceNodes.detect.name, shardId(0), 's-0')) ?? {}
  const { layouts } = JSON.parse(inflateRawSync(Buffer.from(note, 'base64')).toString())
  return (layouts as unknown[]).flatMap((layout, number) => (layout ? [number] : []))
}

/** The numbers of the layouts that stored records are of. */
async function layoutsOfRecords(store: StateStore): Promise<number[]> {
  const numbers = new Set<number>()
  for (const key of subscribers) {
    const { value } = (await store.peek(serviceNodes.detect.name, shardId(0), key)) ?? {}
    if (value) numbers.add(value.readUInt16LE(0))
  }
  return [...numbers]
}

const stores: Readonly<Record<string, () => StateStore>> = {
  embedded: () => createEmbeddedStore({ file: ':memory:' }),
  redis: () => createRedisStore({ url: servers.redisUrl, prefix: `${randomUUID()}:`, buckets: 4 }),
  'redis, cluster': () =>
    createRedisStore({ url: servers.redisClusterUrl, cluster: true, prefix: `${randomUUID()}:`, buckets: 4 }),
}

test.each(Object.keys(stores))(
  'a layout that no record is of any more is forgotten, and everybody is known as before (%s)',
  async (kind) => {
    const open = (): StateStore => {
      const store = (stores[kind] as () => StateStore)()
      onTestFinished(() => store.close())
      return store
    }
    const store = open()
    const first = await running({ store })
    await first.call(0)
    expect(await layoutsOf(store)).toEqual([0])
    await first.call(1, ['s-1', 's-2'])
    await waitFor('the second layout alone', async () => String(await layoutsOf(store)) === '1')
    expect(await layoutsOfRecords(store)).toEqual([1])
    await first.service.stop()

    const { log } = first
    const second = await running({ store, log, starts: 3 })
    await second.call(2, ['s-3'])
    await second.call(3)
    await waitFor('one layout', async () => (await layoutsOf(store)).length === 1)
    expect(await layoutsOfRecords(store)).toEqual(await layoutsOf(store))
    await second.call(4)
    expect(second.service.processors().map(({ renewal }) => renewal)).toEqual([0])

    const lazy = await running({
      store: open(),
      change: (processor) => Object.defineProperty(processor, 'renewal', { value: 0 }),
    })
    await lazy.call(0)
    await lazy.call(1, ['s-1', 's-2'])
    await lazy.call(2, ['s-3'])
    await lazy.call(3)
    await lazy.call(4)
    expect([...first.faults, ...second.faults]).toEqual([])
    expect((await second.moments()).length).toBeGreaterThanOrEqual(400)
    expect((await second.moments()).sort()).toEqual((await lazy.moments()).sort())
  },
)

test('one that a record stays in, as it cannot be looked at, is kept', async () => {
  const store = createEmbeddedStore({ file: ':memory:' })
  const { call, service, faults } = await running({
    store,
    memoryBytes: 1,
    change(processor) {
      const { admit } = processor
      processor.admit = (key, value) => {
        // Behind its head and the lengths of its sections, as a damaged store might have it.
        if (key === 's-7') value?.fill(0xee, 20)
        admit.call(processor, key, value)
      }
    },
  })
  await call(0)
  await call(1, ['s-1'])
  await waitFor('all others to be renewed', () => service.processors().some((processor) => processor.renewal === 0))
  await call(1.5, ['s-2'])
  expect(await layoutsOf(store)).toEqual([0, 1])
  expect(faults).toEqual([])
})

test('a renewal that was left half done, as the rules went back and came again, is another one', () => {
  const [first, second] = [version(0).ruleset, version(1).ruleset]
  const shard = new ShardDriver({ ruleset: first, defaultTimeZone: 'Europe/Berlin' })
  const { processor } = shard
  shard.processor.tick?.(shard)
  expect(processor.renewal).toBe(0)
  processor.useRuleset(second)
  const halfDone = processor.renewal ?? 0
  expect(halfDone).toBeGreaterThan(0)
  processor.useRuleset(first)
  processor.useRuleset(second)
  processor.renewed?.(halfDone)
  expect(processor.renewal).toBeGreaterThan(halfDone)
  processor.renewed?.(processor.renewal ?? 0)
  expect(processor.renewal).toBe(0)
})
