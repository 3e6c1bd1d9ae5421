import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { type CatalogueWatch, type FolderState, watchCatalogue } from '../../services/catalogue-folder/watch.ts'
import { loadCatalogue } from '../../services/rules/load.ts'

const shippedFolder = fileURLToPath(new URL('../../deploy/catalogue/', import.meta.url))
const newRule = 'id: another\nmoment: change\ntitle: { en: A }\non: cdr\nwhen: event.duration_s > 60\npurpose: care\n'

let dir: string
let watch: CatalogueWatch | undefined
let seen: FolderState[]

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

const see = (state: FolderState) => void seen.push(state)
const start = async () => {
  watch = await watchCatalogue(dir, see, { settleMs: 50 })
  expect((await next()).problems).toBeUndefined()
}
/** The next thing that the watch says. */
const next = async () => {
  await vi.waitFor(() => expect(seen).not.toHaveLength(0), { timeout: 10_000, interval: 10 })
  const { files, problem } = seen.shift() as FolderState
  return files ? loadCatalogue(files) : { problems: [problem] }
}
const rulesOf = ({ catalogue }: Awaited<ReturnType<typeof next>>) => catalogue?.ruleset.rules.map((rule) => rule.id)

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

test('a file that is saved as it was is no change; what was there before and comes again is', async () => {
  await start()
  const path = join(dir, 'rules', 'special.yaml')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text)
  await writeFile(path, `${text}\n# another word`)
  expect(rulesOf(await next())).toBeDefined()
  await writeFile(path, text)
  expect(rulesOf(await next())).toBeDefined()
  expect(seen).toEqual([])
})

test('a folder that goes away is a problem, and its return is a catalogue', async () => {
  await start()
  await rm(dir, { recursive: true })
  await vi.waitFor(() => expect(seen.at(-1)?.problem?.code).toBe('KM_CATALOGUE_FOLDER'), { timeout: 10_000 })
  await cp(shippedFolder, dir, { recursive: true })
  await vi.waitFor(() => expect(seen.at(-1)?.files).toBeDefined(), { timeout: 10_000 })
})

test('nothing is told after stop', async () => {
  const witnessed: FolderState[] = []
  const witness = await watchCatalogue(dir, (state) => void witnessed.push(state), { settleMs: 50 })
  await start()
  await writeFile(join(dir, 'rules', 'another.yaml'), newRule)
  await watch?.stop()
  const before = seen.length
  await writeFile(join(dir, 'rules', 'special.yaml'), '')
  await vi.waitFor(
    () =>
      expect(witnessed.at(-1)?.files?.find(({ path }) => path.endsWith('rules/special.yaml'))?.text).toHaveLength(0),
    { timeout: 10_000 },
  )
  await witness.stop()
  expect(seen).toHaveLength(before)
})

test('a folder is read with hidden and other files left out, in order, and bytes as they are', async () => {
  await mkdir(join(dir, '..data'), { recursive: true })
  await writeFile(join(dir, '..data', 'x.yaml'), 'x')
  await writeFile(join(dir, 'rules', '.#change.yaml'), 'x')
  await writeFile(join(dir, 'README.md'), '# Catalogue')
  const files = await readCatalogueFolder(dir)
  const shipped = (await readdir(shippedFolder, { recursive: true })).filter((name) => name.endsWith('.yaml'))
  expect(files.map(({ path }) => path.slice(dir.length + 1))).toEqual(shipped.sort())
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
