import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import type { ShardStore, StateStore } from '../../services/flow/state-store.ts'
import { waitFor } from '../support/wait-for.ts'
import { contentOf, groupOf, storedAsTable, TestWrites } from './commit-group.ts'
import { checkAgainstModel } from './state-store-model.ts'

/** What an adapter gives to the suite of the StateStore port. */
export interface StateStoreFixture {
  /** A client of the store: of a server, a connection of its own each time; embedded, the one store of the process. */
  connect(): Promise<StateStore>
  /** As after a restart: ends everything that `connect` gave and connects anew. */
  restart(): Promise<StateStore>
  /**
   * Remembers all that the store holds of a shard; the function that it returns puts it back behind its owner's back, as
   * a failover or a restored snapshot does. Left out where nobody can reach the store from outside.
   */
  remember?(service: string, shard: number): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface StateStoreConformanceOptions {
  /** How long one test may take, in milliseconds. */
  readonly timeoutMs?: number
  /** How many random histories the model is tried on. */
  readonly histories?: number
}

/** Declares the tests of the StateStore port for one adapter. */
export function stateStoreConformance(
  name: string,
  createFixture: () => Promise<StateStoreFixture>,
  { timeoutMs = 60_000, histories = 60 }: StateStoreConformanceOptions = {},
): void {
  describe(`state store: ${name}`, { timeout: timeoutMs }, () => {
    let fixture: StateStoreFixture
    let store: StateStore
    const shard = shardId(1)

    beforeAll(async () => {
      fixture = await createFixture()
      store = await fixture.connect()
    }, timeoutMs)

    afterAll(() => fixture.close(), timeoutMs)

    const newService = () => `s${randomUUID().slice(0, 8)}`
    const texts = (values: readonly (Buffer | null)[]) => values.map((value) => value?.toString() ?? null)
    async function claimed(service = newService()) {
      return { service, owner: await store.claim(service, shard) }
    }

    describe('a claim', () => {
      it('finds a shard without genesis empty', async () => {
        const { owner } = await claimed()
        expect(owner.stored).toEqual({ sequence: 0, progress: '', note: '', timers: [], outbox: [] })
        expect(await owner.load(['a'])).toEqual([null])
        expect(await contentOf(owner)).toEqual([])
      })

      it('without a commit makes no genesis', async () => {
        const { service } = await claimed()
        expect((await store.claim(service, shard)).stored.sequence).toBe(0)
      })

      it('finds what the last commit left', async () => {
        const { service, owner } = await claimed()
        const timers = [
          { slot: 60_000, key: 'a' },
          { slot: 1_800_000_000_000, key: 'b' },
        ]
        await owner.commit(
          groupOf(1, { writes: { a: 'A', b: 'B' }, note: 'Zürich', outbox: 'first', timersAdded: timers }),
        )
        await owner.commit(groupOf(2, { writes: { a: 'A2' }, progress: 'Zoë 用户 😀 "{}"\n' }))
        const next = await store.claim(service, shard)
        expect(storedAsTable(next.stored)).toEqual({
          sequence: 2,
          progress: 'Zoë 用户 😀 "{}"\n',
          note: 'Zürich',
          timers: ['1800000000000 b', '60000 a'],
          outbox: ['1 first'],
        })
        expect(texts(await next.load(['b', 'a']))).toEqual(['B', 'A2'])
      })

      it('has an epoch that was never used before', async () => {
        const service = newService()
        const owners = []
        for (let i = 0; i < 20; i++) owners.push(await store.claim(service, shard))
        expect(new Set(owners.map(({ epoch }) => epoch)).size).toBe(20)
      })

      it('fences the older owner, whose commits then change nothing', async () => {
        const { service, owner } = await claimed()
        await owner.commit(groupOf(1, { writes: { a: 'old' }, note: 'kept', outbox: 'kept' }))
        const next = await (await fixture.connect()).claim(service, shard)
        const late = groupOf(2, {
          writes: { a: 'zombie', z: 'zombie' },
          progress: 'zombie',
          note: 'zombie',
          outbox: 'zombie',
          trimThrough: 1,
          timersAdded: [{ slot: 1, key: 'zombie' }],
        })
        await expect(owner.commit(late)).rejects.toMatchObject({ code: 'KM_SHARD_FENCED' })
        expect(await contentOf(next)).toEqual([['a', 'old']])
        await next.commit(groupOf(2, { writes: { b: 'new' } }))
        await expect(owner.commit(late)).rejects.toMatchObject({ code: 'KM_SHARD_FENCED' })
        const third = await store.claim(service, shard)
        expect(storedAsTable(third.stored)).toEqual({
          sequence: 2,
          progress: 'progress 2',
          note: 'kept',
          timers: [],
          outbox: ['1 kept'],
        })
        expect(await contentOf(third)).toEqual([
          ['a', 'old'],
          ['b', 'new'],
        ])
      })

      it('refuses both commits that an older owner has under way', async () => {
        const { service, owner } = await claimed()
        await owner.commit(groupOf(1))
        const next = await store.claim(service, shard)
        const refused = await Promise.allSettled([owner.commit(groupOf(2)), owner.commit(groupOf(3))])
        expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
        await next.commit(groupOf(2))
      })
    })

    describe('a look without a claim', () => {
      it('finds what was committed, and takes the shard from nobody', async () => {
        const { service, owner } = await claimed()
        const other = await fixture.connect()
        expect(await other.peek(service, shard, 'a')).toBeUndefined()
        expect(await other.progress(service, shard)).toBeUndefined()
        await owner.commit(groupOf(1, { writes: { a: 'A', Zoë: 'Z' }, note: 'as 1' }))
        const value = Buffer.from('A')
        expect(await other.peek(service, shard, 'a')).toEqual({ progress: 'progress 1', note: 'as 1', value })
        expect(await other.peek(service, shard, 'Zoë')).toMatchObject({ value: Buffer.from('Z') })
        expect(await other.peek(service, shard, 'b')).toEqual({ progress: 'progress 1', note: 'as 1', value: null })
        expect(await other.peek(service, shardId(2), 'a')).toBeUndefined()
        expect(await other.progress(service, shard)).toBe('progress 1')
        expect(await other.progress(service, shardId(2))).toBeUndefined()
        await owner.commit(groupOf(2, { writes: { a: 'A2' } }))
        expect(await other.peek(service, shard, 'a')).toEqual({
          progress: 'progress 2',
          note: 'as 1',
          value: Buffer.from('A2'),
        })
      })

      it('lists what the last commits left', async () => {
        const { service, owner } = await claimed()
        const other = await fixture.connect()
        const listed = async () => {
          const found: (readonly [string, Buffer])[] = []
          for await (const page of other.scan(service, shard)) found.push(...page)
          return Object.fromEntries(found.map(([key, value]) => [key, value.toString()]))
        }
        expect(await listed()).toEqual({})
        await owner.commit(groupOf(1, { writes: { a: 'A', b: 'B', Zoë: 'Z' } }))
        await owner.commit(groupOf(2, { writes: { a: 'A2' } }))
        expect(await listed()).toEqual({ a: 'A2', b: 'B', Zoë: 'Z' })
      })

      it('finds value and note of one commit, while one follows the other', async () => {
        const { service, owner } = await claimed()
        const other = await fixture.connect()
        const told = (number: number) => groupOf(number, { writes: { a: `${number}` }, note: `${number}` })
        await owner.commit(told(1))
        let isOver = false
        const looking = (async () => {
          const differing: string[] = []
          while (!isOver) {
            const found = await other.peek(service, shard, 'a')
            if (found?.note !== found?.value?.toString()) differing.push(`${found?.note} ${found?.value}`)
            await new Promise((resolve) => setImmediate(resolve))
          }
          return differing
        })()
        for (let number = 2; number < 300; number++) await owner.commit(told(number))
        isOver = true
        expect(await looking).toEqual([])
      })
    })

    describe('a commit', () => {
      it('takes the number after the last and no other, and a refused one changes nothing', async () => {
        for (const wrong of [4, 9]) {
          const { service, owner } = await claimed()
          await owner.commit(groupOf(1, { writes: { a: '1' } }))
          await owner.commit(groupOf(2, { writes: { a: '2' } }))
          const group = groupOf(wrong, { writes: { a: 'wrong' }, outbox: 'wrong', progress: 'wrong', note: 'wrong' })
          await expect(owner.commit(group)).rejects.toMatchObject({ code: 'KM_STATE_ROLLED_BACK' })
          const next = await store.claim(service, shard)
          const stored = { sequence: 2, progress: 'progress 2', note: '', timers: [], outbox: [] }
          expect(storedAsTable(next.stored)).toEqual(stored)
          expect(await contentOf(next)).toEqual([['a', '2']])
        }
      })

      it('notices that the store went back behind its owner', async ({ skip }) => {
        if (!fixture.remember) return skip()
        const { service, owner } = await claimed()
        await owner.commit(groupOf(1, { writes: { a: '1', b: '1' }, note: 'as 1', outbox: 'one' }))
        const putBack = await fixture.remember(service, shard)
        await owner.commit(groupOf(2, { writes: { a: '2', b: '' }, note: 'as 2', trimThrough: 1 }))
        await owner.commit(groupOf(3, { writes: { a: '3' } }))
        await putBack()
        await expect(owner.commit(groupOf(4, { writes: { a: '4' } }))).rejects.toMatchObject({
          code: 'KM_STATE_ROLLED_BACK',
        })
        const again = await store.claim(service, shard)
        expect(storedAsTable(again.stored)).toMatchObject({ sequence: 1, note: 'as 1', outbox: ['1 one'] })
        expect(await contentOf(again)).toEqual([
          ['a', '1'],
          ['b', '1'],
        ])
        await again.commit(groupOf(2, { writes: { a: 'replayed' } }))
      })

      it('is refused too when the store went back to before the claim', async ({ skip }) => {
        if (!fixture.remember) return skip()
        const service = newService()
        await (await store.claim(service, shard)).commit(groupOf(1))
        const putBack = await fixture.remember(service, shard)
        const owner = await store.claim(service, shard)
        await putBack()
        await expect(owner.commit(groupOf(2))).rejects.toThrow()
        expect((await store.claim(service, shard)).stored.sequence).toBe(1)
      })

      it('is done when it resolves, and another client sees it', async () => {
        const { service, owner } = await claimed()
        await owner.commit(groupOf(1, { writes: { a: 'A' } }))
        const other = await (await fixture.connect()).claim(service, shard)
        expect(texts(await other.load(['a']))).toEqual(['A'])
      })

      it('removes a key whose value is empty, and takes it again later', async () => {
        const { owner } = await claimed()
        await owner.commit(groupOf(1, { writes: { a: 'A', b: 'B', c: 'C' } }))
        await owner.commit(groupOf(2, { writes: { a: '', b: 'B2', never: '' } }))
        expect(texts(await owner.load(['a', 'b', 'c', 'never']))).toEqual([null, 'B2', 'C', null])
        expect(await contentOf(owner)).toEqual([
          ['b', 'B2'],
          ['c', 'C'],
        ])
        await owner.commit(groupOf(3, { writes: { a: 'again' } }))
        expect(texts(await owner.load(['a']))).toEqual(['again'])
      })

      it('copies its writes before it returns', async () => {
        const { owner } = await claimed()
        const first = new TestWrites([
          ['a', 'A'],
          ['b', 'B'],
        ])
        const second = new TestWrites([['a', 'A2']])
        const one = owner.commit(groupOf(1, { writes: first }))
        first.overwrite()
        const two = owner.commit(groupOf(2, { writes: second }))
        second.overwrite()
        await Promise.all([one, two])
        expect(await contentOf(owner)).toEqual([
          ['a', 'A2'],
          ['b', 'B'],
        ])
      })

      it('may be under way twice, and both are applied in their order', async () => {
        const { service, owner } = await claimed()
        const done: number[] = []
        for (let sequence = 1; sequence < 40; sequence += 2) {
          await Promise.all(
            [sequence, sequence + 1].map(async (number) => {
              await owner.commit(groupOf(number, { writes: { a: `${number}` }, outbox: `${number}` }))
              done.push(number)
            }),
          )
        }
        expect(done).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
        const next = await store.claim(service, shard)
        expect(texts(await next.load(['a']))).toEqual(['40'])
        expect(next.stored.outbox.map(({ bytes }) => bytes.toString())).toEqual(done.map(String))
      })

      it('holds 10,000 writes', async () => {
        const { service, owner } = await claimed()
        const entries = Array.from({ length: 10_000 }, (_, i) => [`k${i}`, `${'v'.repeat(150)}${i}`] as const)
        await owner.commit(groupOf(1, { writes: new TestWrites(entries) }))
        const next = await store.claim(service, shard)
        const keys = entries.map(([key]) => key)
        expect(texts(await next.load(keys))).toEqual(entries.map(([, value]) => value))
        expect((await contentOf(next)).length).toBe(10_000)
        await next.commit(groupOf(2, { writes: new TestWrites(keys.map((key) => [key, ''])) }))
        expect(await contentOf(next)).toEqual([])
      })

      it('takes keys and values of every kind', async () => {
        const { owner } = await claimed()
        const allBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
        const entries: [string, Buffer][] = [
          'plain',
          'Plain',
          'plain ',
          'a:b:{c}.d|e*f?[g]',
          'a\nb\tc\u0000d',
          `'"\`\\%_`,
          'é',
          'e\u0301',
          '用户',
          '😀',
          'k'.repeat(64),
          `${'k'.repeat(63)}l`,
          '0',
          '00',
          '-1',
          '1e3',
          '__proto__',
        ].map((key, i) => [key, Buffer.concat([allBytes, Buffer.from([i])])])
        entries.push(['large', Buffer.alloc(500_000, 'x')])
        await owner.commit(groupOf(1, { writes: new TestWrites(entries) }))
        const loaded = await owner.load(entries.map(([key]) => key))
        for (const [i, [key, value]] of entries.entries()) {
          expect(`${key} ${loaded[i]?.equals(value)}`).toBe(`${key} true`)
        }
        expect((await contentOf(owner)).map(([key]) => key).sort()).toEqual(entries.map(([key]) => key).sort())
      })

      it('keeps its note until another is given, however long', async () => {
        const { service, owner } = await claimed()
        const noteNow = async () => (await store.claim(service, shard)).stored.note
        const long = JSON.stringify(Array.from({ length: 40_000 }, (_, i) => `用户 ${i}`))
        await owner.commit(groupOf(1, { note: long, writes: { a: 'A' }, outbox: 'out' }))
        expect(await noteNow()).toBe(long)
        let next = await store.claim(service, shard)
        await next.commit(groupOf(2, { timersAdded: [{ slot: 1, key: 'a' }], trimThrough: 1 }))
        expect(await noteNow()).toBe(long)
        next = await store.claim(service, shard)
        await Promise.all([next.commit(groupOf(3, { note: 'short' })), next.commit(groupOf(4))])
        expect(await noteNow()).toBe('short')
        next = await store.claim(service, shard)
        await Promise.all([next.commit(groupOf(5, { note: '=' })), next.commit(groupOf(6, { note: '' }))])
        expect(await noteNow()).toBe('')
      })

      it('keeps long progress', async () => {
        const { service, owner } = await claimed()
        const progress = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => i))
        await owner.commit(groupOf(1, { progress }))
        expect((await store.claim(service, shard)).stored.progress).toBe(progress)
      })
    })

    describe('load', () => {
      it('answers in the order asked, for keys asked twice, absent and none', async () => {
        const { owner } = await claimed()
        await owner.commit(groupOf(1, { writes: { a: 'A', b: 'B' } }))
        expect(texts(await owner.load(['b', 'x', 'a', 'b']))).toEqual(['B', null, 'A', 'B'])
        expect(await owner.load([])).toEqual([])
      })
    })

    describe('the outbox', () => {
      it('is kept oldest first until it is trimmed', async () => {
        const { service, owner } = await claimed()
        const rows = async () => storedAsTable((await store.claim(service, shard)).stored).outbox
        let current: ShardStore = owner
        for (let sequence = 1; sequence <= 12; sequence++) {
          await current.commit(groupOf(sequence, sequence % 2 === 0 ? { outbox: `out ${sequence}` } : {}))
        }
        expect(await rows()).toEqual([2, 4, 6, 8, 10, 12].map((sequence) => `${sequence} out ${sequence}`))
        current = await store.claim(service, shard)
        await current.commit(groupOf(13, { outbox: 'out 13', trimThrough: 8 }))
        expect(await rows()).toEqual(['10 out 10', '12 out 12', '13 out 13'])
        current = await store.claim(service, shard)
        await current.commit(groupOf(14, { trimThrough: 13 }))
        expect(await rows()).toEqual([])
      })

      it('keeps bytes as they are', async () => {
        const { service, owner } = await claimed()
        const outbox = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 256))
        await owner.commit({ ...groupOf(1), outbox })
        expect((await store.claim(service, shard)).stored.outbox[0]?.bytes.equals(outbox)).toBe(true)
      })
    })

    describe('timers', () => {
      it('are added once, removed by slot and key, and one that is removed and added stays', async () => {
        const { service, owner } = await claimed()
        const timer = (slot: number, key: string) => ({ slot, key })
        await owner.commit(
          groupOf(1, { timersAdded: [timer(1, 'a'), timer(1, 'a'), timer(2, 'a'), timer(2, 'b:c 用'), timer(3, 'd')] }),
        )
        await owner.commit(
          groupOf(2, {
            timersAdded: [timer(2, 'a'), timer(4, 'e'), timer(3, 'd')],
            timersRemoved: [timer(1, 'a'), timer(3, 'd'), timer(9, 'never')],
          }),
        )
        expect(storedAsTable((await store.claim(service, shard)).stored).timers).toEqual([
          '2 a',
          '2 b:c 用',
          '3 d',
          '4 e',
        ])
      })

      it('may be many', async () => {
        const { service, owner } = await claimed()
        const timers = Array.from({ length: 5000 }, (_, i) => ({ slot: 1_767_225_600_000 + i * 60_000, key: `k${i}` }))
        await owner.commit(groupOf(1, { timersAdded: timers }))
        const next = await store.claim(service, shard)
        expect([...next.stored.timers].sort((a, b) => a.slot - b.slot)).toEqual(timers)
        await next.commit(groupOf(2, { timersRemoved: timers.slice(1) }))
        expect((await store.claim(service, shard)).stored.timers).toEqual(timers.slice(0, 1))
      })
    })

    describe('scan', () => {
      it('gives every key once, over many commits', async () => {
        const { owner } = await claimed()
        const expected = new Map<string, string>()
        for (let sequence = 1; sequence <= 5; sequence++) {
          const entries = Array.from({ length: 4000 }, (_, i) => [`k${i * sequence}`, `${sequence} ${i}`] as const)
          for (const [key, value] of entries) expected.set(key, value)
          await owner.commit(groupOf(sequence, { writes: new TestWrites(entries) }))
        }
        const rows = await contentOf(owner)
        expect(rows.length).toBe(expected.size)
        expect(new Map(rows)).toEqual(expected)
      })
    })

    it('keeps shards and services apart', async () => {
      const service = newService()
      const places = [
        [service, 1],
        [service, 11],
        [`${service}1`, 1],
        [newService(), 1],
      ] as const
      const owners = await Promise.all(places.map(([of, number]) => store.claim(of, shardId(number))))
      for (const [i, owner] of owners.entries()) {
        const timersAdded = [{ slot: i, key: 'a' }]
        const writes = { a: `${i}`, [`only ${i}`]: 'x' }
        await owner.commit(groupOf(1, { writes, note: `${i}`, outbox: `${i}`, timersAdded }))
      }
      const timersRemoved = [{ slot: 0, key: 'a' }]
      await owners[0]?.commit(groupOf(2, { writes: { a: '' }, note: 'other', trimThrough: 1, timersRemoved }))
      for (const [i, [of, number]] of places.entries()) {
        if (i === 0) continue
        const again = await store.claim(of, shardId(number))
        const stored = { sequence: 1, progress: 'progress 1', note: `${i}`, timers: [`${i} a`], outbox: [`1 ${i}`] }
        expect(storedAsTable(again.stored)).toEqual(stored)
        expect(await contentOf(again)).toEqual([
          ['a', `${i}`],
          [`only ${i}`, 'x'],
        ])
      }
      await owners[0]?.commit(groupOf(3))
    })

    it('keeps everything over a restart', async () => {
      const { service, owner } = await claimed()
      await owner.commit(groupOf(1, { writes: { a: 'A', gone: 'x' }, note: 'as 1', outbox: 'out' }))
      await owner.commit(groupOf(2, { writes: { gone: '' }, timersAdded: [{ slot: 7, key: 'a' }] }))
      await store.index(service).put('k', 'v', 60_000)
      store = await fixture.restart()
      const next = await store.claim(service, shard)
      expect(storedAsTable(next.stored)).toEqual({
        sequence: 2,
        progress: 'progress 2',
        note: 'as 1',
        timers: ['7 a'],
        outbox: ['1 out'],
      })
      expect(await contentOf(next)).toEqual([['a', 'A']])
      expect(await store.index(service).get('k')).toBe('v')
    })

    it('behaves as a naive model on random histories', async () => {
      store = await checkAgainstModel(fixture, store, histories)
    })

    describe('an index', () => {
      it('puts, gets, replaces and removes', async () => {
        const index = store.index(newService())
        expect(await index.get('k')).toBeNull()
        await index.put('k', 'v', 60_000)
        await index.put('other 用户:{}', 'w', 60_000)
        expect(await index.get('k')).toBe('v')
        await index.put('k', 'v2', 60_000)
        expect(await index.get('k')).toBe('v2')
        await index.remove('k')
        await index.remove('never')
        expect(await index.get('k')).toBeNull()
        expect(await index.get('other 用户:{}')).toBe('w')
      })

      it('stores what is absent, and says what is there', async () => {
        const index = store.index(newService())
        expect(await index.putIfAbsent('k', 'first', 60_000)).toBe('first')
        expect(await index.putIfAbsent('k', 'second', 60_000)).toBe('first')
        expect(await index.get('k')).toBe('first')
        const clients = await Promise.all(Array.from({ length: 5 }, () => fixture.connect()))
        const name = newService()
        const answers = await Promise.all(
          clients.map((client, i) => client.index(name).putIfAbsent('k', `${i}`, 60_000)),
        )
        expect(new Set(answers).size).toBe(1)
      })

      it('forgets when the lifetime is over, and not before', async () => {
        const index = store.index(newService())
        await index.put('long', 'v', 600_000)
        await index.put('renewed', 'v', 100)
        await index.put('renewed', 'v2', 600_000)
        await index.put('kept', 'v', 600_000)
        await index.putIfAbsent('kept', 'v2', 100)
        await index.put('short', 'v', 100)
        expect(await index.putIfAbsent('short2', 'v', 100)).toBe('v')
        await waitFor('the short ones to end', async () => {
          return (await index.get('short')) === null && (await index.get('short2')) === null
        })
        expect(await index.get('long')).toBe('v')
        expect(await index.get('renewed')).toBe('v2')
        expect(await index.get('kept')).toBe('v')
        expect(await index.putIfAbsent('short', 'anew', 600_000)).toBe('anew')
      })

      it('keeps its names apart', async () => {
        const [a, b] = [store.index(newService()), store.index(newService())]
        await a.put('k', 'a', 60_000)
        expect(await b.get('k')).toBeNull()
        await b.put('k', 'b', 60_000)
        await b.remove('k')
        expect(await a.get('k')).toBe('a')
      })
    })
  })
}
