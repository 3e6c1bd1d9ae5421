import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../../services/flow/documents.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { type FlowSettings, flowDefaults } from '../../services/flow/settings.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import type { Step } from '../../services/flow/step.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Receipt, Recharge } from '../../services/records/types.ts'
import { type ServiceNode, topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/** Counts recharges of a subscriber; each gives a receipt with the count, and one more an hour after the last. */
interface Counted {
  readonly count: number
  readonly due: number
  readonly adopted: readonly string[]
}

const node: ServiceNode = {
  name: 'deliver',
  doc: 'a test',
  reads: [topics.events.recharge, topics.events.complaint],
  writes: [topics.receipts, topics.deadLetters],
  adopts: [topics.receipts],
}
const hour = 3_600_000
const start = Date.parse('2026-03-02T08:00:00Z')

function countingStep(
  effects: string[] = [],
  timerFails: () => boolean = () => false,
): Step<Counted, AnyInput, AnyOutput, string, string> {
  const receipt = (subscriber: string, id: string, at: number): AnyOutput => ({
    topic: topics.receipts,
    value: {
      receipt_id: id,
      subscriber_id: subscriber,
      received_at: at,
      command_id: id,
      channel: 'sms',
      status: 'accepted',
    } as Receipt,
  })
  return {
    stateSchema: {
      type: 'record',
      name: 'Counted',
      fields: [
        { name: 'count', type: 'int' },
        { name: 'due', type: 'double' },
        { name: 'adopted', type: { type: 'array', items: 'string' } },
      ],
    },
    initial: { count: 0, due: Number.POSITIVE_INFINITY, adopted: [] },
    handle(state, input, at) {
      const { amount, subscriber_id, event_time } = input.value as Recharge
      if (amount === 666) throw new CodedError('KM_TEST_REFUSED', 'an amount that the step refuses')
      const count = state.count + 1
      const id = `${subscriber_id}-${count}`
      const known = state.adopted.includes(id)
      return {
        state: { ...state, count, due: event_time + hour },
        outputs: known ? [] : [receipt(subscriber_id, id, at.clock)],
        effects: [id],
      }
    },
    nextDue: ({ due }) => due,
    timer(state, at) {
      if (timerFails()) throw new CodedError('KM_TEST_TIMER', 'a timer that the step cannot run')
      const id = `timer-${state.count}-${at.clock}`
      return { state: { ...state, due: Number.POSITIVE_INFINITY }, outputs: [receipt('a', id, at.clock)] }
    },
    adopt: (state, { value }) => ({ ...state, adopted: [...state.adopted, (value as Receipt).receipt_id] }),
    effectResult(state, result) {
      effects.push(result)
      return { state }
    },
  }
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function engine(
  parts: {
    log?: EventLog
    store?: StateStore
    settings?: Partial<FlowSettings>
    effects?: string[]
    timerFails?: () => boolean
  } = {},
) {
  const clock = simulatedClock()
  const log = parts.log ?? createEmbeddedLog({ file: ':memory:', shards: 2, clock })
  const store = parts.store ?? createEmbeddedStore({ file: ':memory:' })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const settings = { ...flowDefaults, groupMs: 1, ...parts.settings }
  const run = async () => {
    const service = await startService<DocumentProcessor<Counted, string, string>, string, string>({
      node,
      log,
      store,
      codec,
      clock,
      settings,
      observer: silentObserver,
      createProcessor: () =>
        new DocumentProcessor<Counted, string, string>({
          step: countingStep(parts.effects, parts.timerFails),
          reads: node.reads,
          codec,
        }),
      runEffect: async (effect) => effect,
      onFailed: (error) => {
        throw error
      },
    })
    closing.push(() => service.stop())
    return service
  }
  const recharge = (subscriber: string, minutes: number, amount = 100, id = `${subscriber}${minutes}`) => ({
    topic: topics.events.recharge.name,
    key: subscriber,
    value: codec.encode(topics.events.recharge, {
      event_id: id,
      subscriber_id: subscriber,
      event_time: start + minutes * 60_000,
      source: 'test',
      amount,
      currency: 'EUR',
      method: 'app',
    }),
  })
  const read = async (topic: { name: string; schema: 'receipt' | 'dead-letter' }) => {
    const found: Record<string, unknown>[] = []
    const [ends = []] = await log.ends([topic.name])
    for (const [shard, end] of ends.entries()) {
      for await (const batch of log.read(topic.name, shard as never, 0, end)) {
        while (batch.next()) {
          found.push({ ...codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd) })
        }
      }
    }
    return found
  }
  const receipts = async () =>
    (await read({ name: topics.receipts.name, schema: 'receipt' })).map(({ receipt_id }) => String(receipt_id)).sort()
  const deadLetters = () => read({ name: topics.deadLetters.name, schema: 'dead-letter' })
  return { clock, log, store, codec, run, recharge, receipts, deadLetters }
}

test('records are handled once, with outputs and effects behind the commit, over a restart', async () => {
  const effects: string[] = []
  const { log, run, recharge, receipts } = await engine({ effects })
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
  const { clock, log, run, recharge, receipts } = await engine()
  const first = await run()
  await log.append([recharge('a', 0)])
  await waitFor('receipts', async () => (await receipts()).length === 1)
  await first.stop()
  clock.advance(start + 3 * hour)
  await run()
  await waitFor('receipts', async () => (await receipts()).length === 2)
  expect(await receipts()).toEqual(['a-1', `timer-1-${start + hour}`])
})

test('a timer that fails is a dead letter, and is tried again', async () => {
  let failures = 2
  const { clock, log, run, recharge, receipts, deadLetters } = await engine({ timerFails: () => failures-- > 0 })
  await run()
  await log.append([recharge('a', 0)])
  clock.advance(start + 3 * hour)
  await waitFor('the receipt and the timer', async () => (await receipts()).length === 2)
  const tenMinutes = 600_000
  expect(await receipts()).toEqual(['a-1', `timer-1-${start + hour + 2 * tenMinutes}`])
  expect((await deadLetters()).map(({ code, topic }) => [code, topic])).toEqual([
    ['KM_TEST_TIMER', 'timer'],
    ['KM_TEST_TIMER', 'timer'],
  ])
})

test('a deadline comes before the events behind it, the clock standing at it', async () => {
  const { log, run, recharge, receipts } = await engine()
  await log.append([recharge('a', 0), recharge('a', 90)])
  await run()
  await waitFor('receipts', async () => (await receipts()).length === 3)
  expect(await receipts()).toEqual(['a-1', 'a-2', `timer-1-${start + hour}`])
})

test('a record that cannot be handled becomes a dead letter with its bytes, and the shard goes on', async () => {
  const { log, run, recharge, receipts, deadLetters } = await engine()
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

test('state that is missing while its outputs are there is refused, and accepted by name', async () => {
  const { log, run, recharge, receipts } = await engine()
  const first = await run()
  await log.append([recharge('a', 0)])
  await waitFor('receipts', async () => (await receipts()).length === 1)
  await first.stop()

  const emptied = await engine({ log })
  const refused = await emptied.run()
  await waitFor('a refusal', () => refused.shards().some(({ fault }) => fault?.code === 'KM_STATE_MISSING'))
  await refused.stop()

  const accepted = await engine({ log, settings: { acceptStateLoss: true } })
  const again = await accepted.run()
  await waitFor('idle', () => again.isIdle())
  expect(await receipts()).toEqual(['a-1'])
})

test('memory has a limit: states leave it and come back from the store', async () => {
  const { log, run, recharge, receipts } = await engine({ settings: { memoryBytes: 2_000, groupRecords: 5 } })
  const service = await run()
  const subscribers = Array.from({ length: 40 }, (_, i) => `s${i}`)
  for (let round = 0; round < 3; round++) {
    await log.append(subscribers.map((subscriber, i) => recharge(subscriber, round * 10 + i / 100)))
    await waitFor('receipts', async () => (await receipts()).length === 40 * (round + 1))
  }
  expect(await receipts()).toEqual(subscribers.flatMap((s) => [`${s}-1`, `${s}-2`, `${s}-3`]).sort())
  const held = service.processors().reduce((bytes, processor) => bytes + processor.memoryBytes, 0)
  expect(held).toBeLessThan(2 * 2_000 + 1_000)
})

test('a store that went back to yesterday: the owner adopts its own outputs and adds nothing to them', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'state.sqlite')
  const store = createEmbeddedStore({ file })
  const { log, run, recharge, receipts } = await engine({ store })
  const first = await run()
  await log.append([recharge('a', 0), recharge('b', 1)])
  await waitFor('two receipts', async () => (await receipts()).length === 2)
  await waitFor('idle', () => first.isIdle())
  await first.stop()
  await store.close()
  await copyFile(file, `${file}.yesterday`)

  const later = await engine({ log, store: createEmbeddedStore({ file }) })
  const second = await later.run()
  await log.append([recharge('a', 2), recharge('b', 3), recharge('a', 4)])
  await waitFor('five receipts', async () => (await receipts()).length === 5)
  await second.stop()
  await later.store.close()
  await copyFile(`${file}.yesterday`, file)

  const restored = await engine({ log, store: createEmbeddedStore({ file }) })
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
  const { run, recharge, receipts } = await engine({ log })
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
