import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { type OwnCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { copies, profiles, recentCalls } from './calls.ts'
import { waitForAll } from './differences.ts'
import { createSystem, distinct, idsOf, type System, simulated } from './system.ts'

const minutes = 60_000
const shards = [0, 1, 2, 3]

test('a fourth node joins a Redis Cluster of three, slots move to it under load, and one of the three leaves: nothing lost, nothing doubled', {
  timeout: 6 * minutes,
}, async () => {
  const cluster = await startRedisCluster()
  const now = Date.now()
  const calls = copies(recentCalls(now), 4)
  const events = [...profiles(calls), ...calls]
  const expected = await simulated(events, now)
  const commands = expected.decisions.filter(({ outcome }) => outcome === 'command')
  expect(commands.length).toBeGreaterThan(100)

  const system = await createSystem({ redis: { url: cluster.url, prefix: '', cluster: true } })
  for (const service of ['deliver', 'decide', 'detect'] as const) await system.start(service)
  await system.append(events.slice(0, 4_000))
  const before = await owners(cluster)

  const fourth = await cluster.join()
  const moving = rebalance(cluster, fourth.address)
  await feedWhile(moving, system, events.slice(4_000))
  const after = await moving
  expect(moved(before, after.joined), 'slots of shards that went to the new node').toBeGreaterThan(0)
  expect(moved(after.joined, after.left), 'slots of shards that left the old one').toBeGreaterThan(0)

  const areAll = async () =>
    distinct(idsOf(await system.moments())).length >= expected.moments.length &&
    distinct(await commandIds(system)).length >= commands.length
  await waitForAll('all moments and commands', areAll, { system, expected, deadlineMs: 2 * minutes, everyMs: 500 })
  expect(distinct(idsOf(await system.moments()))).toEqual(idsOf(expected.moments))
  expect(distinct(await commandIds(system)).length).toBe(commands.length)
  expect(await readTopic(system.log, system.codec, topics.deadLetters)).toEqual([])
})

/** As docs/scale.md says: the new master gets its share, then the first gives up all of its own. */
async function rebalance(cluster: OwnCluster, joined: string) {
  await cluster.admin('rebalance', '--cluster-use-empty-masters', '--cluster-pipeline', '100')
  const shares = await owners(cluster)
  expect([...shares.values()]).toContain(joined)
  await cluster.admin('rebalance', '--cluster-weight', `${cluster.masters[0]?.id}=0`, '--cluster-pipeline', '100')
  return { joined: shares, left: await owners(cluster) }
}

/** Where the slot of each shard's state is. */
async function owners(cluster: OwnCluster): Promise<Map<string, string>> {
  const names = ['detect', 'decide', 'deliver'].flatMap((service) => shards.map((shard) => `${service}.${shard}`))
  return new Map(
    await Promise.all(names.map(async (name) => [name, await cluster.ownerOf(`km:{${name}}:meta`)] as const)),
  )
}

const moved = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number =>
  [...before].filter(([name, owner]) => after.get(name) !== owner).length

/** Feeds piece by piece for as long as something else goes on, and the rest at once. */
async function feedWhile(other: Promise<unknown>, system: System, events: readonly ReadEvent[]): Promise<void> {
  let isOver = false
  const over = other.finally(() => {
    isOver = true
  })
  over.catch(() => undefined)
  const piece = 200
  for (let from = 0; from < events.length; from += piece) {
    await system.append(events.slice(from, from + piece))
    if (!isOver) await Promise.race([over, sleep(100)])
  }
}

async function commandIds(system: System): Promise<string[]> {
  const commands = await readTopic(system.log, system.codec, topics.commands.sms)
  return commands.map(({ command_id }) => command_id)
}
