import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { shardId } from '../../../../services/domain/ids.ts'
import { createEmbeddedStore } from '../../../../services/flow/adapters/embedded/store.ts'
import { wallClock } from '../../../../services/flow/clock.ts'
import { contentOf, groupOf, TestWrites } from '../../../conformance/commit-group.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const shard = shardId(0)

it('works in memory', async () => {
  const store = createEmbeddedStore({ file: ':memory:' })
  onTestFinished(() => store.close())
  await (await store.claim('s', shard)).commit(groupOf(1, { writes: { a: 'A' } }))
  expect(await contentOf(await store.claim('s', shard))).toEqual([['a', 'A']])
})

it('a commit that fails in its middle changes nothing, and may be tried again', async () => {
  const store = createEmbeddedStore({ file: join(temporaryFolder(), 'state.sqlite') })
  onTestFinished(() => store.close())
  const owner = await store.claim('s', shard)
  await owner.commit(groupOf(1, { writes: { a: 'A' }, outbox: 'one' }))
  const broken = new TestWrites([
    ['a', 'changed'],
    ['b', 'B'],
  ])
  broken.copyValue = (i) => {
    if (i === 1) throw new RangeError('the record is damaged')
    return 1
  }
  await expect(owner.commit(groupOf(2, { writes: broken, trimThrough: 1 }))).rejects.toMatchObject({
    code: 'KM_STORE_UNAVAILABLE',
    message: expect.stringContaining('the record is damaged'),
  })
  expect(await contentOf(owner)).toEqual([['a', 'A']])
  await owner.commit(groupOf(2, { writes: { b: 'B' } }))
  expect((await store.claim('s', shard)).stored.outbox.length).toBe(1)
})

it('a file of before there were notes is read, and takes them', async () => {
  const file = join(temporaryFolder(), 'state.sqlite')
  const older = createEmbeddedStore({ file })
  await (await older.claim('s', shard)).commit(groupOf(1, { writes: { a: 'A' } }))
  await older.close()
  const database = new DatabaseSync(file)
  database.exec('alter table shard drop column note')
  database.close()

  for (const note of ['', 'as 2']) {
    const store = createEmbeddedStore({ file })
    const owner = await store.claim('s', shard)
    expect(owner.stored).toMatchObject({ note, progress: note === '' ? 'progress 1' : 'progress 2' })
    expect(await contentOf(owner)).toEqual([['a', 'A']])
    if (note === '') await owner.commit(groupOf(2, { note: 'as 2' }))
    await store.close()
  }
})

it('a closed store refuses what comes', async () => {
  const store = createEmbeddedStore({ file: ':memory:' })
  const owner = await store.claim('s', shard)
  await store.close()
  await store.close()
  await expect(owner.commit(groupOf(1))).rejects.toMatchObject({ code: 'KM_STORE_UNAVAILABLE' })
  await expect(store.claim('s', shard)).rejects.toMatchObject({ code: 'KM_STORE_UNAVAILABLE' })
})

it('an index that only grows by entries which expire stays small', async () => {
  let now = Date.UTC(2026, 0, 1)
  const file = join(temporaryFolder(), 'state.sqlite')
  const store = createEmbeddedStore({ file, clock: { ...wallClock, now: () => now } })
  onTestFinished(() => store.close())
  const index = store.index('i')
  for (let i = 0; i < 1000; i++) {
    now += 1000
    await index.put(`k${i}`, 'v', 60_000)
  }
  using database = new DatabaseSync(file)
  expect(database.prepare('select count(*) as n from expiring').get()).toEqual({ n: 60 })
  now += 59_999 - 1000
  expect(await index.get('k999')).toBe('v')
  now += 1001
  expect(await index.get('k999')).toBeNull()
})
