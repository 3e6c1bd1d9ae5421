import { cp, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { openCatalogue } from '../../services/platform/catalogue-source.ts'
import { catalogueFolder, save, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { contentOf, threshold } from './contents.ts'
import { createProcesses } from './processes.ts'

const file = 'rules/calls.yaml'
const rule = (seconds: number) => threshold(seconds)[file]
const sources = ({ versions }: { versions: { history: { versions: readonly { source: string }[] } } }) =>
  versions.history.versions.map(({ source }) => source)
const copyOf = async (folder: string) => {
  const copy = temporaryFolder()
  await cp(folder, copy, { recursive: true })
  return copy
}

test('the first start publishes the folder, in force from the beginning of time', async () => {
  const processes = await createProcesses()
  const { catalogue, versions } = await processes.withFolder(await catalogueFolder())
  expect(sources({ versions })).toEqual(['folder'])
  expect(catalogue.at(Number.NEGATIVE_INFINITY).number).toBe(1)
  expect(catalogue.current.ruleset.rules.map(({ id }) => id)).toEqual(['long-call', 'topped-up'])
})

test('of processes with equal folders one publishes, at the start and when all change', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  const folders = [folder, await copyOf(folder), await copyOf(folder)]
  const all = await Promise.all(folders.map((dir) => processes.withFolder(dir)))
  expect(all.map(sources)).toEqual([['folder'], ['folder'], ['folder']])
  await Promise.all(folders.map((dir) => save(dir, file, rule(60))))
  await waitFor('the change', () => all.every(({ versions }) => versions.history.versions.length >= 2))
  // A mark behind whatever the others may have to say.
  await Promise.all(folders.map((dir) => save(dir, file, rule(90))))
  await waitFor('the next', () =>
    all.every(({ versions }) => versions.history.last?.version === contentOf(threshold(90)).catalogue.version),
  )
  expect(all.map(sources)).toEqual([1, 2, 3].map(() => ['folder', 'folder', 'folder']))
})

test('a start publishes what the folder holds only if a folder did not publish that last: a rollback stays', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  const start = () => processes.withFolder(folder)
  const first = await start()
  await save(folder, file, rule(60))
  await waitFor('version 2', () => first.versions.history.last?.number === 2)
  processes.advance(5_000)
  await first.versions.publisher.rollback({ author: 'Ann', reason: 'too many' })
  await first.close()
  const second = await start()
  expect(sources(second)).toEqual(['folder', 'folder', 'rollback'])
  await second.close()
  await save(folder, file, rule(90))
  expect(sources(await start())).toEqual(['folder', 'folder', 'rollback', 'folder'])
})

test('back to an earlier content and forth again: each is a version, though others published the same meanwhile', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  const { versions } = await processes.withFolder(folder)
  const count = (number: number) => waitFor(`version ${number}`, () => versions.history.last?.number === number)
  await save(folder, file, rule(60))
  await count(2)
  processes.advance(5_000)
  await versions.publisher.rollback({ author: 'Ann', reason: 'too many' })
  await save(folder, file, smallCatalogue[file])
  await count(4)
  await save(folder, file, rule(60))
  await count(5)
  expect(versions.history.last?.version).toBe(versions.history.get(2).version)
})

test('a folder that is saved half is refused with its places, and tried again when it is whole', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  const { versions, said, metrics } = await processes.withFolder(folder)
  await save(folder, file, rule(60).slice(0, 100))
  await waitFor('the refusal', () => said().some((line) => line.startsWith('catalogue refused')))
  expect(said().filter((line) => line.startsWith('catalogue refused'))[0]).toContain(`${folder}/${file}:`)
  expect((await metrics.catalogueRefused.get()).values).toMatchObject([
    { labels: { source: 'folder', code: 'KM_CATALOGUE_HALF_SAVED' }, value: 1 },
  ])
  expect(versions.folder()).toMatchObject({ state: 'refused', code: 'KM_CATALOGUE_HALF_SAVED' })
  await save(folder, file, smallCatalogue[file].slice(0, smallCatalogue[file].indexOf('expires')))
  await waitFor('the next refusal', () =>
    versions.folder()?.message?.includes('holds only the beginning of what it held'),
  )
  await save(folder, file, rule(60))
  await waitFor('version 2', () => versions.history.last?.number === 2)
})

