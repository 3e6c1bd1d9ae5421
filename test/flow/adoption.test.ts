import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { type FlowObserver, silentObserver } from '../../services/flow/observer.ts'
import type { CommitGroup, StateStore } from '../../services/flow/state-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine } from './counting-engine.ts'

const subscribers = Array.from({ length: 300 }, (_, i) => `s${i}`)
const settings = { groupRecords: 40, stageRecords: 10, memoryBytes: 100_000 }

/** A store of the file; `onCommit` sees each commit when it is done. */
function storeOf(file: string, onCommit: (group: CommitGroup) => Promise<void> = async () => undefined): StateStore {
  const store = createEmbeddedStore({ file })
  return {
    ...store,
    async claim(service, shard, signal) {
      const claimed = await store.claim(service, shard, signal)
      return {
        ...claimed,
        async commit(group) {
          await claimed.commit(group)
          await onCommit(group)
        },
      }
    },
  }
}

/** Tells how many outputs each beginning of a shard adopted. */
function adoptions(): FlowObserver & { readonly adopted: number[] } {
  const adopted: number[] = []
  return { ...silentObserver, adopted, started: (_, start) => adopted.push(start.adopted) }
}

/** What a process that is killed now leaves behind, in one file. */
function imageOf(file: string, image: string): void {
  using database = new DatabaseSync(file)
  database.exec(`vacuum into '${image}'`)
}

/**
 * A log with two receipts of each of 300 subscribers, and a store which knows of the first ones of 10 of them: of all that
 * they are on the log, or of some only that they are in the outbox.
 */
async function rolledBack({ outbox = false } = {}) {
  const folder = temporaryFolder()
  const file = join(folder, 'state.sqlite')
  const yesterday = join(folder, 'yesterday.sqlite')
  const first = await countingEngine({
    settings,
    store: storeOf(file, async (group) => {
      if (outbox && group.outbox && !existsSync(yesterday)) imageOf(file, yesterday)
    }),
  })
  const service = await first.run()
  const { log, recharge, receipts } = first
  await log.append(subscribers.slice(0, 10).map((subscriber, i) => recharge(subscriber, i / 100)))
  await waitFor('the first receipts', async () => (await receipts()).length === 10)
  await waitFor('idle', () => service.isIdle())
  await service.stop()
  await first.store.close()
  if (!outbox) await copyFile(file, yesterday)

  const later = await countingEngine({ log, store: storeOf(file), settings })
  const second = await later.run()
  await log.append(subscribers.slice(10).map((subscriber, i) => recharge(subscriber, 10 + i / 100)))
  await log.append(subscribers.map((subscriber, i) => recharge(subscriber, 20 + i / 100)))
  await waitFor('all receipts', async () => (await receipts()).length === 600)
  await second.stop()
  await later.store.close()
  await copyFile(yesterday, file)
  return { folder, file, log, receipts, recharge, expected: await receipts() }
}

test('what is adopted after a long rollback is saved some at a time, and nothing of it is done again', async () => {
  const { file, log, receipts, expected } = await rolledBack()
  const saved: number[] = []
  const observer = adoptions()
  const store = storeOf(file, async ({ progress, writes }) => {
    if (JSON.parse(progress).adopted) saved.push(writes.count)
  })
  const service = await (await countingEngine({ log, store, settings, observer })).run()
  await waitFor('idle', () => service.isIdle())
  expect(await receipts()).toEqual(expected)
  expect(observer.adopted.reduce((sum, count) => sum + count, 0)).toBe(590)
  expect(saved.length).toBeGreaterThan(8)
  expect(Math.max(...saved)).toBeLessThanOrEqual(settings.groupRecords + settings.stageRecords)
})

test.each([1, 2, 5])(
  'killed behind save %i of what it adopts, the next owner goes on there, and nothing is done twice',
  async (kill) => {
    const { folder, file, log, receipts, recharge, expected } = await rolledBack()
    const image = join(folder, 'image.sqlite')
    let saves = 0
    const dying = storeOf(file, async ({ progress }) => {
      if (!JSON.parse(progress).adopted || ++saves < kill) return
      if (saves === kill) imageOf(file, image)
      throw new CodedError('KM_SHARD_FENCED', 'the process was killed')
    })
    const killed = await (await countingEngine({ log, store: dying, settings })).run()
    await waitFor('its end', () => saves >= kill)
    await killed.stop(0)
    expect(await receipts()).toEqual(expected)

    const observer = adoptions()
    const store = storeOf(image)
    const next = await (await countingEngine({ log, store, settings, observer })).run()
    await waitFor('idle', () => next.isIdle())
    expect(await receipts()).toEqual(expected)
    const adopted = observer.adopted.reduce((sum, count) => sum + count, 0)
    expect(adopted).toBeLessThan(590)
    expect(adopted).toBeGreaterThan(590 - (kill + 1) * (settings.groupRecords + settings.stageRecords))

    await log.append(subscribers.map((subscriber) => recharge(subscriber, 30)))
    await waitFor('a third receipt of each', async () => (await receipts()).length === 900)
    expect(await receipts()).toEqual(subscribers.flatMap((s) => [`${s}-1`, `${s}-2`, `${s}-3`]).sort())
  },
)

test('what the outbox held, and the log has, is not sent again by who takes over in the middle of an adoption', async () => {
  const { folder, file, log, receipts, expected } = await rolledBack({ outbox: true })
  const image = join(folder, 'image.sqlite')
  let saves = 0
  const dying = storeOf(file, async ({ progress, trimThrough }) => {
    if (!JSON.parse(progress).adopted) return
    expect(trimThrough).toBe(0)
    if (++saves !== 3) return
    imageOf(file, image)
    throw new CodedError('KM_SHARD_FENCED', 'the process was killed')
  })
  const killed = await (await countingEngine({ log, store: dying, settings })).run()
  await waitFor('its end', () => saves >= 3)
  await killed.stop(0)
  const next = await (await countingEngine({ log, store: storeOf(image), settings })).run()
  await waitFor('idle', () => next.isIdle())
  expect(await receipts()).toEqual(expected)
})
