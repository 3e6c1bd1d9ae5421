import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ShardId, shardId } from '../../services/domain/ids.ts'
import type { AppendRecord, EventLog } from '../../services/flow/event-log.ts'
import { murmur2, shardOf } from '../../services/flow/partition.ts'
import { waitFor } from '../support/wait-for.ts'
import { AttentiveSink, drain, joinGroup, type Member, type SeenRecord } from './log-member.ts'

/** What an adapter gives to the suite of the EventLog port. The suite needs two shards or more, four are best. */
export interface EventLogFixture {
  /** A client of the log: of a server, a connection of its own each time; embedded, the one log of the process. */
  connect(): Promise<EventLog>
  /** Names of `count` new, empty topics. */
  createTopics(count: number): Promise<readonly string[]>
  /** As after a restart: ends everything that `connect` gave and connects anew. */
  restart(): Promise<EventLog>
  /** Lets retention drop all that the topic holds now. */
  expire(topic: string): Promise<void>
  /** The log's time of day, in milliseconds since 1970. */
  now(): number
  close(): Promise<void>
}

export interface EventLogConformanceOptions {
  /** How long a delivery or a rebalance may take, in milliseconds. */
  readonly deadlineMs?: number
}

/** Java's own: Utils.murmur2, and the partition of four that its default partitioner takes. */
const javaVectors: readonly (readonly [key: string, murmur2: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

/** Declares the tests of the EventLog port for one adapter. */
export function eventLogConformance(
  name: string,
  createFixture: () => Promise<EventLogFixture>,
  { deadlineMs = 20_000 }: EventLogConformanceOptions = {},
): void {
  describe(`event log: ${name}`, { timeout: deadlineMs * 3 }, () => {
    let fixture: EventLogFixture
    let log: EventLog
    const joined: Member[] = []

    beforeAll(async () => {
      fixture = await createFixture()
      log = await fixture.connect()
    }, deadlineMs * 3)

    afterAll(() => fixture.close(), deadlineMs * 3)

    const within = <T>(what: string, condition: () => T | Promise<T>) => waitFor(what, condition, { deadlineMs })
    const allShards = () => Array.from({ length: log.shards }, (_, i) => shardId(i))
    const newGroup = () => `group-${randomUUID()}`
    const record = (topic: string, key: string, value: string | Uint8Array): AppendRecord => ({
      topic,
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
    })
    async function newTopics<const N extends 1 | 2 | 3>(count: N) {
      const [a = '', b = '', c = ''] = await fixture.createTopics(count)
      return [a, b, c] as const
    }
    async function member(client: EventLog, options: Parameters<typeof joinGroup>[1]): Promise<Member> {
      const one = await joinGroup(client, options)
      joined.push(one)
      return one
    }
    /** A member of a group of its own that has all shards. */
    async function soleMember(topics: readonly string[], startAt?: (shard: ShardId) => readonly number[]) {
      const one = await member(log, { group: newGroup(), topics, ...(startAt && { startAt }) })
      await within('all shards', () => one.feeds.size === log.shards)
      return one
    }
    async function readAll(topic: string, shard: ShardId, from: number, to: number): Promise<SeenRecord[]> {
      const seen: SeenRecord[] = []
      for await (const batch of log.read(topic, shard, from, to)) seen.push(...drain(batch))
      return seen
    }
    async function endOf(topic: string, shard: ShardId): Promise<number> {
      const [ends] = await log.ends([topic])
      return ends?.[shard] ?? Number.NaN
    }
    /** A key of the shard; other ones for other `n`. */
    function keyOf(shard: ShardId, n = 0): string {
      for (let i = 0, found = 0; ; i++) {
        if (shardOf(`k${i}`, log.shards) === shard && found++ === n) return `k${i}`
      }
    }
    const numbered = (count: number, prefix = 'v') => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
    async function whenDone(run: () => Promise<void>): Promise<void> {
      try {
        await run()
      } finally {
        await Promise.all(joined.splice(0).map(({ membership }) => membership.leave()))
      }
    }
    const test = (title: string, run: () => Promise<void>) => it(title, () => whenDone(run))

    describe('append', () => {
      test('says where each topic and shard ends afterwards, and ends() says the same', async () => {
        const [a, b] = await newTopics(2)
        const [zero, one] = [shardId(0), shardId(1)]
        const appended = await log.append([
          record(a, keyOf(zero), 'x'),
          record(a, keyOf(zero, 1), 'y'),
          record(a, keyOf(one), 'z'),
          record(b, keyOf(one), 'w'),
        ])
        const places = appended.map(({ topic, shard }) => `${topic} ${shard}`)
        expect(places.sort()).toEqual([`${a} 0`, `${a} 1`, `${b} 1`].sort())
        for (const { topic, shard, end } of appended) expect(await endOf(topic, shard)).toBe(end)
        expect((await readAll(a, zero, 0, await endOf(a, zero))).map(({ value }) => `${value}`)).toEqual(['x', 'y'])
      })

      test('of nothing is nothing', async () => {
        expect(await log.append([])).toEqual([])
      })

      test('puts a key where the Java client would', async () => {
        const [topic] = await newTopics(1)
        for (const [key, hash] of javaVectors) expect(murmur2(Buffer.from(key))).toBe(hash)
        const appended = []
        for (const [key] of javaVectors) appended.push(...(await log.append([record(topic, key, key)])))
        expect(appended.map(({ shard }) => shard)).toEqual(
          javaVectors.map(([, hash]) => (hash & 0x7fffffff) % log.shards),
        )
        for (const shard of allShards()) {
          const keys = (await readAll(topic, shard, 0, await endOf(topic, shard))).map(({ key }) => key)
          expect(keys.every((key) => shardOf(key, log.shards) === shard)).toBe(true)
        }
      })

      test('keeps the order of a topic and shard among many calls in flight', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(1)
        const values = numbered(300)
        const calls = values.map((value, i) => log.append([record(topic, keyOf(shard, i % 3), value)]))
        const ends = (await Promise.all(calls)).map(([to]) => to?.end ?? 0)
        expect(ends).toEqual([...ends].sort((a, b) => a - b))
        expect(new Set(ends).size).toBe(values.length)
        const seen = await readAll(topic, shard, 0, await endOf(topic, shard))
        expect(seen.map(({ value }) => `${value}`)).toEqual(values)
      })

      test('keeps the order inside one call of many records', async () => {
        const [topic] = await newTopics(1)
        const values = numbered(20_000)
        await log.append(values.map((value, i) => record(topic, keyOf(shardId(i % 2), i % 7), value)))
        for (const remainder of [0, 1]) {
          const shard = shardId(remainder)
          const seen = await readAll(topic, shard, 0, await endOf(topic, shard))
          expect(seen.map(({ value }) => `${value}`)).toEqual(values.filter((_, i) => i % 2 === remainder))
        }
      })

      test('takes every key and value as it is: empty, binary, 1 MB, odd characters', async () => {
        const [topic] = await newTopics(1)
        const megabyte = Buffer.alloc(1_000_000, 'km')
        const cases: [string, Buffer][] = [
          ['empty', Buffer.alloc(0)],
          ['all bytes', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
          ['large', megabyte],
          ['Zoë 用户 😀 {x}:\n', Buffer.from('odd key')],
          ['k'.repeat(64), Buffer.from('64 bytes of key')],
          ['after', Buffer.from([0])],
        ]
        const before = fixture.now()
        for (const [key, value] of cases) {
          const [to] = await log.append([record(topic, key, value)])
          const { shard, end } = to ?? { shard: shardId(0), end: 0 }
          const [seen] = await readAll(topic, shard, end - 1, end)
          expect(seen?.key).toBe(key)
          expect(seen?.value.equals(value)).toBe(true)
          expect(seen?.position).toBe(end - 1)
          expect(seen?.appendedAt).toBeGreaterThanOrEqual(before - 1000)
          expect(seen?.appendedAt).toBeLessThanOrEqual(fixture.now() + 1000)
        }
      })
    })

    describe('ends', () => {
      test('go by topic in the order asked, and by shard; an empty topic ends where it begins', async () => {
        const [a, b, empty] = await newTopics(3)
        await log.append(numbered(3).map((value) => record(a, keyOf(shardId(1)), value)))
        const [to] = await log.append([record(b, keyOf(shardId(0)), 'x')])
        const expected = (topic: string, shard: ShardId) => {
          if (topic === a && shard === 1) return 3
          return topic === b && shard === 0 ? (to?.end ?? Number.NaN) : 0
        }
        for (const order of [
          [a, b, empty],
          [empty, b, a],
        ]) {
          expect(await log.ends(order)).toEqual(
            order.map((topic) => allShards().map((shard) => expected(topic, shard))),
          )
        }
      })
    })

    describe('read', () => {
      test('gives the records from a position up to, not including, another', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(1)
        const values = numbered(50)
        for (let i = 0; i < 50; i += 10) {
          await log.append(values.slice(i, i + 10).map((value) => record(topic, keyOf(shard), value)))
        }
        const all = await readAll(topic, shard, 0, await endOf(topic, shard))
        expect(all.map(({ value }) => `${value}`)).toEqual(values)
        const position = (i: number) => all[i]?.position ?? Number.NaN
        for (const [from, to] of [
          [0, 1],
          [7, 33],
          [10, 20],
          [49, 49],
          [25, 26],
        ] as const) {
          const part = await readAll(topic, shard, position(from), position(to))
          expect(part).toEqual(all.slice(from, to))
        }
      })

      test('ends at its end though more is appended meanwhile', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(0)
        await log.append(numbered(5).map((value) => record(topic, keyOf(shard), value)))
        const end = await endOf(topic, shard)
        const seen: SeenRecord[] = []
        for await (const batch of log.read(topic, shard, 0, end)) {
          await log.append([record(topic, keyOf(shard), 'later')])
          seen.push(...drain(batch))
        }
        expect(seen.map(({ value }) => `${value}`)).toEqual(numbered(5))
      })

      test('that is given up ends at once, and so does the question where topics end', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(0)
        await log.append(numbered(5).map((value) => record(topic, keyOf(shard), value)))
        const signal = AbortSignal.abort('given up')
        await expect(log.ends([topic], signal)).rejects.toBe('given up')
        await expect(log.read(topic, shard, 0, 5, signal)[Symbol.asyncIterator]().next()).rejects.toBe('given up')
        const later = new AbortController()
        await log.ends([topic], later.signal)
        const reading = log.read(topic, shard, 0, 5, later.signal)[Symbol.asyncIterator]()
        await reading.next()
        await reading.return?.()
        expect(await readAll(topic, shard, 0, 5)).toHaveLength(5)
      })

      test('of nothing gives nothing', async () => {
        const [topic] = await newTopics(1)
        expect(await readAll(topic, shardId(0), 0, 0)).toEqual([])
      })

      test('begins at the oldest kept record when the position is below it', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(0)
        const beginOf = async () => (await log.begins([topic]))[0]?.[shard]
        expect(await beginOf()).toBe(0)
        await log.append(numbered(5, 'old').map((value) => record(topic, keyOf(shard), value)))
        expect(await beginOf()).toBe(0)
        await fixture.expire(topic)
        expect(await endOf(topic, shard)).toBe(5)
        expect(await beginOf()).toBe(5)
        await log.append(numbered(2, 'new').map((value) => record(topic, keyOf(shard), value)))
        const seen = await readAll(topic, shard, 0, 7)
        expect(seen.map(({ value, position }) => `${position} ${value}`)).toEqual(['5 new0', '6 new1'])
      })
    })

    describe('a shard of a member', () => {
      test('gets every record of its topics once, in order, through to the end', async () => {
        const [a, b] = await newTopics(2)
        const send = (topic: string, prefix: string) =>
          log.append(numbered(500, prefix).map((value, i) => record(topic, keyOf(shardId(i % log.shards)), value)))
        await send(a, 'a')
        await send(b, 'b')
        const one = await soleMember([a, b], () => [0, 0])
        const expected = (prefix: string, shard: ShardId) =>
          numbered(500, prefix).filter((_, i) => i % log.shards === shard)
        for (const shard of allShards()) {
          const sink = one.sink(shard)
          await within('both topics', () => {
            return ['a', 'b'].every((prefix, i) => sink.texts(i).length >= expected(prefix, shard).length)
          })
          expect(sink.texts(0)).toEqual(expected('a', shard))
          expect(sink.texts(1)).toEqual(expected('b', shard))
          await within('the end', () => sink.atEnd())
          expect(sink.batches[0]?.at(-1)?.nextPosition).toBe(await endOf(a, shard))
          const lengths = sink.records[0]?.map(({ key, value }) => Buffer.byteLength(key) + value.length) ?? []
          const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0)
          expect(sum(sink.batches[0]?.map(({ bytes }) => bytes) ?? [])).toBe(sum(lengths))
          expect(sink.faults).toEqual([])
        }
      })

      test('gets nothing before it is started', async () => {
        const [topic] = await newTopics(1)
        await log.append([record(topic, keyOf(shardId(0)), 'early')])
        const one = await soleMember([topic])
        const other = one.start(shardId(1), [0])
        await within('the other shard', () => other.atEnd())
        const sink = one.start(shardId(0), [1])
        await within('the end', () => sink.atEnd())
        expect(sink.texts()).toEqual([])
      })

      test('is told at once of topics that hold nothing from its position on', async () => {
        const [full, empty, read] = await newTopics(3)
        await log.append([record(full, keyOf(shardId(0)), 'x'), record(read, keyOf(shardId(0)), 'y')])
        const one = await soleMember([full, empty, read])
        const sink = one.start(shardId(0), [0, 0, await endOf(read, shardId(0))])
        await within('all topics at their end', () => sink.atEnd())
        expect(sink.texts(0)).toEqual(['x'])
        expect(sink.batches[1]?.[0]).toEqual({ count: 0, bytes: 0, atEnd: true, nextPosition: 0 })
        expect(sink.batches[2]?.[0]).toEqual({ count: 0, bytes: 0, atEnd: true, nextPosition: 1 })
      })

      test('starts at the positions that it is given, each topic at its own', async () => {
        const [a, b] = await newTopics(2)
        const shard = shardId(1)
        for (const topic of [a, b]) {
          await log.append(numbered(20).map((value) => record(topic, keyOf(shard), value)))
        }
        const one = await soleMember([a, b])
        const sink = one.start(shard, [7, 19])
        await within('the end', () => sink.atEnd())
        expect(sink.texts(0)).toEqual(numbered(20).slice(7))
        expect(sink.texts(1)).toEqual(['v19'])
        expect(sink.records[0]?.[0]?.position).toBe(7)
        expect(sink.faults).toEqual([])
      })

      test('starts at the oldest kept record when its position is below it', async () => {
        const [topic, gone] = await newTopics(2)
        const shard = shardId(0)
        for (const each of [topic, gone]) {
          await log.append(numbered(3, 'old').map((value) => record(each, keyOf(shard), value)))
          await fixture.expire(each)
        }
        await log.append([record(topic, keyOf(shard), 'new')])
        const one = await soleMember([topic, gone])
        const sink = one.start(shard, [1, 1])
        await within('the end', () => sink.atEnd())
        expect(sink.texts(0)).toEqual(['new'])
        expect(sink.records[0]?.[0]?.position).toBe(3)
        expect(sink.texts(1)).toEqual([])
        await log.append([record(gone, keyOf(shard), 'again')])
        await within('the next record', () => sink.texts(1).length === 1)
        expect(sink.faults).toEqual([])
      })

      test('gets what is appended while it listens', async () => {
        const [topic] = await newTopics(1)
        const one = await soleMember([topic], () => [0])
        const sink = one.sink(shardId(0))
        await within('the end', () => sink.atEnd())
        for (const [i, value] of numbered(20).entries()) {
          await log.append([record(topic, keyOf(shardId(0)), value)])
          if (i % 5 === 0) await within(value, () => sink.texts().length === i + 1)
        }
        await within('all', () => sink.texts().length === 20)
        expect(sink.texts()).toEqual(numbered(20))
        expect(sink.batches[0]?.at(-1)?.atEnd).toBe(true)
        expect(sink.faults).toEqual([])
      })

      test('gets no more of a paused topic, while the others go on, and nothing is lost after resume', async () => {
        const [held, other] = await newTopics(2)
        const shard = shardId(0)
        const one = await soleMember([held, other], () => [0, 0])
        const sink = one.sink(shard)
        await within('the end', () => sink.atEnd())
        one.feeds.get(shard)?.pause(0)
        const arrived: number[] = []
        for (let round = 0; round < 16; round++) {
          await log.append([record(held, keyOf(shard), `v${round}`), record(other, keyOf(shard), `v${round}`)])
          await within('the other topic', () => sink.texts(1).length === round + 1)
          arrived.push(sink.texts(0).length)
        }
        expect(arrived.at(-1)).toBe(arrived[8])
        one.feeds.get(shard)?.resume(0)
        await within('what was held', () => sink.texts(0).length === 16)
        expect(sink.texts(0)).toEqual(numbered(16))
        expect(sink.faults).toEqual([])
      })

      test('is told what retention dropped below its position, and gets nothing behind that', async () => {
        const [topic, other] = await newTopics(2)
        const shard = shardId(0)
        await log.append(numbered(3, 'old').map((value) => record(topic, keyOf(shard), value)))
        await fixture.expire(topic)
        await log.append([record(topic, keyOf(shard), 'new'), record(other, keyOf(shard), 'other')])
        const one = await soleMember([topic, other])
        const sink = new AttentiveSink([1, 0])
        one.feeds.get(shard)?.start([1, 0], sink)
        await within('the gap', () => sink.gaps.length > 0)
        await log.append([record(topic, keyOf(shard), 'newer'), record(other, keyOf(shard), 'another')])
        await within('the other topic', () => sink.texts(1).length === 2)
        expect({ gaps: sink.gaps, texts: sink.texts(0) }).toEqual({ gaps: ['0 1-3'], texts: [] })
        const again = new AttentiveSink([3, 0])
        one.feeds.get(shard)?.start([3, 0], again)
        await within('what is behind the gap', () => again.texts(0).length === 2)
        expect({ gaps: again.gaps, texts: again.texts(0) }).toEqual({ gaps: [], texts: ['new', 'newer'] })
      })

      for (const behind of ['nothing', 'more']) {
        test(`is told what retention drops while it waits, with ${behind} behind it`, async () => {
          const [held, other] = await newTopics(2)
          const shard = shardId(0)
          const one = await soleMember([held, other])
          const sink = new AttentiveSink([0, 0])
          const feed = one.feeds.get(shard)
          feed?.start([0, 0], sink)
          await log.append([record(held, keyOf(shard), 'v0')])
          await within('the first', () => sink.texts(0).length === 1)
          feed?.pause(0)
          for (let round = 0; round < 16; round++) {
            await log.append([record(held, keyOf(shard), `v${round + 1}`), record(other, keyOf(shard), `v${round}`)])
            await within('the other topic', () => sink.texts(1).length === round + 1)
          }
          const had = sink.texts(0)
          expect(had.length).toBeLessThan(16)
          await fixture.expire(held)
          if (behind === 'more') await log.append([record(held, keyOf(shard), 'v17')])
          feed?.resume(0)
          // Where nothing comes behind it, an adapter may have to look for it now and then.
          await waitFor('the gap', () => sink.gaps.length > 0, { deadlineMs: 2 * deadlineMs })
          await log.append([record(held, keyOf(shard), 'v18'), record(other, keyOf(shard), 'v16')])
          await within('the other topic', () => sink.texts(1).length === 17)
          expect(sink.gaps).toEqual([`0 ${had.length}-17`])
          expect(sink.texts(0)).toEqual(had)
          expect(sink.faults).toEqual([])
        })
      }

      test('that pauses in its first batch of a long backlog holds a bounded part of it', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(0)
        const chunk = Buffer.alloc(100_000, 'x')
        for (let i = 0; i < 30; i++) {
          await log.append(Array.from({ length: 10 }, () => record(topic, keyOf(shard), chunk)))
        }
        const one = await soleMember([topic])
        const sink = one.start(shard, [0])
        sink.onPush = () => one.feeds.get(shard)?.pause(0)
        const other = one.start(shardId(1), [0])
        await within('the first batch', () => (sink.records[0]?.length ?? 0) > 0)
        for (let round = 0; round < 5; round++) {
          await log.append([record(topic, keyOf(shardId(1)), 'x')])
          await within('the other shard', () => other.texts().length === round + 1)
        }
        expect(sink.records[0]?.length).toBeLessThan(150)
        sink.onPush = undefined
        one.feeds.get(shard)?.resume(0)
        await within('the rest', () => sink.records[0]?.length === 300)
        expect(sink.faults).toEqual([])
      })

      test('can start anew at other positions, and the earlier sink gets nothing more', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(1)
        await log.append(numbered(200).map((value) => record(topic, keyOf(shard), value)))
        const one = await soleMember([topic])
        const first = one.start(shard, [0])
        await within('the first start', () => first.atEnd())
        const second = one.start(shard, [50])
        const before = first.batches[0]?.length
        await within('the second start', () => second.atEnd())
        await log.append([record(topic, keyOf(shard), 'live')])
        await within('the live one', () => second.texts().length === 151)
        expect(second.texts()).toEqual([...numbered(200).slice(50), 'live'])
        expect(first.batches[0]?.length).toBe(before)
        one.feeds.get(shard)?.pause(0)
        const third = one.start(shard, [199]) // a new start is not paused
        await within('the third start', () => third.atEnd())
        expect(third.texts()).toEqual(['v199', 'live'])
        expect(second.faults).toEqual([])
      })

      test('starts where it says, whatever progress it told', async () => {
        const [topic] = await newTopics(1)
        const shard = shardId(0)
        await log.append(numbered(10).map((value) => record(topic, keyOf(shard), value)))
        const group = newGroup()
        const first = await member(log, { group, topics: [topic], startAt: () => [0] })
        await within('all', () => first.feeds.size === log.shards && first.sink(shard).texts().length === 10)
        first.feeds.get(shard)?.progress([8])
        await first.membership.leave()
        const second = await member(log, { group, topics: [topic], startAt: () => [4] })
        await within('the rest', () => second.feeds.size === log.shards && second.sink(shard).atEnd())
        expect(second.sink(shard).texts()).toEqual(numbered(10).slice(4))
      })
    })

    describe('a group', () => {
      test('gives each shard to one member, and all of a topic set to the same', async () => {
        const [a, b] = await newTopics(2)
        const topics = [a, b]
        const group = newGroup()
        const one = await member(log, { group, topics, startAt: () => [0, 0] })
        await within('all shards', () => one.holds().length === log.shards)
        const two = await member(await fixture.connect(), { group, topics, startAt: () => [0, 0] })
        await within('a share each', () => {
          const held = [...one.holds(), ...two.holds()]
          return two.holds().length >= Math.floor(log.shards / 2) && held.length === log.shards
        })
        expect([...one.holds(), ...two.holds()].sort((a, b) => a - b)).toEqual(allShards())
        await log.append(
          topics.flatMap((topic) => allShards().map((shard) => record(topic, keyOf(shard), `${topic} ${shard}`))),
        )
        for (const owner of [one, two]) {
          for (const shard of owner.holds()) {
            await within('its records', () => owner.sink(shard).records.every(({ length }) => length === 1))
            expect(topics.map((topic, i) => owner.sink(shard).texts(i)[0] === `${topic} ${shard}`)).toEqual([
              true,
              true,
            ])
          }
        }
        for (const { happenings } of [one, two]) {
          for (const shard of allShards()) {
            const turns = happenings.filter((happening) => happening.slice(1) === String(shard))
            expect(turns.every((turn, i) => turn.startsWith(i % 2 === 0 ? '+' : '-'))).toBe(true)
          }
        }
      })

      test('hands the shards of a member that leaves to the others, after its revocations', async () => {
        const [topic] = await newTopics(1)
        const group = newGroup()
        const revoking: string[] = []
        const options = { group, topics: [topic], startAt: () => [0] }
        const one = await member(log, {
          ...options,
          async revoked(shard) {
            revoking.push(`begin ${shard}`)
            await new Promise((resolve) => setTimeout(resolve, 50))
            revoking.push(`end ${shard}`)
          },
        })
        const two = await member(await fixture.connect(), options)
        await within('a share each', () => one.holds().length > 0 && two.holds().length > 0)
        await within('all', () => one.holds().length + two.holds().length === log.shards)
        const held = one.holds()
        await one.membership.leave()
        for (const shard of held) expect(revoking).toContain(`end ${shard}`)
        expect(one.membership.shards()).toEqual([])
        await within('all shards', () => two.holds().length === log.shards)
        await log.append(allShards().map((shard) => record(topic, keyOf(shard), 'after')))
        for (const shard of allShards()) await within('its record', () => two.sink(shard).texts().includes('after'))
        for (const shard of held) expect(one.sink(shard).texts()).not.toContain('after')
        expect([...one.failures, ...two.failures]).toEqual([])
      })

      test('is independent of other groups', async () => {
        const [topic] = await newTopics(1)
        await log.append(allShards().map((shard) => record(topic, keyOf(shard), 'x')))
        const one = await soleMember([topic], () => [0])
        const two = await soleMember([topic], () => [0])
        for (const shard of allShards()) {
          await within('both', () => one.sink(shard).texts().length + two.sink(shard).texts().length === 2)
        }
      })
    })

    test('after a restart everything is where it was', async () => {
      const [topic] = await newTopics(1)
      await log.append(numbered(100).map((value, i) => record(topic, keyOf(shardId(i % 2)), value)))
      const ends = await log.ends([topic])
      const before = await Promise.all(allShards().map((shard) => readAll(topic, shard, 0, ends[0]?.[shard] ?? 0)))
      log = await fixture.restart()
      expect(await log.ends([topic])).toEqual(ends)
      const after = await Promise.all(allShards().map((shard) => readAll(topic, shard, 0, ends[0]?.[shard] ?? 0)))
      expect(after).toEqual(before)
      const [to] = await log.append([record(topic, keyOf(shardId(0)), 'next')])
      expect(to?.end).toBe((ends[0]?.[0] ?? 0) + 1)
    })
  })
}