describe('a file that is cut where another item begins', () => {
  const many = 'rules/many.yaml'
  const items = (...ids: string[]) => ids.map((id) => rule(60).replace('long-call', id)).join('---\n')
  const whole = items('one', 'two', 'three')
  const waits = (said: readonly string[]) => said.filter((line) => line.startsWith('catalogue waits'))
  const idsOf = ({
    history,
  }: {
    history: { last: { files(): readonly { path: string; text: string }[] } | undefined }
  }) => history.last?.files().flatMap(({ text }) => [...text.matchAll(/^id: (one|two|three)$/gm)].map(([, id]) => id))

  test('waits, and says so in the log and over HTTP; when it is whole again nothing was withdrawn', async () => {
    const processes = await createProcesses()
    const folder = await catalogueFolder({ ...smallCatalogue, [many]: whole })
    const { versions, said } = await processes.withFolder(folder)
    await save(folder, many, items('one', 'two'))
    await waitFor('the notice', () => versions.folder()?.state === 'waiting')
    expect(versions.folder()).toMatchObject({
      code: 'KM_CATALOGUE_HALF_SAVED',
      message: 'rules/many.yaml no longer has rules three; published as it is unless it changes within 10000 ms',
    })
    expect(waits(said())).toHaveLength(1)
    await save(folder, many, whole)
    await waitFor('all clear', () => versions.folder()?.state === 'published')
    expect(versions.history.versions).toHaveLength(1)
  })

  test('is published as it stands when it stays so', async () => {
    const processes = await createProcesses()
    const folder = await catalogueFolder({ ...smallCatalogue, [many]: whole })
    const { versions, said } = await processes.withFolder(folder, { removalWaitMs: 700 })
    const saved = performance.now()
    await save(folder, many, items('one'))
    await waitFor('version 2', () => versions.history.last?.number === 2)
    expect(performance.now() - saved).toBeGreaterThan(700)
    expect(idsOf(versions)).toEqual(['one'])
    expect(waits(said())).toHaveLength(1)
    await waitFor('all clear', () => versions.folder()?.state === 'published')
  })

  test('that holds only the beginning of a longer list waits too; what moves to another file, and a deleted file, do not', async () => {
    const processes = await createProcesses()
    const folder = await catalogueFolder({ ...smallCatalogue, [many]: whole })
    const { versions } = await processes.withFolder(folder, { removalWaitMs: 600_000 })
    await save(folder, 'policy.yaml', smallCatalogue['policy.yaml'].slice(0, -'\n'.length))
    await waitFor('the notice', () => versions.folder()?.message?.startsWith('policy.yaml holds only the beginning'))
    await save(folder, 'policy.yaml', `${smallCatalogue['policy.yaml']}# more\n`)
    await save(folder, 'rules/moved.yaml', items('two', 'three'))
    await save(folder, many, items('one'))
    await waitFor('version 2', () => {
      return versions.folder()?.state === 'published' && versions.history.last?.number === 2
    })
    await rm(join(folder, 'rules/moved.yaml'))
    await waitFor('version 3', () => versions.history.last?.number === 3)
    expect(idsOf(versions)).toEqual(['one'])
  })
})

test('files that are saved one after the other, within the time to settle, are one version', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  const { versions, said } = await processes.withFolder(folder)
  // The first one alone would be refused.
  await save(folder, file, rule(60).replace('calls_24h', 'calls_48h'))
  await save(folder, 'factors/more.yaml', smallCatalogue['factors/calls.yaml'].replaceAll('24', '48'))
  await waitFor('a version', () => versions.history.last?.number === 2)
  expect(said().filter((line) => line.startsWith('catalogue refused'))).toEqual([])
})

test('what is saved while the log is away is published when it is back, though nothing is saved again', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  let isAway = false
  const log: typeof processes.log = {
    ...processes.log,
    async append(records) {
      if (isAway) throw new CodedError('KM_LOG_UNAVAILABLE', 'no broker answers', { canRetry: true })
      return processes.log.append(records)
    },
  }
  const { versions, said } = await processes.withFolder(folder, { more: { log } })
  isAway = true
  await save(folder, file, rule(60))
  await waitFor('a second try', () => said().filter((line) => line.includes('is tried again in')).length >= 2)
  expect(versions.folder()).toMatchObject({ state: 'retrying', code: 'KM_LOG_UNAVAILABLE' })
  isAway = false
  await waitFor('version 2', () => versions.history.last?.number === 2)
  await waitFor('all clear', () => versions.folder()?.state === 'published')
})

test('a wrong folder at a later start: what was published goes on', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  await (await processes.withFolder(folder)).close()
  await save(folder, file, 'id: [')
  const { catalogue, said } = await processes.withFolder(folder)
  expect(catalogue.current.ruleset.rules).toHaveLength(2)
  expect(said().join('\n')).toContain('catalogue refused, the running one stays')
})

test('a wrong folder at the first start is an error with all its places', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder({ ...smallCatalogue, [file]: 'id: [' })
  await expect(processes.withFolder(folder)).rejects.toMatchObject({
    code: 'KM_CATALOGUE_INVALID',
    message: expect.stringContaining(`${folder}/${file}:1:`),
  })
})

test('without watching, the folder counts at the start only', async () => {
  const processes = await createProcesses()
  const folder = await catalogueFolder()
  const still = await processes.withFolder(folder, { watch: false })
  await save(folder, file, rule(60))
  expect(sources(await processes.withFolder(folder, { watch: false }))).toEqual(['folder', 'folder'])
  await waitFor('the other', () => still.versions.history.last?.number === 2)
})

test('a process that uses no catalogue publishes none: its folder may be another', async () => {
  const processes = await createProcesses()
  const ingest = await processes.withFolder(await catalogueFolder(), { publish: false })
  expect(sources(ingest)).toEqual([])
  expect(ingest.catalogue.current.ruleset.rules).toHaveLength(2)
  const detect = await processes.withFolder(await catalogueFolder({ ...smallCatalogue, [file]: rule(60) }))
  await waitFor('the first version', () => ingest.versions.history.last?.number === 1)
  expect(ingest.catalogue.current.version).toBe(detect.catalogue.current.version)
})

test('a folder that extends another is published whole: nobody needs the other one any more', async () => {
  const processes = await createProcesses()
  const base = await catalogueFolder()
  const folder = await catalogueFolder({
    'catalogue.yaml': `extends: ${relative(temporaryFolder(), base)}\nwithout: { rules: [topped-up] }\n`,
    [file]: rule(60),
  })
  const { versions, close } = await processes.withFolder(folder)
  const own = await openCatalogue(folder)
  expect(own.ruleset.rules.map(({ id }) => id)).toEqual(['long-call'])
  await close()
  await rm(base, { recursive: true })
  const { versions: later } = await processes.open()
  for (const { present } of [versions, later]) {
    expect(present().catalogue.ruleset.rules.map(({ id, version }) => [id, version])).toEqual(
      own.ruleset.rules.map(({ id, version }) => [id, version]),
    )
  }
})
