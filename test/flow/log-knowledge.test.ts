import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import type { EventLog, RecordSink } from '../../services/flow/event-log.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine, hour, start } from './counting-engine.ts'

/** A log whose feed delivers nothing for a while, as to a process that was suspended; and which may not answer. */
function suspendableLog() {
  const inner = createEmbeddedLog({ file: ':memory:', shards: 2, clock: simulatedClock() })
  let held: (() => void)[] | undefined
  const state = { isAway: false, asked: 0 }
  const holding = (sink: RecordSink): RecordSink => ({
    push(topic, batch) {
      if (held) held.push(() => sink.push(topic, batch))
      else sink.push(topic, batch)
    },
  })
  const log: EventLog = {
    ...inner,
    async ends(topics, signal) {
      state.asked++
      if (state.isAway) throw new CodedError('KM_LOG_UNAVAILABLE', 'a test', { canRetry: true })
      return inner.ends(topics, signal)
    },
    join: (options) =>
      inner.join({
        ...options,
        assigned: (shard, feed) =>
          options.assigned(shard, { ...feed, start: (positions, sink) => feed.start(positions, holding(sink)) }),
      }),
  }
  const suspend = () => {
    held = []
  }
  const wake = () => {
    const late = held ?? []
    held = undefined
    for (const deliver of late) deliver()
  }
  return { log, state, suspend, wake }
}

test.each([false, true])(
  'a process that was suspended reads what came meanwhile before its clock goes on (the log away at first: %s)',
  async (isAway) => {
    const { log, state, suspend, wake } = suspendableLog()
    let retries = 0
    const observer = { ...silentObserver, retrying: () => void retries++ }
    const { clock, run, recharge, receipts } = await countingEngine({ log, observer })
    await run()
    await log.append([recharge('a', 0)])
    clock.advance(start + 60_000)
    await waitFor('the first receipt', async () => (await receipts()).length === 1)
    suspend()
    await log.append([recharge('a', 30)])
    state.isAway = isAway
    const { asked } = state
    clock.advance(start + 80 * 60_000)
    await waitFor('that it asks the log', () => state.asked > asked + 2)
    expect(retries > 0).toBe(isAway)
    state.isAway = false
    expect(await receipts()).toEqual(['a-1'])
    wake()
    await waitFor('the second receipt', async () => (await receipts()).length === 2)
    clock.advance(start + 2 * hour)
    await waitFor('the deadline', async () => (await receipts()).length === 3)
    expect(await receipts()).toEqual(['a-1', 'a-2', `timer-2-${start + 1.5 * hour}`])
  },
)
