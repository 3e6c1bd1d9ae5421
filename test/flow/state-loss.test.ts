import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { shardOf } from '../../services/flow/partition.ts'
import { decodeProgress } from '../../services/flow/progress.ts'
import type { ShardReport } from '../../services/flow/service.ts'
import type { ShardStore, StateStore } from '../../services/flow/state-store.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'
import { acceptLoss } from './accept-loss.ts'
import { countingEngine, countingNode, hour, start } from './counting-engine.ts'

const subscribers = ['a', 'b', 'c', 'd', 'e', 'f']
const shards = 2
/** Those of the subscribers' shards that have anything at all. */
const used = new Set(subscribers.map((subscriber) => shardOf(subscriber, shards)))

/** A log of that many shards whose time of day is set by hand. */
function timedLog() {
  let time = start
  const log = createEmbeddedLog({ file: ':memory:', shards, clock: { ...simulatedClock(), now: () => time } })
  const pass = (millis: number) => {
    time += millis
  }
  return { log, pass }
}

/** A log on which each subscriber has had two recharges and their receipts; its state is lost. */
async function lost() {
  const { log, pass } = timedLog()
  const first = await countingEngine({ log })
  const service = await first.run()
  const { recharge, receipts } = first
  for (const minute of [0, 1]) {
    await log.append(subscribers.map((subscriber, i) => recharge(subscriber, minute + i / 100)))
    await waitFor('receipts', async () => (await receipts()).length === (minute + 1) * subscribers.length)
  }
  await waitFor('idle', () => service.isIdle())
  await service.stop()
  return { log, pass, recharge, receipts, expected: await receipts() }
}

const faults = async ({ run }: Awaited<ReturnType<typeof countingEngine>>) => {
  const service = await run()
  await waitFor('a refusal', () => service.shards().filter(({ fault }) => fault).length === used.size)
  const codes = service.shards().flatMap(({ fault }) => (fault ? [fault] : []))
  await service.stop()
  return codes
}

test('an empty store under topics with history refuses to start, says what to do, and begins anew once told to', async () => {
  const { log, recharge, receipts, expected } = await lost()
  const emptied = await countingEngine({ log })
  for (const { code, message } of await faults(emptied)) {
    expect({ code, message }).toEqual({
      code: 'KM_STATE_MISSING',
      message: expect.stringMatching(/the log has all of it\); run keymoment restore/),
    })
  }
  expect(await acceptLoss(log, emptied.store)).toEqual(expect.arrayContaining(['state']))
  expect(await acceptLoss(log, emptied.store)).toEqual(['none', 'none'])
  const again = await emptied.run()
  await waitFor('idle', () => again.isIdle())
  expect(await receipts()).toEqual(expected)
  await log.append(subscribers.map((subscriber) => recharge(subscriber, 5)))
  await waitFor('a third of each', async () => (await receipts()).length === 3 * subscribers.length)
  expect(await receipts()).toEqual(subscribers.flatMap((s) => [`${s}-1`, `${s}-2`, `${s}-3`]).sort())
})

test('so does one whose workers try again and again meanwhile: they go on by themselves', async () => {
  const { log, receipts, expected } = await lost()
  const emptied = await countingEngine({ log })
  const waiting = await emptied.run()
  await waitFor('refusals', () => waiting.shards().filter(({ fault }) => fault).length === used.size)
  await acceptLoss(log, emptied.store)
  await waitFor('work', () => waiting.shards().every(({ state }) => state === 'running'))
  await waitFor('idle', () => waiting.isIdle())
  expect(await receipts()).toEqual(expected)
})

test('a store that is emptied while there is nothing to do is noticed', async () => {
  const { log } = await countingEngine()
  let isEmptied = false
  const inner = createEmbeddedStore({ file: ':memory:' })
  const store: StateStore = {
    ...inner,
    async claim(service, shard, signal) {
      const claimed = await inner.claim(service, shard, signal)
      const commit: ShardStore['commit'] = async (group) => {
        if (isEmptied) throw new CodedError('KM_STATE_ROLLED_BACK', 'emptied')
        await claimed.commit(group)
      }
      return { ...claimed, commit }
    },
  }
  const faults = (shards: readonly ShardReport[]) => shards.map(({ fault }) => fault?.code)
  const proving = await countingEngine({ log, store, settings: { proofMs: 20, idleMs: 10 } })
  const service = await proving.run()
  await waitFor('idle', () => service.isIdle())
  isEmptied = true
  await waitFor('notice', () => faults(service.shards()).every((code) => code === 'KM_STATE_ROLLED_BACK'))
})

test('inputs whose beginning retention has dropped are history, though nothing was ever put out', async () => {
  const { log, pass } = timedLog()
  const engine = await countingEngine({ log })
  await log.append(subscribers.map((subscriber) => engine.recharge(subscriber, 0)))
  pass(hour)
  await log.retain({ maxAgeMs: 0 })
  for (const { code, message } of await faults(engine)) {
    expect({ code, message }).toEqual({
      code: 'KM_STATE_MISSING',
      message: expect.stringMatching(/only the newer part of km\.events\.recharge/),
    })
  }
})

