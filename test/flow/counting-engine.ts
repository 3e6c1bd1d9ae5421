import { onTestFinished } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../../services/flow/documents.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { type FlowObserver, silentObserver } from '../../services/flow/observer.ts'
import type { Scheduler } from '../../services/flow/scheduler.ts'
import { startService } from '../../services/flow/service.ts'
import { type FlowSettings, flowDefaults } from '../../services/flow/settings.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import type { Step } from '../../services/flow/step.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Receipt, Recharge } from '../../services/records/types.ts'
import { type ServiceNode, topics } from '../../services/topology.ts'

/** Counts recharges of a subscriber; each gives a receipt with the count, and one more an hour after the last. */
interface Counted {
  readonly count: number
  readonly due: number
  readonly adopted: readonly string[]
}

export const countingNode: ServiceNode = {
  name: 'deliver',
  doc: 'a test',
  reads: [topics.events.recharge, topics.events.complaint],
  writes: [topics.receipts, topics.deadLetters],
  adopts: [topics.receipts],
}
export const hour = 3_600_000
export const start = Date.parse('2026-03-02T08:00:00Z')

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

/** A service that counts, over a log and a store in memory unless others are given; each `run` ends with the test. */
export async function countingEngine(
  parts: {
    log?: EventLog
    store?: StateStore
    settings?: Partial<FlowSettings>
    effects?: string[]
    timerFails?: () => boolean
    observer?: FlowObserver
    scheduler?: Scheduler
    runEffect?: (effect: string) => Promise<string>
  } = {},
) {
  const clock = simulatedClock()
  const log = parts.log ?? createEmbeddedLog({ file: ':memory:', shards: 2, clock })
  const store = parts.store ?? createEmbeddedStore({ file: ':memory:' })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const settings = { ...flowDefaults, groupMs: 1, ...parts.settings }
  const run = async () => {
    const service = await startService<DocumentProcessor<Counted, string, string>, string, string>({
      node: countingNode,
      log,
      store,
      codec,
      clock,
      settings,
      observer: parts.observer ?? silentObserver,
      scheduler: parts.scheduler,
      createProcessor: () =>
        new DocumentProcessor<Counted, string, string>({
          step: countingStep(parts.effects, parts.timerFails),
          reads: countingNode.reads,
          codec,
        }),
      runEffect: parts.runEffect ?? (async (effect) => effect),
      onFailed: (error) => {
        throw error
      },
    })
    onTestFinished(() => service.stop())
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
