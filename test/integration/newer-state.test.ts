import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import type { Child } from '../support/child-process.ts'
import { servers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { profiles, recentCalls } from './calls.ts'
import { createSystem } from './system.ts'

const minutes = 60_000
const deadlineMs = 90_000
const later = join(import.meta.dirname, 'newer-decide.ts')

async function get(child: Child, path: string): Promise<string> {
  const [, url] = await child.waitForLine(/"url":"(http[^"]+)"/)
  return (await fetch(url + path)).text()
}

const problems = async (child: Child): Promise<readonly { code: string; reason: string }[]> =>
  JSON.parse(await get(child, '/readyz')).problems ?? []

/** The value of a metric whose name and labels begin so; 0: it has none. */
async function metric(child: Child, name: string): Promise<number> {
  const line = (await get(child, '/metrics')).split('\n').find((one) => one.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test('states that a later decide wrote are refused by today’s: by name, once a shard, and touching nothing; the later one goes on', {
  timeout: 6 * minutes,
}, async () => {
  const calls = recentCalls(Date.now(), 1_400)
  const events = [...profiles(calls), ...calls] as ReadEvent[]
  const system = await createSystem({ events: { feed_pause_ms: 600_000 }, flow: { proof_ms: 1_000 } })
  await system.start('detect')
  const decided = async () => (await readTopic(system.log, system.codec, topics.decisions)).length
  const redis = new Redis(servers.redisUrl)
  onTestFinished(() => redis.disconnect())
  /** What the shards have stored, but for who claimed them. */
  const stored = async () => {
    const keys = (await redis.keys(`${system.prefix}km:{decide.*`)).sort()
    const dumps = await Promise.all(
      keys.map(async (key) => (key.endsWith(':meta') ? redis.hmget(key, 's', 'p', 'm') : redis.dumpBuffer(key))),
    )
    return new Map(keys.map((key, i) => [key, dumps[i]]))
  }

  const newer = await system.start('decide', { NODE_OPTIONS: `--import ${later}` })
  const first = Math.round(0.7 * events.length)
  await system.append(events.slice(0, first))
  await waitFor('decisions', async () => (await decided()) > 20, { deadlineMs })
  await newer.kill('SIGTERM')
  const before = await stored()
  expect(before.size).toBeGreaterThan(8)
  const decisions = await decided()
  await system.append(events.slice(first))

  const today = await system.start('decide')
  const retries = 'keymoment_retries_total{service="decide",code="KM_STATE_UNREADABLE"}'
  await waitFor('several attempts of each', async () => (await metric(today, retries)) >= 12, { deadlineMs })
  const why =
    /decide, shard \d: its states are of a schema that this version cannot read \(0, DecideState, fingerprint [0-9a-f]{8}\): field facts: .*; run the version that wrote it/
  expect(await problems(today)).toEqual(
    new Array(4).fill({ code: 'KM_STATE_UNREADABLE', reason: expect.stringMatching(why) }),
  )
  await waitFor(
    'the gauge',
    async () => (await metric(today, 'keymoment_shards_waiting{service="decide",code="KM_STATE_UNREADABLE"}')) === 4,
    { deadlineMs },
  )
  const told = today
    .output()
    .split('\n')
    .filter((line) => line.includes('KM_STATE_UNREADABLE'))
  expect(told.map((line) => JSON.parse(line)).map(({ msg, level }) => ({ msg, level }))).toEqual(
    new Array(4).fill({ msg: 'shard waits', level: expect.anything() }),
  )
  await today.kill('SIGTERM')
  expect(await stored()).toEqual(before)
  expect(await decided()).toBe(decisions)

  const back = await system.start('decide', { NODE_OPTIONS: `--import ${later}` })
  await waitFor('more decisions', async () => (await decided()) > decisions, { deadlineMs })
  expect(await problems(back)).toEqual([])
})
