import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { shippedCatalogue } from '../../services/catalogue-folder/shipped.ts'
import { type FolderState, watchCatalogue } from '../../services/catalogue-folder/watch.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let root: string
beforeEach(() => {
  root = temporaryFolder()
})

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}
const read = async (folder: string) =>
  (await readCatalogueFolder(join(root, folder))).map(
    ({ path, layer = 0 }) => `${layer} ${path.replace(`${root}/`, '')}`,
  )

test('a folder is followed by the one that it extends, and so on', async () => {
  await write('own/catalogue.yaml', 'extends: ../middle\n')
  await write('own/rules/a.yaml', 'a')
  await write('middle/catalogue.yml', 'extends: ../base\n')
  await write('base/rules/b.yaml', 'b')
  expect(await read('own')).toEqual([
    '0 own/catalogue.yaml',
    '0 own/rules/a.yaml',
    '1 middle/catalogue.yml',
    '2 base/rules/b.yaml',
  ])
})

test('a path from the root is taken as it is', async () => {
  await write('own/catalogue.yaml', `extends: ${join(root, 'base')}\n`)
  await write('base/rules/b.yaml', 'b')
  expect(await read('own')).toEqual(['0 own/catalogue.yaml', '1 base/rules/b.yaml'])
})

test('the shipped catalogue is named, not copied', async () => {
  await write('own/catalogue.yaml', 'extends: shipped\n')
  const files = await readCatalogueFolder(join(root, 'own'))
  const shipped = await readCatalogueFolder(shippedCatalogue)
  expect(files.filter(({ layer }) => layer === 1).map(({ path }) => path)).toEqual(shipped.map(({ path }) => path))
})

test.each([
  [
    'inside the one that extends it',
    'own/catalogue.yaml',
    'extends: base',
    'own',
    ['0 own/catalogue.yaml', '0 own/rules/a.yaml', '1 own/base/rules/b.yaml'],
  ],
  [
    'around it',
    'own/base/catalogue.yaml',
    'extends: ..',
    'own/base',
    ['0 own/base/catalogue.yaml', '0 own/base/rules/b.yaml', '1 own/rules/a.yaml'],
  ],
])('a base %s is read once', async (_, path, text, folder, expected) => {
  await write('own/rules/a.yaml', 'a')
  await write('own/base/rules/b.yaml', 'b')
  await write(path, `${text}\n`)
  expect(await read(folder)).toEqual(expected)
})

test.each([
  ['itself', 'extends: .', undefined],
  ['one that extends it', 'extends: ../other', 'extends: ../own'],
])('a catalogue that extends %s is refused', async (_, own, other) => {
  await write('own/catalogue.yaml', `# mine\n${own}\n`)
  if (other) await write('other/catalogue.yaml', `${other}\n`)
  await expect(read('own')).rejects.toMatchObject({
    code: 'KM_CATALOGUE_EXTENDS',
    message: expect.stringContaining('extends itself in the end'),
    location: { file: expect.stringMatching(/catalogue\.yaml$/), line: other ? 1 : 2, column: 10 },
  })
})

test('so is one without end', async () => {
  for (let i = 0; i < 12; i++) await write(`l${i}/catalogue.yaml`, `extends: ../l${i + 1}\n`)
  await write('l12/rules/a.yaml', 'a')
  await expect(read('l0')).rejects.toMatchObject({ code: 'KM_CATALOGUE_EXTENDS' })
})

test('a base that is not there is told where it is named', async () => {
  await write('own/catalogue.yaml', 'extends: ../nothing\n')
  await expect(read('own')).rejects.toMatchObject({
    code: 'KM_CATALOGUE_EXTENDS',
    message: expect.stringContaining('ENOENT'),
    location: { file: join(root, 'own/catalogue.yaml'), line: 1, column: 10 },
  })
})

test('a change of the base is seen, also of one that was named later', async () => {
  await write('base/rules/b.yaml', 'b')
  await write('other/rules/c.yaml', 'c')
  await write('own/catalogue.yaml', 'extends: ../base\n')
  const states: FolderState[] = []
  const watch = await watchCatalogue(join(root, 'own'), (state) => void states.push(state), { settleMs: 20 })
  onTestFinished(() => watch.stop())
  const texts = () => (states.at(-1)?.files ?? []).map(({ text }) => Buffer.from(text).toString().trim())
  const holds = (text: string) => vi.waitFor(() => expect(texts()).toContain(text), { timeout: 10_000, interval: 10 })
  await write('base/rules/b.yaml', 'b2')
  await holds('b2')
  await write('own/catalogue.yaml', 'extends: ../other\n')
  await holds('c')
  await write('other/rules/c.yaml', 'c2')
  await holds('c2')
})
