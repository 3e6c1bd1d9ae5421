import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createEdgeIndex, edgeDefaults } from '../../services/deliver/edge-index.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import type { ExpiringIndex } from '../../services/flow/state-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { part, receipt } from './parts-and-receipts.ts'
import { openEdge } from './sender-under-test.ts'

test('a receipt and the answer to its submit that cross each other still meet', async () => {
  const store = createEmbeddedStore({ file: join(temporaryFolder(), 'state.sqlite') })
  const index = store.index('deliver')
  const settings = { ...edgeDefaults, secret: 'a secret of the tests only' }
  const answer = createEdgeIndex(index, settings)
  let crossed = false
  const crossing: ExpiringIndex = {
    ...index,
    async get(key) {
      const found = await index.get(key)
      // The answer is stored right after the receipt's first look, before the receipt is parked.
      if (!crossed) {
        crossed = true
        await answer.remember('smpp', part(1, 1))
      }
      return found
    },
  }
  const found = await createEdgeIndex(crossing, settings).resolve('smpp', receipt(1, 'delivered'))
  expect(found).toMatchObject({ commandId: 'c' })
  await store.close()
})

test('ids of two providers do not mix', async () => {
  const edge = openEdge()
  await edge.remember('a', part(1, 1))
  expect(await edge.resolve('b', receipt(1, 'delivered'))).toBeNull()
  expect(await edge.resolve('a', receipt(1, 'delivered'))).toMatchObject({ commandId: 'c' })
})

test('what is stored of an address cannot be read back without the secret', async () => {
  const file = join(temporaryFolder(), 'state.sqlite')
  const store = createEmbeddedStore({ file })
  const index = store.index('deliver')
  const edge = createEdgeIndex(index, { ...edgeDefaults, secret: 'one secret of the tests' })
  await edge.reached('+8613912345678', { subscriberId: 'anna', commandId: 'c', awaitedUntil: 2 })
  await edge.firstTold('+8613912345678', 'STOP', 1)
  expect(await edge.whoIsAt('+8613912345678')).toEqual({ subscriberId: 'anna', commandId: 'c' })
  const other = createEdgeIndex(index, { ...edgeDefaults, secret: 'another secret of tests' })
  expect(await edge.awaitedAt('+8613912345678', 1)).toEqual({ subscriberId: 'anna', commandId: 'c' })
  expect(await other.whoIsAt('+8613912345678')).toBeNull()
  expect(await other.awaitedAt('+8613912345678', 1)).toBeNull()
  await store.close()
  const rows = new DatabaseSync(file, { readOnly: true }).prepare('select key, value from expiring').all()
  expect(rows).toHaveLength(3)
  expect(JSON.stringify(rows)).not.toMatch(/139|1234|5678/)
})

test('a short secret is refused', () => {
  const store = createEmbeddedStore({ file: join(temporaryFolder(), 'state.sqlite') })
  expect(() => createEdgeIndex(store.index('deliver'), { ...edgeDefaults, secret: 'short' })).toThrow(RangeError)
  return store.close()
})

describe('what was noted of an address', () => {
  const to = (commandId: string, awaitedUntil = 0) => ({ subscriberId: 'anna', commandId, awaitedUntil })
  const told = async (edge: ReturnType<typeof openEdge>) => [
    (await edge.whoIsAt('+491'))?.commandId,
    (await edge.awaitedAt('+491', 50))?.commandId,
  ]

  test('holds again once it is proven that what came behind did not leave', async () => {
    const edge = openEdge()
    await edge.reached('+491', to('offer', 100))
    const before = await edge.noted('+491')
    await edge.reached('+491', to('other', 100))
    expect(await told(edge)).toEqual(['other', 'other'])
    await edge.takeBack('+491', 'other', before)
    expect(await told(edge)).toEqual(['offer', 'offer'])
  })

  test('is nothing again where nothing was', async () => {
    const edge = openEdge()
    const before = await edge.noted('+491')
    await edge.reached('+491', to('only', 100))
    await edge.takeBack('+491', 'only', before)
    expect(await told(edge)).toEqual([undefined, undefined])
  })

  test('stays where another command has reached it meanwhile', async () => {
    const edge = openEdge()
    await edge.reached('+491', to('offer', 100))
    const before = await edge.noted('+491')
    await edge.reached('+491', to('refused', 100))
    await edge.reached('+491', to('notice'))
    await edge.takeBack('+491', 'refused', before)
    expect(await told(edge)).toEqual(['notice', 'offer'])
  })
})
