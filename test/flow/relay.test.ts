import { expect, test } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { shardOf } from '../../services/flow/partition.ts'
import { Relay } from '../../services/flow/relay.ts'
import { topics } from '../../services/topology.ts'

const key = 's-1'

test('the ends of a commit that is half on the log are not told before all of it is', async () => {
  const log = createEmbeddedLog({ file: ':memory:', shards: 2 })
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const slow: EventLog = {
    ...log,
    async append(records) {
      if (records[0]?.topic === topics.decisions.name) {
        reached.resolve()
        await gate.promise
      }
      return log.append(records)
    },
  }
  const ends = new Map<string, number>()
  const shard = shardId(shardOf(Buffer.from(key), 2))
  const signal = new AbortController().signal
  const relay = new Relay(slow, shard, [topics.decisions], signal, { relayedThrough: 0, ends }, () => undefined)
  const value = Buffer.from('x')
  const sent = relay.send(1, [
    { topic: topics.decisions.name, key, value },
    { topic: topics.commands.sms.name, key, value },
  ])
  await reached.promise
  // A commit now keeps the row of commit 1 and these ends: a take-over must find the command behind them.
  expect({ through: relay.relayedThrough, ends: [...relay.ends] }).toEqual({ through: 0, ends: [] })
  gate.resolve()
  expect(await sent).toBe(true)
  expect({ through: relay.relayedThrough, ends: Object.fromEntries(relay.ends) }).toEqual({
    through: 1,
    ends: { [topics.commands.sms.name]: 1, [topics.decisions.name]: 1 },
  })
  await log.close()
})