test('what was put out and is forgotten is remembered as forgotten: since when the log has everything', async () => {
  const { log, pass, recharge, expected } = await lost()
  pass(hour)
  await log.retain({ maxAgeMs: 0 })
  pass(hour)
  const { value } = recharge('a', 0)
  await log.append([{ topic: topics.receipts.name, key: 'a', value }])
  const store = createEmbeddedStore({ file: ':memory:' })
  await acceptLoss(log, store)
  expect(expected.length).toBeGreaterThan(0)
  const of = async (key: string) => {
    const found = await store.peek(countingNode.name, shardOf(key, shards), key)
    return decodeProgress(found?.progress ?? '').genesis
  }
  const other = subscribers.find((subscriber) => shardOf(subscriber, shards) !== shardOf('a', shards)) ?? ''
  expect(await of('a')).toEqual({ at: start, by: 'somebody', reason: 'a test', knownSince: start + 2 * hour })
  expect(await of(other)).toMatchObject({ knownSince: start })
})

test('a state that is older than what the log keeps is refused, and goes on without what is gone once told to', async () => {
  const { log, pass } = timedLog()
  const engine = await countingEngine({ log })
  const { recharge, receipts } = engine
  const first = await engine.run()
  await log.append(subscribers.map((subscriber, i) => recharge(subscriber, i / 100)))
  await waitFor('idle', () => first.isIdle())
  await first.stop()
  await log.append(subscribers.map((subscriber) => recharge(subscriber, 1)))
  pass(hour)
  await log.retain({ maxAgeMs: 0 })
  for (const { code, message } of await faults(engine)) {
    expect({ code, message }).toEqual({
      code: 'KM_LOG_GAP',
      message: expect.stringMatching(
        /shard \d: .* km\.events\.recharge, offsets \d to \d \(\d records\)\. .*--accept-loss REASON/,
      ),
    })
  }
  expect((await acceptLoss(log, engine.store)).filter((kind) => kind === 'gap')).toHaveLength(used.size)
  await engine.run()
  await log.append(subscribers.map((subscriber) => recharge(subscriber, 2)))
  await waitFor('the next of each', async () => (await receipts()).length >= subscribers.length)
  // What is gone was never counted: a subscriber's third recharge is the second that was seen.
  expect(await receipts()).toEqual(expect.arrayContaining(subscribers.map((subscriber) => `${subscriber}-2`)))
})

test('records that retention drops while a shard is at work stop it: what came before is kept, what came behind waits', async () => {
  const { log, pass } = timedLog()
  const inner = createEmbeddedStore({ file: ':memory:' })
  let gate = Promise.resolve()
  const store: StateStore = {
    ...inner,
    async claim(service, shard, signal) {
      const claimed = await inner.claim(service, shard, signal)
      return { ...claimed, commit: (group) => gate.then(() => claimed.commit(group)) }
    },
  }
  const slow = { queueRecords: 2, groupRecords: 1, commitsInFlight: 1, stageRecords: 1 }
  const engine = await countingEngine({ log, store, settings: slow })
  const { recharge, receipts } = engine
  const service = await engine.run()
  await log.append([recharge('a', 0)])
  await waitFor('the first', async () => (await receipts()).length === 1)
  const held = Promise.withResolvers<void>()
  gate = held.promise
  // One append each: a batch is held as a whole.
  for (let i = 1; i < 20; i++) await log.append([recharge('a', i)])
  const shard = shardOf('a', shards)
  await waitFor('a pause', () => service.waitingBytes() > 0)
  pass(hour)
  await log.retain({ maxAgeMs: 0 })
  await log.append([recharge('a', 30)])
  held.resolve()
  const fault = await waitFor('a refusal', () => service.shards().find((report) => report.shard === shard)?.fault)
  expect(fault.code).toBe('KM_LOG_GAP')
  const [, from, to, records] =
    fault.message.match(/km\.events\.recharge, offsets (\d+) to (\d+) \((\d+) records\)/) ?? []
  expect(Number(to)).toBe(19)
  expect(Number(records)).toBe(20 - Number(from))
  // All that was read before is done, its outputs have left, and nothing behind it was begun.
  expect((await receipts()).at(-1)).toBe(`a-${from}`)
  expect(Number(from)).toBeLessThan(10)
  expect(await acceptLoss(log, store)).toContain('gap')
  await waitFor('what lies behind', async () => (await receipts()).at(-1) === `a-${Number(from) + 1}`)
})

test('a store that has all its state is left alone', async () => {
  const engine = await countingEngine()
  const service = await engine.run()
  await engine.log.append(subscribers.map((subscriber) => engine.recharge(subscriber, 0)))
  await waitFor('idle', () => service.isIdle())
  expect(await acceptLoss(engine.log, engine.store)).toEqual(['none', 'none'])
  const stored = await engine.store.peek(countingNode.name, shardId(0), 'a')
  expect(decodeProgress(stored?.progress ?? '').genesis).toBeUndefined()
})
