import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine, hour, start } from './counting-engine.ts'

test('records are handled once, with outputs and effects behind the commit, over a restart', async () => {
  const effects: string[] = []
  const { log, run, recharge, receipts } = await countingEngine({ effects })
  const first = await run()
  await log.append([recharge('a', 0), recharge('b', 1), recharge('a', 2)])
  await waitFor('receipts', async () => (await receipts()).length === 3)
  await first.stop()
  await log.append([recharge('a', 3)])
  await run()
  await waitFor('receipts', async () => (await receipts()).length === 4)
  expect(await receipts()).toEqual(['a-1', 'a-2', 'a-3', 'b-1'])
  await waitFor('effects', () => effects.length === 4)
})

test('a deadline fires without an event, once, at its own time, also over a restart', async () => {
  const { clock, log, run, recharge, receipts } = await countingEngine()
  const first = await run()
  await log.append([recharge('a', 0)])
  await waitFor('receipts', async () => (await receipts()).length === 1)
  await first.stop()
  clock.advance(start + 3 * hour)
  await run()
  await waitFor('receipts', async () => (await receipts()).length === 2)
  expect(await receipts()).toEqual(['a-1', `timer-1-${start + hour}`])
})

test('a deadline comes before the events behind it, the clock standing at it', async () => {
  const { log, run, recharge, receipts } = await countingEngine()
  await log.append([recharge('a', 0), recharge('a', 90)])
  await run()
  await waitFor('receipts', async () => (await receipts()).length === 3)
  expect(await receipts()).toEqual(['a-1', 'a-2', `timer-1-${start + hour}`])
})

test('a record that cannot be handled becomes a dead letter with its bytes, and the shard goes on', async () => {
  const { log, run, recharge, receipts, deadLetters } = await countingEngine()
  const topic = topics.events.recharge.name
  await log.append([
    { topic, key: 'a', value: Buffer.from('not avro') },
    { topic, key: 'a', value: Buffer.alloc(0) },
    { topic, key: 'a', value: Buffer.from([0, 0, 0, 9, 9, 1]) },
    { ...recharge('a', 0), key: 'somebody-else' },
    recharge('a', 1, 666),
    recharge('a', 2),
  ])
  await run()
  await waitFor(
    'a receipt and five dead letters',
    async () => (await receipts()).length === 1 && (await deadLetters()).length === 5,
  )
  expect((await deadLetters()).map(({ code }) => code).sort()).toEqual([
    'KM_KEY_MISMATCH',
    'KM_RECORD_UNDECODABLE',
    'KM_RECORD_UNDECODABLE',
    'KM_SCHEMA_UNKNOWN',
    'KM_TEST_REFUSED',
  ])
  const refused = (await deadLetters()).find(({ code }) => code === 'KM_TEST_REFUSED')
  expect(refused?.value).toEqual(recharge('a', 1, 666).value)
  expect(refused?.reason).toBe('an amount that the step refuses')
})

test.each([
  { what: 'outputs', bound: { groupOutputs: 30 } },
  { what: 'bytes of states', bound: { groupBytes: 200 } },
])('a group is bounded by its $what, however many records there are', async ({ bound }) => {
  const commits: number[] = []
  const { log, run, recharge, receipts } = await countingEngine({
    settings: { ...bound, stageRecords: 10, groupMs: 60_000 },
    observer: { ...silentObserver, committed: (_shard, { records }) => commits.push(sum(records)) },
  })
  const subscribers = Array.from({ length: 200 }, (_, i) => `s${i}`)
  // What a state weighs is known once it was stored.
  await log.append(subscribers.map((subscriber) => recharge(subscriber, 0)))
  const first = await run()
  await waitFor('receipts', async () => (await receipts()).length === 200)
  await first.stop()
  commits.length = 0
  await log.append(subscribers.map((subscriber) => recharge(subscriber, 1)))
  await run()
  await waitFor('all receipts', async () => (await receipts()).length === 400)
  expect(sum(commits)).toBe(200)
  expect(Math.max(...commits)).toBeLessThanOrEqual(40)
})

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

test('memory has a limit: states leave it and come back from the store', async () => {
  const { log, run, recharge, receipts } = await countingEngine({ settings: { memoryBytes: 2_000, groupRecords: 5 } })
  const service = await run()
  const subscribers = Array.from({ length: 40 }, (_, i) => `s${i}`)
  for (let round = 0; round < 3; round++) {
    await log.append(subscribers.map((subscriber, i) => recharge(subscriber, round * 10 + i / 100)))
    await waitFor('receipts', async () => (await receipts()).length === 40 * (round + 1))
  }
  expect(await receipts()).toEqual(subscribers.flatMap((s) => [`${s}-1`, `${s}-2`, `${s}-3`]).sort())
  const held = () => service.processors().reduce((bytes, processor) => bytes + processor.memoryBytes, 0)
  // The last receipt is on the log before the states that it came from are let go of.
  await waitFor('room', () => held() < 2 * 2_000 + 1_000)
})

test('a store that went back to yesterday: the owner adopts its own outputs and adds nothing to them', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'state.sqlite')
  const store = createEmbeddedStore({ file })
  const { log, run, recharge, receipts } = await countingEngine({ store })
  const first = await run()
  await log.append([recharge('a', 0), recharge('b', 1)])
  await waitFor('two receipts', async () => (await receipts()).length === 2)
  await waitFor('idle', () => first.isIdle())
  await first.stop()
  await store.close()
  await copyFile(file, `${file}.yesterday`)

  const later = await countingEngine({ log, store: createEmbeddedStore({ file }) })
  const second = await later.run()
  await log.append([recharge('a', 2), recharge('b', 3), recharge('a', 4)])
  await waitFor('five receipts', async () => (await receipts()).length === 5)
  await second.stop()
  await later.store.close()
  await copyFile(`${file}.yesterday`, file)

  const restored = await countingEngine({ log, store: createEmbeddedStore({ file }) })
  const third = await restored.run()
  await waitFor('idle', () => third.isIdle())
  expect(await receipts()).toEqual(['a-1', 'a-2', 'a-3', 'b-1', 'b-2'])
  await log.append([recharge('a', 5)])
  await waitFor('the next receipt', async () => (await receipts()).includes('a-4'))
  expect((await receipts()).length).toBe(6)
})

test('stopped at once while its outbox waits for the log, a shard lets go of nothing', async () => {
  const inner = createEmbeddedLog({ file: ':memory:', shards: 2, clock: simulatedClock() })
  let refused = 0
  let isDown = true
  const log: EventLog = {
    ...inner,
    append: async (records) => {
      if (!isDown || records.every(({ topic }) => topic !== topics.receipts.name)) return inner.append(records)
      refused++
      throw new CodedError('KM_LOG_UNAVAILABLE', 'too few replicas are in sync', { canRetry: true })
    },
  }
  const { run, recharge, receipts } = await countingEngine({ log })
  await log.append([recharge('a', 0)])
  for (const beginning of ['first', 'next owner', 'and the next']) {
    const before = refused
    const service = await run()
    await waitFor(`the ${beginning} to offer the receipt`, () => refused > before)
    await service.stop(10)
  }
  isDown = false
  await run()
  await waitFor('the receipt', async () => (await receipts()).length > 0)
  expect(await receipts()).toEqual(['a-1'])
})
