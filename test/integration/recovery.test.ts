import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { type OwnRedis, startRedis } from '../flow/adapters/redis/own-redis.ts'
import { type Child, startChild } from '../support/child-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { profiles, recentCalls } from './calls.ts'
import { createSystem, idsOf, type System, simulated } from './system.ts'

const run = promisify(execFile)
const minutes = 60_000
const deadlineMs = 90_000
const entrance = join(import.meta.dirname, '..', '..', 'bin', 'keymoment.js')

/** `keymoment restore` with the settings of the system; what it prints. */
async function restore(system: System, ...options: string[]): Promise<Record<string, unknown>> {
  const child = await startChild(process.execPath, [
    entrance,
    'restore',
    '--config',
    system.config,
    '--json',
    ...options,
  ])
  const { code } = await child.exited
  expect({ code, output: code === 0 ? '' : child.output() }).toEqual({ code: 0, output: '' })
  return JSON.parse(child.stdout())
}

/** What lies on the log and at the SMSC, each by what may be there once. */
async function done({ log, codec }: System, taken: () => readonly { destination: string; text: string }[]) {
  const sorted = async <T>(topic: Promise<readonly T[]>, id: (value: T) => string) => (await topic).map(id).sort()
  return {
    moments: await sorted(readTopic(log, codec, topics.moments), ({ moment_id }) => moment_id),
    decisions: await sorted(readTopic(log, codec, topics.decisions), ({ decision_id }) => decision_id),
    commands: await sorted(readTopic(log, codec, topics.commands.sms), ({ command_id }) => command_id),
    attempts: await sorted(readTopic(log, codec, topics.attempts), ({ attempt_id }) => attempt_id),
    receipts: await sorted(
      readTopic(log, codec, topics.receipts),
      ({ command_id, status }) => `${command_id} ${status}`,
    ),
    texts: taken()
      .map(({ destination, text }) => `${destination} ${text}`)
      .sort(),
  }
}

/** Deletes the state of one service, as if it had never been. */
async function lose(redis: OwnRedis, service: string): Promise<void> {
  const client = new Redis(redis.url)
  const keys = await client.keys(`km:{${service}.*`)
  expect(keys.length).toBeGreaterThan(4)
  await client.del(keys)
  await client.quit()
}

const services = ['deliver', 'decide', 'detect'] as const

/** Three services at work on a Redis of their own, and an SMSC. */
async function working(redis: OwnRedis) {
  const smsc = await startSmsc()
  const system = await createSystem({
    redis: { url: redis.url },
    sms: { channel: 'smpp' },
    smpp: { url: smsc.url, per_second: 2_000, window: 50, sender: 'Keymoment' },
    // Pieces of history come minutes apart: that is no silence.
    events: { feed_pause_ms: 600_000 },
    flow: { proof_ms: 1_000 },
  })
  const children = new Map<string, Child>()
  for (const service of services) children.set(service, await system.start(service))
  return { system, smsc, children }
}

const refusals = (child: Child | undefined): number => child?.output().match(/KM_STATE_MISSING/g)?.length ?? 0

test('total loss of Redis, and of the state of each service alone: from the log alone and from a snapshot, by one command', {
  timeout: 8 * minutes,
}, async () => {
  const now = Date.now()
  const calls = recentCalls(now, 1_400)
  const events = [...profiles(calls), ...calls]
  const folder = temporaryFolder()
  const redis = await startRedis(folder)
  const { system, smsc, children } = await working(redis)
  const taken = smsc.taken
  const { log, codec } = system

  let appended = 0
  /** The next share of the events; resolves when everything that they lead to has been done. */
  async function feed(share: number): Promise<void> {
    const to = Math.round(share * events.length)
    await system.append(events.slice(appended, to) as ReadEvent[])
    appended = to
    await restore(system, '--wait')
    await settled()
  }
  const settled = () =>
    waitFor(
      'a receipt of every command, and a text of each',
      async () => {
        const commands = await readTopic(log, codec, topics.commands.sms)
        const told = new Set((await readTopic(log, codec, topics.receipts)).map(({ command_id }) => command_id))
        return commands.length > 0 && commands.every(({ command_id }) => told.has(command_id))
      },
      { deadlineMs, everyMs: 500 },
    )

  await feed(0.4)
  const snapshot = join(folder, 'yesterday.rdb')
  await run('redis-cli', ['-u', redis.url, '--rdb', snapshot])

  const ways = [
    ['detect', false],
    ['decide', true],
    ['deliver', false],
  ] as const
  for (const [i, [service, isFromSnapshot]] of ways.entries()) {
    await feed(0.5 + 0.1 * i)
    const before = await done(system, taken)
    const refused = refusals(children.get(service))
    await lose(redis, service)
    await waitFor(`${service} to refuse`, () => refusals(children.get(service)) > refused, { deadlineMs })
    const restored = await restore(system, '--wait', ...(isFromSnapshot ? ['--snapshot', snapshot] : []))
    expect(restored).toMatchObject({ refused: false, forgotten: [] })
    await settled()
    expect(await done(system, taken), `${service}, ${isFromSnapshot ? 'snapshot' : 'log'}`).toEqual(before)
  }

  for (const isFromSnapshot of [true, false]) {
    await feed(isFromSnapshot ? 0.8 : 0.9)
    const before = await done(system, taken)
    const counts = services.map((service) => refusals(children.get(service)))
    await redis.stop('SIGKILL')
    const empty = join(folder, isFromSnapshot ? 'first' : 'second')
    mkdirSync(empty)
    const next = await startRedis(empty, undefined, redis.port)
    await waitFor(
      'all to refuse',
      () => services.every((service, i) => refusals(children.get(service)) > (counts[i] ?? 0)),
      { deadlineMs },
    )
    await restore(system, '--wait', ...(isFromSnapshot ? ['--snapshot', snapshot] : []))
    await settled()
    expect(await done(system, taken)).toEqual(before)
    redis.stop = next.stop
  }

  await feed(1)
  const all = await done(system, taken)
  for (const what of ['moments', 'decisions', 'commands', 'attempts'] as const) {
    expect(all[what].length, what).toBe(new Set(all[what]).size)
  }
  // Deadlines that passed since the last event may have been met.
  const last = Math.max(...events.map(({ record }) => record.event_time))
  const [least, most] = [await simulated(events, last), await simulated(events, last + 15 * minutes)]
  expect(all.moments).toEqual(expect.arrayContaining(idsOf(least.moments)))
  expect(idsOf(most.moments)).toEqual(expect.arrayContaining(all.moments))
  expect(all.texts.length).toBeGreaterThan(100)
  expect(new Set(all.receipts.map((receipt) => receipt.split(' ')[1]))).toEqual(new Set(['accepted', 'delivered']))
})
