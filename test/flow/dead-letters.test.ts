import { expect, test } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { DeadLetters } from '../../services/flow/dead-letters.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { serviceNodes } from '../../services/topology.ts'

test('timers of two subscribers that fail in one group are two dead letters, and one is one', async () => {
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const ids: string[] = []
  const letters = new DeadLetters(
    { node: serviceNodes.decide, shard: shardId(0), codec, clock: simulatedClock(), observer: silentObserver },
    {
      clock: 0,
      emit: (_topic, _key, value) =>
        ids.push(codec.decode('dead-letter', Buffer.from(value), 0, value.length).dead_letter_id),
    },
  )
  for (const subscriber of ['a', 'b', 'a']) letters.ofKey(subscriber, 'timer', 7, new Error('a defect'))
  expect(ids[0]).not.toBe(ids[1])
  expect(ids[0]).toBe(ids[2])
})
