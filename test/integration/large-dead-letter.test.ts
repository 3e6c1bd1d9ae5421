import { expect, test } from 'vitest'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'
import { recentCalls } from './calls.ts'
import { createSystem } from './system.ts'

test('a record as large as Kafka takes becomes a dead letter with all its bytes, and the shard goes on', {
  timeout: 60_000,
}, async () => {
  const system = await createSystem()
  await system.start('detect')
  const key = 'phone-1'
  const value = Buffer.alloc(1_048_576 - 600, 7)
  await system.log.append([{ topic: topics.events.cdr.name, key, value }])
  const calls = recentCalls(Date.now(), 50)
  await system.append(calls)
  const letters = () => readTopic(system.log, system.codec, topics.deadLetters)
  const [letter] = await waitFor('the dead letter', async () => {
    const found = await letters()
    return found.length > 0 && found
  })
  expect(letter?.code).toBe('KM_RECORD_UNDECODABLE')
  expect(letter?.value.equals(value)).toBe(true)
  const callers = new Set(calls.map(({ record }) => record.subscriber_id))
  const first = async () => (await system.moments()).filter(({ rule }) => rule === 'first-call').length
  await waitFor('moments of the records behind it', async () => (await first()) === callers.size, { everyMs: 200 })
})
