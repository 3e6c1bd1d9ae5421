import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Acting, rerunLetters } from '../../services/dead-letters/act.ts'
import { createDetectProcessor, type DetectProcessor } from '../../services/detect/detect-processor.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { wallClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { serviceNodes, topics } from '../../services/topology.ts'
import { rulesetOf } from '../detect/rulesets.ts'
import { codec } from '../detect/shard-driver.ts'
import { acceptLoss } from '../flow/accept-loss.ts'
import { waitFor } from '../support/wait-for.ts'

const minute = 60_000
const hour = 60 * minute
const subscribers = ['s-0', 's-1', 's-2']

const ruleset = rulesetOf(
  `
- { id: topups_7d, title: { en: a }, from: recharge, aggregate: count, window: { days: 7 } }
- { id: amount_48h, title: { en: b }, from: recharge, value: amount, aggregate: sum, window: { rolling: 48h } }
- { id: most_7d, title: { en: c }, from: recharge, value: amount, aggregate: max, window: { days: 7 } }
- { id: paned_48h, title: { en: d }, from: recharge, value: amount, aggregate: sum, window: { rolling: 48h, pane: 1h } }
- { id: newest, title: { en: e }, from: recharge, value: amount, aggregate: last }
`,
  `
id: large
moment: change
title: { en: Large }
on: recharge
when: event.amount >= 500 && topups_7d + amount_48h + most_7d + paned_48h + newest >= 0
expires: 7d
purpose: service
offers: [thanks]
`,
)

interface Event {
  readonly subscriber: number
  /** How long ago. */
  readonly minutes: number
  readonly amount: number
  /** Under a wrong key at first: a dead letter. */
  readonly died: boolean
}

type Op =
  | { readonly kind: 'rerun'; readonly append: 'well' | 'answer lost' | 'cut' }
  | { readonly kind: 'request twice' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'lose the state' }

const events = fc.uniqueArray(
  fc.record({
    subscriber: fc.nat(subscribers.length - 1),
    minutes: fc.integer({ min: 15, max: 40 * 60 }),
    amount: fc.integer({ min: 1, max: 1_000 }),
    died: fc.boolean(),
  }),
  // One moment of a rule at an instant.
  { minLength: 1, maxLength: 12, selector: ({ minutes }) => minutes },
)
const ops = fc.array(
  fc.oneof(
    fc.constantFrom('well', 'answer lost', 'cut').map((append): Op => ({ kind: 'rerun', append }) as Op),
    fc.constantFrom<Op>({ kind: 'request twice' }, { kind: 'restart' }, { kind: 'lose the state' }),
  ),
  { maxLength: 6 },
)

const unavailable = () => new CodedError('KM_LOG_UNAVAILABLE', 'no answer', { canRetry: true })

/** Only the first record of what is appended arrives, or all of it; nobody is told. */
const losing = (log: EventLog, how: 'answer lost' | 'cut'): EventLog => ({
  ...log,
  async append(records) {
    await log.append(how === 'cut' ? records.slice(0, 1) : records)
    throw unavailable()
  },
})

/** Detect on a log and a store in memory, which can be lost. */
async function world(base: number, given: readonly Event[], mended: boolean) {
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock: wallClock })
  let store = createEmbeddedStore({ file: ':memory:' })
  const run = () =>
    startService<DetectProcessor>({
      node: serviceNodes.detect,
      log,
      store,
      codec,
      clock: wallClock,
      settings: { ...flowDefaults, groupMs: 1 },
      observer: silentObserver,
      createProcessor: () => createDetectProcessor({ codec, ruleset, defaultTimeZone: 'UTC' }),
      onFailed: (error) => {
        throw error
      },
    })
  const acting: Acting = { log, codec, clock: wallClock }
  const request = { filter: { state: 'open' as const }, limit: 100, author: 'a', reason: 'r', dryRun: false }
  const appendEvents = async (chosen: readonly Event[], wrongKey: boolean) => {
    for (const { subscriber, minutes, amount } of chosen) {
      const subscriber_id = subscribers[subscriber] ?? ''
      const event_time = base - minutes * minute
      const value = codec.encode(topics.events.recharge, {
        ...{ event_id: `e-${minutes}`, subscriber_id, event_time, source: 'test', amount },
        ...{ currency: 'EUR', method: 'app' as const },
      })
      await log.append([{ topic: topics.events.recharge.name, key: wrongKey ? 'wrong' : subscriber_id, value }])
    }
  }
  const inOrder = given.toSorted((a, b) => b.minutes - a.minutes)
  if (mended) await appendEvents(inOrder, false)
  else for (const event of inOrder) await appendEvents([event], event.died)
  // All of them are late from now on.
  await appendEvents([{ subscriber: 0, minutes: 0, amount: 1, died: false }], false)
  let service = await run()
  const names = serviceNodes.detect.reads.map(({ name }) => name)
  const idle = () =>
    waitFor('the service to have handled everything', async () => {
      const ends = await log.ends(names)
      const [shard] = service.shards()
      return shard && names.every((_, i) => shard.positions[i] === ends[i]?.[0]) && service.isIdle()
    })
  await idle()
  return {
    log,
    acting,
    request,
    idle,
    async restart() {
      await service.stop()
      service = await run()
      await idle()
    },
    async loseState() {
      await service.stop()
      store = createEmbeddedStore({ file: ':memory:' })
      await acceptLoss(log, store, serviceNodes.detect)
      service = await run()
      await idle()
    },
    async end() {
      await idle()
      const [processor] = service.processors()
      for (const key of subscribers) {
        const bytes = Buffer.from(key)
        if (processor?.isResident(bytes, 0, bytes.length)) continue
        processor?.admit(key, (await store.peek('detect', shardId(0), key))?.value ?? null)
      }
      const factors = subscribers.map((key) => processor?.explain(key, base)?.factors ?? null)
      const moments = (await readTopic(log, codec, topics.moments)).map(({ moment_id, at }) => `${moment_id} ${at}`)
      await service.stop()
      await log.close()
      return { factors, moments: moments.toSorted() }
    },
  }
}

test('any letters, re-run any number of times, with what breaks in the middle, leave what the mended events leave once', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(events, ops, async (given, done) => {
      const base = Math.floor(Date.now() / minute) * minute - hour
      const right = await (await world(base, given, true)).end()
      const tried = await world(base, given, false)
      for (const op of done) {
        if (op.kind === 'restart') await tried.restart()
        else if (op.kind === 'lose the state') await tried.loseState()
        else if (op.kind === 'request twice') {
          const again = (await readTopic(tried.log, codec, topics.reruns)).slice(-2)
          await tried.log.append(
            again.map((value) => ({
              topic: topics.reruns.name,
              key: value.subscriber_id,
              value: codec.encode(topics.reruns, value),
            })),
          )
        } else if (op.append === 'well') await rerunLetters(tried.acting, tried.request)
        else {
          const broken = { ...tried.acting, log: losing(tried.log, op.append) }
          await rerunLetters(broken, tried.request).catch(() => undefined)
        }
        await tried.idle()
      }
      await rerunLetters(tried.acting, tried.request)
      const letters = new Set((await readTopic(tried.log, codec, topics.deadLetters)).map((one) => one.dead_letter_id))
      expect(letters.size).toBe(given.filter(({ died }) => died).length)
      expect(await tried.end()).toEqual(right)
    }),
    { numRuns: 25 },
  )
})
