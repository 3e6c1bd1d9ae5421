import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { type CatalogueWatch, watchCatalogue } from '../../services/catalogue-folder/watch.ts'
import { type LoadedCatalogue, loadCatalogue } from '../../services/rules/load.ts'

const shippedFolder = fileURLToPath(new URL('../../deploy/catalogue/', import.meta.url))
const newRule = 'id: another\nmoment: change\ntitle: { en: A }\non: cdr\nwhen: event.duration_s > 60\npurpose: care\n'

let dir: string
let watch: CatalogueWatch | undefined
let seen: LoadedCatalogue[]

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keymoment-catalogue-'))
  await cp(shippedFolder, dir, { recursive: true })
  seen = []
})
afterEach(async () => {
  await watch?.stop()
  watch = undefined
  await rm(dir, { recursive: true, force: true })
})

const running = async () => loadCatalogue(await readCatalogueFolder(dir)).catalogue?.version ?? 'none'
const start = async () => {
  watch = await watchCatalogue(dir, (loaded) => seen.push(loaded), { running: await running(), settleMs: 50 })
}
/** The next thing that the watch says. */
const next = async (): Promise<LoadedCatalogue> => {
  await vi.waitFor(() => expect(seen).not.toHaveLength(0), { timeout: 10_000, interval: 10 })
  return seen.shift() as LoadedCatalogue
}
const rulesOf = (loaded: LoadedCatalogue) => loaded.catalogue?.ruleset.rules.map((rule) => rule.id)

test('a changed folder is announced as a whole new catalogue', async () => {
  await start()
  expect(seen).toEqual([])
  await writeFile(join(dir, 'rules', 'another.yaml'), newRule)
  expect(rulesOf(await next())).toContain('another')
})

test('a file saved half is refused with its place; once it is whole, the catalogue comes', async () => {
  await start()
  const path = join(dir, 'rules', 'another.yaml')
  await writeFile(path, newRule.slice(0, 50))
  const refused = await next()
  expect(refused.catalogue).toBeUndefined()
  expect(refused.problems?.every((problem) => problem.location?.file === path)).toBe(true)
  await writeFile(path, newRule)
  expect(rulesOf(await next())).toContain('another')
})

test('a file saved empty, as editors do for an instant, is refused and not taken for a catalogue without it', async () => {
  await start()
  await writeFile(join(dir, 'rules', 'special.yaml'), '')
  expect((await next()).problems?.map((problem) => problem.code)).toEqual(['KM_CATALOGUE_EMPTY_FILE'])
})

test('the catalogue that runs already is not announced, another one is', async () => {
  watch = await watchCatalogue(dir, (loaded) => seen.push(loaded), { running: 'an older one', settleMs: 50 })
  expect((await next()).catalogue?.version).toBe(await running())
})

test('a folder that goes away is a problem, and its return is a catalogue', async () => {
  await start()
  await rm(dir, { recursive: true })
  await vi.waitFor(() => expect(seen.at(-1)?.problems?.[0]?.code).toBe('KM_CATALOGUE_FOLDER'), { timeout: 10_000 })
  await cp(shippedFolder, dir, { recursive: true })
  await vi.waitFor(() => expect(seen.at(-1)?.catalogue).toBeDefined(), { timeout: 10_000 })
})

test('nothing is announced after stop', async () => {
  const witnessed: LoadedCatalogue[] = []
  const options = { running: await running(), settleMs: 50 }
  const witness = await watchCatalogue(dir, (loaded) => witnessed.push(loaded), options)
  await start()
  await writeFile(join(dir, 'rules', 'another.yaml'), newRule)
  await watch?.stop()
  const before = seen.length
  await writeFile(join(dir, 'rules', 'special.yaml'), '')
  await vi.waitFor(() => expect(witnessed.at(-1)?.problems).toBeDefined(), { timeout: 10_000 })
  await witness.stop()
  expect(seen).toHaveLength(before)
})

test('a folder is read with hidden and other files left out, in order, and bytes as they are', async () => {
  await mkdir(join(dir, '..data'), { recursive: true })
  await writeFile(join(dir, '..data', 'x.yaml'), 'x')
  await writeFile(join(dir, 'rules', '.#change.yaml'), 'x')
  await writeFile(join(dir, 'README.md'), '# Catalogue')
  const files = await readCatalogueFolder(dir)
  expect(files.map(({ path }) => path.slice(dir.length + 1))).toEqual([
    'factors/calls.yaml',
    'factors/data.yaml',
    'factors/money.yaml',
    'factors/service.yaml',
    'offers/offers.yaml',
    'policy.yaml',
    'rules/change.yaml',
    'rules/do-not-disturb.yaml',
    'rules/first.yaml',
    'rules/special.yaml',
  ])
})

test('a huge file is refused without being read to its end', async () => {
  await writeFile(join(dir, 'rules', 'huge.yaml'), Buffer.alloc(50_000_000, '#'))
  const files = await readCatalogueFolder(dir)
  expect(Math.max(...files.map(({ text }) => text.length))).toBeLessThan(1_100_000)
  expect(loadCatalogue(files).problems?.map((problem) => problem.code)).toEqual(['KM_YAML_TOO_LARGE'])
})

test('a folder that is not there', async () => {
  await expect(readCatalogueFolder(join(dir, 'nothing'))).rejects.toMatchObject({
    code: 'KM_CATALOGUE_FOLDER',
    canRetry: true,
  })
})
