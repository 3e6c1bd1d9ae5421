import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { type ShardId, shardId } from '../../../../services/domain/ids.ts'
import { openEmbedded } from '../../../../services/flow/adapters/embedded/open-embedded.ts'
import { shardOf } from '../../../../services/flow/partition.ts'
import { drain } from '../../../conformance/log-member.ts'
import { startChild } from '../../../support/child-process.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const shards = 4
const anotherProcess = fileURLToPath(new URL('./writing-process.ts', import.meta.url))

function open(folder: string) {
  const embedded = openEmbedded(folder, { shards })
  onTestFinished(() => embedded.close())
  return embedded
}

it('a folder that this process has open is refused, and free again after close', async () => {
  const folder = temporaryFolder()
  const first = open(folder)
  expect(() => openEmbedded(folder, { shards })).toThrow(
    expect.objectContaining({ code: 'KM_DATA_LOCKED', message: expect.stringContaining(`pid ${process.pid}:`) }),
  )
  await first.close()
  await open(folder).close()
})

it('two folders are two engines', async () => {
  const [one, two] = [open(temporaryFolder()), open(temporaryFolder())]
  await one.log.append([{ topic: 't', key: 'k', value: Buffer.from('x') }])
  expect((await two.log.ends(['t'])).flat()).toEqual([0, 0, 0, 0])
})

it('a process that is killed leaves no lock, and all that it was told is durable', { timeout: 30_000 }, async () => {
  const folder = temporaryFolder()
  const child = await startChild(process.execPath, [anotherProcess, folder])
  await child.waitForLine(/^told 40$/)
  expect(() => openEmbedded(folder, { shards })).toThrow(
    expect.objectContaining({ code: 'KM_DATA_LOCKED', message: expect.stringContaining(`pid ${child.pid}:`) }),
  )
  await child.kill('SIGKILL')
  const told = Number([...child.stdout().matchAll(/^told (\d+)$/gm)].at(-1)?.[1])
  expect(told).toBeGreaterThanOrEqual(40)

  const { log, store } = open(folder)
  const shard: ShardId = shardOf('subscriber', shards)
  const values: string[] = []
  for await (const batch of log.read('t', shard, 0, (await log.ends(['t']))[0]?.[shard] ?? 0)) {
    values.push(...drain(batch).map(({ value }) => value.toString()))
  }
  expect(values.length).toBeGreaterThanOrEqual(told)
  expect(values).toEqual(values.map((_, i) => `${i + 1}`))
  const owner = await store.claim('service', shardId(0))
  expect(owner.stored.sequence).toBeGreaterThanOrEqual(told)
  expect((await owner.load(['subscriber']))[0]?.toString()).toBe(`${owner.stored.sequence}`)
})

it('the number of shards is fixed', async () => {
  const folder = temporaryFolder()
  await open(folder).close()
  const refused = expect.objectContaining({
    code: 'KM_SHARDS_CHANGED',
    message: expect.stringContaining('set it to 4'),
  })
  expect(() => openEmbedded(folder, { shards: 8 })).toThrow(refused)
  await open(folder).close()
})

it.each(['log.sqlite', 'state.sqlite'])('%s of another format is refused', async (name) => {
  const folder = temporaryFolder()
  await open(folder).close()
  const database = new DatabaseSync(join(folder, name))
  database.exec('pragma user_version = 99')
  database.close()
  expect(() => openEmbedded(folder, { shards })).toThrow(expect.objectContaining({ code: 'KM_DATA_FORMAT' }))
})

it.each(['log.sqlite', 'state.sqlite', 'lock.sqlite'])('%s that is no database is refused', (name) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, name), 'not a database, but long enough to be looked at as one. '.repeat(100))
  expect(() => openEmbedded(folder, { shards })).toThrow(expect.objectContaining({ code: 'KM_DATA_UNREADABLE' }))
})

it('a folder that cannot be made is refused', () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  expect(() => openEmbedded(join(file, 'data'), { shards })).toThrow(
    expect.objectContaining({ code: 'KM_DATA_UNREADABLE' }),
  )
})
