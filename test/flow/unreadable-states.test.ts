import { expect, test } from 'vitest'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { type FlowObserver, silentObserver } from '../../services/flow/observer.ts'
import { shardOf } from '../../services/flow/partition.ts'
import { nodeScheduler, type Scheduler } from '../../services/flow/scheduler.ts'
import { StateSchemas } from '../../services/flow/state-schemas.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import type { RecordSchema } from '../../services/records/schemas.ts'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine } from './counting-engine.ts'

const schema = (fields: Readonly<Record<string, unknown>>) =>
  ({
    type: 'record',
    name: 'Counted',
    fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
  }) as RecordSchema

const note = (...schemas: readonly unknown[]) => JSON.stringify(schemas.map((one) => JSON.stringify(one)))

test.each([
  [
    'a field of another type',
    note(schema({ count: 'string', more: 'int' })),
    /\(0, Counted, .*: field count: cannot read "string" as "int"; run the/,
  ],
  ['a field that is missing', note(schema({})), /\(0, Counted, .*no matching field for default-less/],
  ['another name', note({ ...schema({ count: 'int' }), name: 'Other' }), /\(0, Other, fingerprint [0-9a-f]{8}\)/],
  ['what is no schema', note({ type: 'riddle', name: 'Riddle' }), /\(0, Riddle, .*unknown type/],
  ['one of several', note(schema({ count: 'int' }), schema({ count: 'bytes' })), /\(1, Counted, .*field count/],
  ['a damaged note', '["{', /the note of its states' schemas is damaged/],
])('states of %s are refused before anything is touched', (_, stored, message) => {
  const schemas = new StateSchemas(schema({ count: 'int' }))
  const before = schemas.note
  expect(() => schemas.restore(stored)).toThrow(
    expect.objectContaining({ code: 'KM_STATE_UNREADABLE', message: expect.stringMatching(message) }),
  )
  expect(schemas.note).toBe(before)
})

test.each([
  [
    'a schema that the shard has not noted',
    Buffer.from([7, 2]),
    /the state of subscriber-1 names schema 7; the shard knows 0 to 0/,
  ],
  ['no schema', Buffer.alloc(0), /the state of subscriber-1 names schema NaN/],
  ['less than its schema says', Buffer.from([0]), /the state of subscriber-1 is not of its schema \(0, Counted, /],
])('a state of %s is refused, and it is told whose it is', (_, value, message) => {
  const schemas = new StateSchemas(schema({ count: 'int' }))
  expect(schemas.decode('subscriber-1', Buffer.from([0, 2]))).toEqual({ count: 1 })
  expect(() => schemas.decode('subscriber-1', value)).toThrow(
    expect.objectContaining({ code: 'KM_STATE_UNREADABLE', message: expect.stringMatching(message) }),
  )
})

test('a damaged state stops its shard and no other; it is told once, stays told, and is tried ever more seldom', async () => {
  const log = createEmbeddedLog({ file: ':memory:', shards: 2, clock: simulatedClock() })
  const inner = createEmbeddedStore({ file: ':memory:' })
  let isDamaged = true
  const store: StateStore = {
    ...inner,
    async claim(service, shard, signal) {
      const claimed = await inner.claim(service, shard, signal)
      const load: typeof claimed.load = async (keys) => {
        const values = await claimed.load(keys)
        return values.map((value, i) => (value && isDamaged && keys[i] === 'a' ? value.subarray(0, 1) : value))
      }
      return { ...claimed, load }
    },
  }
  const failed: boolean[] = []
  const waits: number[] = []
  const observer: FlowObserver = {
    ...silentObserver,
    failed: (_, __, again) => failed.push(again),
  }
  const scheduler: Scheduler = {
    ...nodeScheduler,
    wait(ms, signal) {
      if (ms >= 100) waits.push(ms)
      return nodeScheduler.wait(ms, signal)
    },
  }
  const engine = await countingEngine({ log, store, observer, scheduler })
  const { recharge, receipts } = engine
  const shard = shardOf('a', 2)
  const other = ['b', 'c', 'd'].find((subscriber) => shardOf(subscriber, 2) !== shard) ?? ''
  const first = await engine.run()
  await log.append([recharge('a', 0), recharge(other, 0)])
  await waitFor('receipts', async () => (await receipts()).length === 2)
  await first.stop()

  const service = await engine.run()
  await log.append([recharge('a', 1), recharge(other, 1)])
  await waitFor('the first refusal', () => failed.length > 0)
  const reasons = new Set<string>()
  await waitFor('four more', () => {
    const { fault } = service.shards().find((one) => one.shard === shard) ?? {}
    reasons.add(`${fault?.code} ${fault?.message}`)
    return failed.length === 5
  })
  expect([...reasons]).toEqual([
    expect.stringMatching(/^KM_STATE_UNREADABLE deliver, shard \d: the state of a is not of its schema \(0, Counted, /),
  ])
  expect(service.shards().filter(({ fault }) => fault)).toHaveLength(1)
  expect(failed).toEqual([false, true, true, true, true])
  expect(waits.slice(0, 4)).toEqual([100, 200, 400, 800])
  expect(await receipts()).toEqual(['a-1', `${other}-1`, `${other}-2`])

  isDamaged = false
  await waitFor('what waited', async () => (await receipts()).includes('a-2'))
  await waitFor('health', () => service.shards().every(({ fault, state }) => !fault && state === 'running'))
})
