import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { loadSettings } from '../../services/settings/load.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { filesLike, root, type Source } from '../tidy/sources.ts'

const documents = filesLike(/\.md$/)

/** What a pattern's first group finds in the documents, as `file: finding`; of fences only what isn't meant to fail. */
function findAll(pattern: RegExp, isWrong: (found: string, source: Source) => boolean): string[] {
  return documents.flatMap((source) =>
    [...source.text.matchAll(pattern)].flatMap(([, found = '']) =>
      isWrong(found, source) ? [`${source.path}: ${found}`] : [],
    ),
  )
}

test('the documents are there', () => {
  expect(documents.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/settings.md', 'docs/events.md', 'docs/receipts.md']),
  )
})

test('every relative link leads to a file', () => {
  const broken = findAll(/\]\((?![a-z]+:)([^)#]+)(?:#[^)]*)?\)/g, (target, { path }) => {
    return !existsSync(join(root, dirname(path), target))
  })
  expect(broken).toEqual([])
})

test('every path of the project that is named is there', () => {
  const paths = /`((?:services|cli|bin|deploy|docs|schemas|test|\.ci)\/[\w./-]+)`/g
  const made = ['deploy/local/.run', 'deploy/local/.cache']
  expect(findAll(paths, (path) => !made.includes(path) && !existsSync(join(root, path)))).toEqual([])
})

test('every code that is named is one that the sources give', () => {
  const sources = filesLike(/^(services|cli)\/.*\.(ts|lua)$/)
  expect(findAll(/\b(KM_[A-Z_]+)\b/g, (code) => !sources.some(({ text }) => text.includes(code)))).toEqual([])
})

test('every metric that is named is one that the engine has', async () => {
  const names = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name)
  expect(names.length).toBeGreaterThan(10)
  expect(findAll(/\b(keymoment_[a-z_]+)/g, (name) => !names.includes(name))).toEqual([])
})

test('every variable that is named is a setting', async () => {
  const known = [...documents, ...filesLike(/^deploy\/(compose|local)\/|^Dockerfile$/)]
  expect(known.length).toBeGreaterThan(documents.length)
  const names = known.flatMap(({ text }) => [...text.matchAll(/\b(KEYMOMENT_[A-Z_]+[A-Z])\b/g)].map(([name]) => name))
  const refused = new Set<string>()
  for (const name of new Set(names)) {
    const error: unknown = await loadSettings(undefined, { [name]: '' }).catch((refusal: unknown) => refusal)
    if ((error as { code?: string }).code === 'KM_SETTINGS_UNKNOWN') refused.add(name)
  }
  // The README shows what becomes of this one.
  expect([...refused]).toEqual(['KEYMOMENT_KAFKA_BROKER'])
})

test('every npm script starts a file that is there', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const files = Object.values(scripts).flatMap((command) =>
    [...command.matchAll(/node (\S+)/g)].map(([, file]) => file),
  )
  expect(files.length).toBeGreaterThan(8)
  expect(files.filter((file = '') => !existsSync(join(root, file)))).toEqual([])
})

test("the README's settings file is one that is taken", async () => {
  const readme = documents.find(({ path }) => path === 'README.md')
  const text = /^```yaml keymoment\.yaml\n([\s\S]*?)^```$/m.exec(readme?.text ?? '')?.[1] ?? ''
  const file = join(temporaryFolder(), 'keymoment.yaml')
  writeFileSync(file, text)
  expect(await loadSettings(file, {})).toMatchObject({
    shards: 64,
    kafka: { replication_factor: 3 },
    sms: { channel: 'smpp' },
    smpp: { sender: '10086', per_second: 100 },
  })
})
