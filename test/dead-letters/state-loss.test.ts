import { expect, onTestFinished, test } from 'vitest'
import { type Acting, rerunLetters } from '../../services/dead-letters/act.ts'
import { createDetectProcessor, type DetectProcessor } from '../../services/detect/detect-processor.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { serviceNodes, topics } from '../../services/topology.ts'
import { rulesetOf } from '../detect/rulesets.ts'
import { codec } from '../detect/shard-driver.ts'
import { acceptLoss } from '../flow/accept-loss.ts'
import { waitFor } from '../support/wait-for.ts'

const minute = 60_000

const ruleset = rulesetOf(
  `
- { id: topups_7d, title: { en: a }, from: recharge, aggregate: count, window: { days: 7 } }
`,
  `
id: large
moment: change
title: { en: Large }
on: recharge
when: event.amount >= 5000 && topups_7d > 0
expires: 7d
purpose: service
offers: [thanks]
`,
)

/** Detect over a log in memory, with a defect: it throws at one event until it is mended. */
function world() {
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock: wallClock })
  const base = Math.floor(Date.now() / minute) * minute
  const state = { isMended: false }
  const withDefect = (): DetectProcessor => {
    const processor = createDetectProcessor({ codec, ruleset, defaultTimeZone: 'UTC' })
    const { record } = processor
    processor.record = function defective(topic, view, context) {
      const { value, valueStart, valueEnd } = view
      if (!state.isMended && value.subarray(valueStart, valueEnd).includes('bad')) throw new Error('a defect')
      record.call(processor, topic, view, context)
    }
    return processor
  }
  const names = serviceNodes.detect.reads.map(({ name }) => name)
  async function run(store: StateStore, settings: { stageRecords?: number; groupRecords?: number } = {}) {
    await acceptLoss(log, store, serviceNodes.detect)
    const service = await startService<DetectProcessor>({
      node: serviceNodes.detect,
      log,
      store,
      codec,
      clock: wallClock,
      settings: { ...flowDefaults, groupMs: 1, ...settings },
      observer: silentObserver,
      createProcessor: withDefect,
      onFailed: (error) => {
        throw error
      },
    })
    onTestFinished(() => service.stop())
    return service
  }
  const idle = (service: Awaited<ReturnType<typeof run>>) =>
    waitFor('the service to have handled everything', async () => {
      const ends = await log.ends(names)
      const [shard] = service.shards()
      return shard && names.every((_, i) => shard.positions[i] === ends[i]?.[0]) && service.isIdle()
    })
  return {
    state,
    run,
    idle,
    acting: { log, codec, clock: wallClock } satisfies Acting,
    async recharge(id: string, minutes: number, amount = 100) {
      const value = codec.encode(topics.events.recharge, {
        ...{ event_id: id, subscriber_id: 's', event_time: base - minutes * minute, source: 'test', amount },
        ...{ currency: 'EUR', method: 'app' as const },
      })
      await log.append([{ topic: topics.events.recharge.name, key: 's', value }])
    },
    letters: () => readTopic(log, codec, topics.deadLetters),
    async count(store: StateStore, service: Awaited<ReturnType<typeof run>>) {
      const [processor] = service.processors()
      processor?.admit('s', (await store.peek('detect', shardId(0), 's'))?.value ?? null)
      return processor?.explain('s')?.factors.topups_7d
    },
  }
}
const request = { filter: { state: 'open' as const }, limit: 100, author: 'a', reason: 'r', dryRun: false }

test.each(['before the loss', 'after it'])(
  'an event that was a dead letter, and is replayed by a version that has the defect no more, counts once (re-run %s)',
  async (when) => {
    const { state, run, idle, acting, recharge, letters, count } = world()
    await recharge('first', 200)
    await recharge('bad', 100)
    await recharge('later', 5)
    const first = await run(createEmbeddedStore({ file: ':memory:' }))
    await idle(first)
    expect((await letters()).length).toBe(1)
    state.isMended = true
    if (when === 'before the loss') {
      expect((await rerunLetters(acting, request)).done.length).toBe(1)
      await idle(first)
    }
    await first.stop()
    const store = createEmbeddedStore({ file: ':memory:' })
    const second = await run(store)
    await idle(second)
    if (when === 'after it') expect((await rerunLetters(acting, request)).done.length).toBe(1)
    await idle(second)
    expect(await count(store, second)).toBe(3)
    expect((await letters()).length).toBe(1)
  },
)

test.each([1, 2, 3, 4, 5])('it is known over a process that ends in the replay, at its commit %i', async (fatal) => {
  const { state, run, idle, acting, recharge, letters, count } = world()
  await recharge('first', 200)
  await recharge('second', 190)
  await recharge('bad', 100)
  await recharge('later', 5)
  const first = await run(createEmbeddedStore({ file: ':memory:' }))
  await idle(first)
  state.isMended = true
  await rerunLetters(acting, request)
  await idle(first)
  await first.stop()
  const store = createEmbeddedStore({ file: ':memory:' })
  let commits = 0
  const failing: StateStore = {
    ...store,
    async claim(...claimed) {
      const shard = await store.claim(...claimed)
      return {
        ...shard,
        commit(group) {
          if (++commits === fatal) throw new CodedError('KM_STORE_UNAVAILABLE', 'a test', { canRetry: true })
          return shard.commit(group)
        },
      }
    },
  }
  const second = await run(failing, { stageRecords: 1, groupRecords: 1 })
  await idle(second)
  expect(commits).toBeGreaterThan(fatal)
  expect(await count(store, second)).toBe(4)
  expect((await letters()).length).toBe(1)
})
