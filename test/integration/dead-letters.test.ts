import { expect, test } from 'vitest'
import { type Acting, purgeLetters, rerunLetters } from '../../services/dead-letters/act.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'
import { recentCalls } from './calls.ts'
import { createSystem, idsOf, simulated } from './system.ts'

const request = { filter: { state: 'open' as const }, limit: 500, author: 'ops', reason: 'mended', dryRun: false }

test('on Kafka: letters of a producer with wrong keys, re-run by two at once and over a kill, make the moments once', {
  timeout: 120_000,
}, async () => {
  const system = await createSystem()
  const { log, codec } = system
  const detect = await system.start('detect')
  const calls = recentCalls(Date.now() - 3_600_000, 60)
  const lost = calls.filter((_, i) => i % 3 === 0)
  const values = lost.map(({ record }) => codec.encode(topics.events.cdr, record as never))
  await log.append(values.map((value, i) => ({ topic: topics.events.cdr.name, key: `wrong-${i}`, value })))
  await log.append([{ topic: topics.events.cdr.name, key: 'x', value: Buffer.from('nonsense') }])
  await waitFor('the letters', async () => (await readTopic(log, codec, topics.deadLetters)).length > lost.length, {
    deadlineMs: 30_000,
  })
  await system.append(calls.filter((_, i) => i % 3 !== 0))

  // Two who don't see each other, and detect is killed in the middle.
  const acting: Acting = { log, codec, clock: wallClock }
  const both = await Promise.all([rerunLetters(acting, request), rerunLetters(acting, request)])
  expect(both.map(({ refused }) => refused.map(({ code }) => code))).toEqual([
    ['KM_RECORD_UNDECODABLE'],
    ['KM_RECORD_UNDECODABLE'],
  ])
  await detect.kill('SIGKILL')
  await system.start('detect')

  const right = await simulated(calls, Date.now())
  const callsOf = ({ moments }: { moments: readonly { rule: string }[] }) =>
    moments.filter(({ rule }) => rule === 'first-call').length
  await waitFor('the moments', async () => callsOf({ moments: await system.moments() }) >= callsOf(right), {
    deadlineMs: 60_000,
    everyMs: 200,
  })
  const first = (await system.moments()).filter(({ rule }) => rule === 'first-call')
  expect(new Set(idsOf(first)).size).toBe(callsOf(right))
  expect(await rerunLetters(acting, request)).toMatchObject({ done: [] })
  expect((await purgeLetters(acting, request)).done).toHaveLength(1)
  expect(await rerunLetters(acting, request)).toMatchObject({ done: [], refused: [] })
})
