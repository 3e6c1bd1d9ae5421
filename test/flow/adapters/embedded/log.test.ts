import { statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../../../services/flow/adapters/embedded/log.ts'
import { simulatedClock, wallClock } from '../../../../services/flow/clock.ts'
import type { EventLog } from '../../../../services/flow/event-log.ts'
import { drain, joinGroup } from '../../../conformance/log-member.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { waitFor } from '../../../support/wait-for.ts'

const shard = shardId(0)
const topic = 't'
const HOUR_MS = 60 * 60 * 1000
const KILOBYTE = Buffer.alloc(1024, 'x')

/** A log of one shard, unless said otherwise, whose clock the test sets. */
function open(options: { file?: string; shards?: number; bytesMax?: number } = {}) {
  let now = Date.UTC(2026, 0, 1)
  const clock = { ...wallClock, now: () => now }
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock, ...options })
  onTestFinished(() => log.close())
  return {
    log,
    pass: (ms: number) => {
      now += ms
    },
  }
}

const append = (log: EventLog, ...values: (string | Buffer)[]) =>
  log.append(values.map((value) => ({ topic, key: 'k', value: Buffer.from(value as Buffer) })))

async function texts(log: EventLog, from = 0, to?: number): Promise<string[]> {
  const end = to ?? (await log.ends([topic]))[0]?.[0] ?? 0
  const seen: string[] = []
  for await (const batch of log.read(topic, shard, from, end)) {
    const records = drain(batch)
    expect(batch.count).toBe(records.length)
    expect(batch.bytes).toBe(records.reduce((sum, { key, value }) => sum + Buffer.byteLength(key) + value.length, 0))
    seen.push(...records.map(({ value }) => value.toString()))
  }
  return seen
}

