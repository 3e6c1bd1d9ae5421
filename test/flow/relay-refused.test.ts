import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import type { ShardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { Relay } from '../../services/flow/relay.ts'
import { topics } from '../../services/topology.ts'

const shard = 0 as ShardId
const topic = topics.moments.name

/** A log that never takes a record with this value. */
function refusing(value: string): EventLog {
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock: simulatedClock() })
  return {
    ...log,
    append: async (records) => {
      if (records.some((record) => Buffer.from(record.value).toString() === value)) {
        throw new CodedError('KM_RECORD_TOO_LARGE', 'a record is larger than the topic takes')
      }
      return log.append(records)
    },
  }
}

const relayTo = (log: EventLog) =>
  new Relay(log, shard, [], new AbortController().signal, { relayedThrough: 0, ends: new Map() }, () => undefined)

const row = (value: string) => [{ topic, key: 'a', value: Buffer.from(value) }]

test('behind an output that the log will never take nothing leaves, so that its row is not let go of', async () => {
  const log = refusing('too large')
  const relay = relayTo(log)
  const sent = await Promise.allSettled([
    relay.send(1, row('first')),
    relay.send(2, row('too large')),
    relay.send(3, row('third')),
  ])
  expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(relay.relayedThrough).toBe(1)
  expect(await log.ends([topic])).toEqual([[1]])
})

/** Vitest fails a file in which a rejection goes unhandled, as Node ends the process. */
test('an output that the log will never take is told to who sent it, and ends no process', async () => {
  const relay = relayTo(refusing('too large'))
  await expect(relay.send(1, row('too large'))).rejects.toMatchObject({ code: 'KM_RECORD_TOO_LARGE' })
  await new Promise((resolve) => setImmediate(resolve))
})