describe('reading', () => {
  it('any part of any appends gives just that part', async () => {
    const size = fc.oneof(
      { weight: 20, arbitrary: fc.nat(300) },
      { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 140_000 }) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(size, { maxLength: 30 }), { maxLength: 10 }),
        fc.nat(),
        fc.nat(),
        async (calls, a, b) => {
          const { log } = open()
          const values = calls.map((sizes, i) => sizes.map((length, j) => `${i}.${j}.${'v'.repeat(length)}`))
          for (const call of values) await append(log, ...call)
          const all = values.flat()
          const from = a % (all.length + 1)
          const to = from + (b % (all.length - from + 1))
          expect(await texts(log, from, to)).toEqual(all.slice(from, to))
          await log.close()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('a long backlog comes in batches of at most 256 KB, each in a turn of its own', async () => {
    const { log } = open()
    for (let i = 0; i < 20; i++) await append(log, ...Array.from({ length: 100 }, () => KILOBYTE))
    let turn = 0
    let counting: NodeJS.Immediate | undefined
    const count = () => {
      turn++
      counting = setImmediate(count)
    }
    count()
    onTestFinished(() => clearImmediate(counting))
    const turns: number[] = []
    const member = await joinGroup(log, { group: 'g', topics: [topic] })
    const sink = member.start(shard, [0])
    sink.onPush = () => turns.push(turn)
    await waitFor('all', () => sink.records[0]?.length === 2000)
    for (const { bytes } of sink.batches[0] ?? []) expect(bytes).toBeLessThanOrEqual(256 * 1024)
    expect(new Set(turns).size).toBe(turns.length)
    expect(turns.length).toBeGreaterThanOrEqual(8)
  })

  it('a position behind the end of the log is a failure of the member and not silence', async () => {
    const { log } = open()
    await append(log, 'a', 'b')
    const member = await joinGroup(log, { group: 'g', topics: [topic] })
    member.start(shard, [5])
    await waitFor('the failure', () => member.failures.length > 0)
    expect(member.failures[0]).toMatchObject({ code: 'KM_LOG_WENT_BACK' })
  })
})

describe('a group', () => {
  it('assigns a shard only after the earlier member has let go of it', async () => {
    const { log } = open({ shards: 4 })
    const happened: string[] = []
    const join = (name: string) =>
      log.join({
        group: 'g',
        topics: [topic],
        assigned: (of) => happened.push(`${name}+${of}`),
        async revoked(of) {
          happened.push(`${name}~${of}`)
          await new Promise((resolve) => setImmediate(resolve))
          happened.push(`${name}-${of}`)
        },
        failed: (error) => happened.push(`${error}`),
      })
    const a = await join('a')
    const b = await join('b')
    await a.leave()
    await b.leave()
    expect(happened.join(' ')).toBe(
      [
        'a+0 a+1 a+2 a+3',
        'a~2 a-2 a~3 a-3 b+2 b+3', // b joined
        'a~0 a-0 a~1 a-1 b+0 b+1', // a left
        'b~0 b-0 b~1 b-1 b~2 b-2 b~3 b-3',
      ].join(' '),
    )
  })

  it('moves no shard from a member that may keep it', async () => {
    const { log } = open({ shards: 4 })
    const join = () => joinGroup(log, { group: 'g', topics: [topic] })
    const [a, b, c] = [await join(), await join(), await join()]
    expect([a.holds(), b.holds(), c.holds()]).toEqual([[0, 1], [2], [3]])
    await a.membership.leave()
    expect([b.happenings, c.happenings]).toEqual([
      ['+2', '+3', '-3', '+0'],
      ['+3', '+1'],
    ])
  })

  it('of more members than shards leaves some with none, and goes on when a revocation fails', async () => {
    const { log } = open({ shards: 1 })
    const failures: Error[] = []
    const join = (revoked: () => Promise<void>) =>
      log.join({ group: 'g', topics: [topic], assigned: () => undefined, revoked, failed: (e) => failures.push(e) })
    const first = await join(() => Promise.reject(new Error('cannot let go')))
    const second = await join(async () => undefined)
    expect([first.shards(), second.shards()]).toEqual([[0], []])
    await first.leave()
    expect([first.shards(), second.shards()]).toEqual([[], [0]])
    expect(failures.map(({ message }) => message)).toEqual(['cannot let go'])
  })
})

describe('retention', () => {
  it('of everything leaves the positions where they were, also over a restart', async () => {
    const file = join(temporaryFolder(), 'log.sqlite')
    const { log, pass } = open({ file })
    await append(log, 'a', 'b')
    pass(HOUR_MS)
    await log.retain({ maxAgeMs: 0 })
    await log.close()
    const again = open({ file }).log
    expect(await again.ends([topic])).toEqual([[2]])
    expect(await append(again, 'c')).toEqual([{ topic, shard, end: 3 }])
  })

  it('drops what is older than the age and keeps the rest', async () => {
    const { log, pass } = open()
    for (const value of ['a', 'b', 'c', 'd']) {
      await append(log, value)
      pass(HOUR_MS)
    }
    await log.retain({ maxAgeMs: 10 * HOUR_MS })
    expect(await texts(log)).toEqual(['a', 'b', 'c', 'd'])
    await log.retain({ maxAgeMs: 2 * HOUR_MS })
    expect(await texts(log)).toEqual(['c', 'd'])
    await log.retain({ maxAgeMs: HOUR_MS })
    expect(await texts(log)).toEqual(['d'])
  })

  it('keeps 7 days unless told otherwise', async () => {
    const { log, pass } = open()
    await append(log, 'a')
    pass(7 * 24 * HOUR_MS)
    await log.retain()
    expect(await texts(log)).toEqual(['a'])
    pass(1)
    await log.retain()
    expect(await texts(log)).toEqual([])
  })

  it('of -1 keeps everything, as Kafka does', async () => {
    const { log, pass } = open()
    await append(log, 'a')
    pass(365 * 24 * HOUR_MS)
    await log.retain({ maxAgeMs: -1 })
    expect(await texts(log)).toEqual(['a'])
  })

  it('drops nothing of a topic that is kept for ever', async () => {
    const { log, pass } = open()
    await append(log, 'a')
    pass(HOUR_MS)
    await log.retain({ maxAgeMs: 0, keep: [topic] })
    expect(await texts(log)).toEqual(['a'])
    await log.retain({ maxAgeMs: 0, keep: ['another'] })
    expect(await texts(log)).toEqual([])
  })

  it('bounds the file', async () => {
    const file = join(temporaryFolder(), 'log.sqlite')
    const { log, pass } = open({ file })
    const sizes: number[] = []
    for (let day = 0; day < 12; day++) {
      for (let i = 0; i < 10; i++) await append(log, ...Array.from({ length: 100 }, () => KILOBYTE))
      pass(24 * HOUR_MS)
      await log.retain({ maxAgeMs: 2 * 24 * HOUR_MS })
      sizes.push(statSync(file).size)
    }
    expect(sizes[11]).toBeLessThanOrEqual((sizes[5] ?? 0) * 1.2)
  })
})

describe('a full disk', () => {
  it('refuses the append as a whole, keeps what was there, and takes more once there is room', async () => {
    const { log, pass } = open({ file: join(temporaryFolder(), 'log.sqlite'), bytesMax: 1024 * 1024 })
    const megabyte = Array.from({ length: 1024 }, () => KILOBYTE)
    await append(log, 'before')
    await expect(append(log, ...megabyte)).rejects.toMatchObject({
      code: 'KM_LOG_UNAVAILABLE',
      canRetry: true,
      message: expect.stringContaining('free disk space'),
    })
    expect(await texts(log)).toEqual(['before'])
    for (let i = 0; i < 8; i++) await append(log, ...megabyte.slice(0, 100))
    await expect(append(log, ...megabyte.slice(0, 400))).rejects.toMatchObject({ code: 'KM_LOG_UNAVAILABLE' })
    pass(HOUR_MS)
    await log.retain({ maxAgeMs: 0 })
    await append(log, ...megabyte.slice(0, 400))
    expect((await texts(log)).length).toBe(400)
  })

  it('refuses all appends that share the transaction', async () => {
    const { log } = open({ file: join(temporaryFolder(), 'log.sqlite'), bytesMax: 256 * 1024 })
    const calls = [append(log, 'small'), append(log, Buffer.alloc(1_000_000))]
    const settled = await Promise.allSettled(calls)
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await append(log, 'again')).toEqual([{ topic, shard, end: 1 }])
  })
})

it('members may leave after the log was closed', async () => {
  const { log } = open({ shards: 2 })
  const [a, b] = [
    await joinGroup(log, { group: 'g', topics: [topic] }),
    await joinGroup(log, { group: 'g', topics: [topic] }),
  ]
  await log.close()
  await a.membership.leave()
  await b.membership.leave()
  expect([a.happenings, b.happenings]).toEqual([
    ['+0', '+1', '-1', '-0'],
    ['+1', '-1'],
  ])
})

it('stamps records with -Infinity where there is no wall clock', async () => {
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock: simulatedClock() })
  onTestFinished(() => log.close())
  await append(log, 'a')
  for await (const batch of log.read(topic, shard, 0, 1)) {
    expect(drain(batch)[0]?.appendedAt).toBe(Number.NEGATIVE_INFINITY)
  }
  expect(await texts(log)).toEqual(['a'])
})

it('a closed log refuses what comes, and has written what was under way', async () => {
  const file = join(temporaryFolder(), 'log.sqlite')
  const { log } = open({ file })
  const underWay = append(log, 'x')
  await log.close()
  await underWay
  await expect(append(log, 'y')).rejects.toMatchObject({ code: 'KM_LOG_UNAVAILABLE' })
  expect(await texts(open({ file }).log)).toEqual(['x'])
})
